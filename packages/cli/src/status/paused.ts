import { join } from 'node:path';
import type { Finding, ReplicationConfig } from '@strangler/kernel';
import { heldTables, pausedTables } from '@strangler/migrations';
import type { Invocation } from '../command.ts';
import { replicationSides, type Migration } from '../context.ts';

/** A table that stands still while the others of its replication go on. */
export interface PausedStatus {
  /** `left` the stream: its changes are passed over. `schema`: they are parked as dead letters until it is mended. */
  readonly kind: 'left' | 'schema';
  /** The source's; the target's, where it waits for its schema. */
  readonly table: string;
  /** ISO 8601; absent where nobody wrote it down. */
  readonly since?: string;
  readonly code: string;
  readonly reason: string;
  readonly remedy: string;
  /** Its name at the source now, where that is another one. */
  readonly now?: string;
}

/** Tables that have left the stream, by the state beside the log; and those that wait for their schema, by the target. A target that cannot be asked is said elsewhere. */
export async function pausedOf(migration: Migration, name: string, mapping: ReplicationConfig, io: Invocation['io']): Promise<PausedStatus[]> {
  const [left, held] = await Promise.all([leftOf(migration, name), heldOf(migration, name, mapping, io).catch(() => [])]);
  return [...left, ...held];
}

const leftOf = async ({ stateDirectory }: Migration, name: string): Promise<PausedStatus[]> =>
  (await pausedTables(join(stateDirectory, 'log', name))).map((paused) => ({ kind: 'left', ...paused, remedy: paused.remedy.replaceAll('replicate NAME', `replicate ${name}`) }));

async function heldOf(migration: Migration, name: string, mapping: ReplicationConfig, io: Invocation['io']): Promise<PausedStatus[]> {
  const held = await heldTables(replicationSides(migration, mapping, io).targetUrl, name);
  return held.map((why) => ({ kind: 'schema', ...why, remedy: 'Once that is done what is parked goes in by itself, within seconds; nothing is lost.' }));
}

interface OfReplication {
  readonly name: string;
  readonly paused: readonly PausedStatus[];
}

/** A line each, and what to do below it; nothing where none is paused. */
export function printPausedTables(replications: readonly OfReplication[]): string[] {
  const lines = replications.flatMap(({ name, paused }) => paused.map((one) => `  ! ${name} ${one.table}, since ${one.since ?? 'an unknown time'}: ${one.reason}\n      → ${one.remedy}`));
  return lines.length === 0 ? [] : [['Paused tables; the others go on:', ...lines].join('\n')];
}

export const pausedFindings = ({ name, paused }: OfReplication): Finding[] => paused.map((one) => ({
  code: 'STR_TABLE_PAUSED', severity: 'warning', where: `replication.${name} ${one.table}`, message: `Paused since ${one.since ?? 'an unknown time'}: ${one.reason}`, remedy: one.remedy,
}));
