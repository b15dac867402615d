import { textRows, withConnection } from '../capture/connect.ts';
import { objectName } from '../capture/slot.ts';
import type { Place } from './kafka-partition.ts';

/** More than these at once one target hardly writes faster. */
const MOST_LANES = 8;
/** Origins left to others: a way back, an embedded replication. */
const SPARED_ORIGINS = 2;

/** A server has a fixed room for replication origins that are or were written with, for all its databases together; ten by default. */
const FREE_ORIGINS = `SELECT coalesce(current_setting('max_active_replication_origins', true), current_setting('max_replication_slots'))::int - (SELECT count(*) FROM pg_replication_origin WHERE NOT starts_with(roname, $1)) AS free`;

/** Divides partitions among the sessions that apply them. @returns one list for each lane */
export async function lanesFor(targetUrl: string, name: string, places: readonly Place[]): Promise<Place[][]> {
  const free = await withConnection(targetUrl, 'target', async (target) => Number((await textRows<'free'>(target, FREE_ORIGINS, [`${objectName(name)}:`]))[0]?.free ?? 0));
  return divide(places, free - SPARED_ORIGINS);
}

/** Pure. Partitions of one topic lie in different lanes as far as there are any: they are what is busy together. */
export function divide(places: readonly Place[], origins: number): Place[][] {
  const lanes = Array.from({ length: Math.min(places.length, MOST_LANES, Math.max(1, origins)) }, (): Place[] => []);
  const ordered = places.toSorted((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition));
  for (const [index, place] of ordered.entries()) lanes[index % lanes.length]?.push(place);
  return lanes;
}
