import type pg from 'pg';
import { textRows } from '../capture/connect.ts';
import { parseLsn, printLsn, type Lsn } from '../capture/lsn.ts';
import { forgetTopicIds, TOPIC_IDS_TABLE } from './kafka-topic-ids.ts';
import type { Statement } from './statements.ts';

/** By `topic/partition`: the offset of the next record wanted. */
export type KafkaOffsets = ReadonlyMap<string, bigint>;

const TABLE = `CREATE SCHEMA IF NOT EXISTS strangler;
CREATE TABLE IF NOT EXISTS strangler.kafka_offset (
  replication text NOT NULL, place text NOT NULL, next_offset bigint NOT NULL,
  epoch bigint NOT NULL DEFAULT 0, events_applied bigint NOT NULL DEFAULT 0, commit_lsn pg_lsn NOT NULL DEFAULT '0/0', event_order bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (replication, place)
);
${TOPIC_IDS_TABLE}`;

/** Creates the table where it is missing; two may try at once. */
export async function ensureOffsetsTable(target: pg.ClientBase): Promise<void> {
  const [there] = await textRows<'there'>(target, "SELECT to_regclass('strangler.kafka_topic') AS there");
  if (typeof there?.there === 'string') return;
  await target.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('strangler.kafka_offset', 0)); ${TABLE}; COMMIT`);
}

export async function loadOffsets(target: pg.ClientBase, replication: string): Promise<KafkaOffsets> {
  const rows = await textRows<'place' | 'next_offset'>(target, 'SELECT place, next_offset FROM strangler.kafka_offset WHERE replication = $1', [replication]);
  return new Map(rows.map(({ place, next_offset: next }) => [place, BigInt(next)]));
}

/** Begins anew: nothing before these offsets is wanted. */
export async function startOffsets(target: pg.ClientBase, replication: string, offsets: KafkaOffsets): Promise<void> {
  await target.query('DELETE FROM strangler.kafka_offset WHERE replication = $1', [replication]);
  await forgetTopicIds(target, replication);
  const { text, values } = saveOffsets(replication, offsets);
  await target.query(text, [...values]);
}

/** Goes into the transaction of the rows that were read up to there. */
export const saveOffsets = (replication: string, offsets: KafkaOffsets): Statement => ({
  text: `INSERT INTO strangler.kafka_offset AS o (replication, place, next_offset) SELECT $1, place, next_offset FROM unnest($2::text[], $3::bigint[]) AS t(place, next_offset)
    ON CONFLICT (replication, place) DO UPDATE SET next_offset = excluded.next_offset WHERE o.next_offset < excluded.next_offset`,
  values: [replication, `{${[...offsets.keys()].map((place) => `"${place}"`).join(',')}}`, `{${[...offsets.values()].join(',')}}`],
});

/** How far a partition has come when its rows are applied apart from the others'. */
export interface PartitionFence {
  readonly next: bigint;
  /** The transaction before the last event's, and that event's place in its own: an event before it was applied, though Kafka holds it once more. */
  readonly after: Lsn;
  readonly order: number;
  readonly epoch: bigint;
}

/** Takes a partition over from whoever held it: an older epoch can no longer write. */
export async function takePartition(target: pg.ClientBase, replication: string, place: string): Promise<PartitionFence> {
  const [row] = await textRows<'next_offset' | 'commit_lsn' | 'event_order' | 'epoch'>(target, `INSERT INTO strangler.kafka_offset AS o (replication, place, next_offset, epoch) VALUES ($1, $2, 0, 1)
    ON CONFLICT (replication, place) DO UPDATE SET epoch = o.epoch + 1 RETURNING next_offset, commit_lsn, event_order, epoch`, [replication, place]);
  if (row === undefined) throw new Error(`no row for ${place}`);
  return { next: BigInt(row.next_offset), after: parseLsn(row.commit_lsn), order: Number(row.event_order), epoch: BigInt(row.epoch) };
}

/** Fails with a division by zero when another sink has taken the partition. */
export const advancePartition = (replication: string, place: string, { next, after, order, epoch }: PartitionFence, events: number): Statement => ({
  text: `WITH held AS (UPDATE strangler.kafka_offset SET next_offset = $4::bigint, commit_lsn = $5::pg_lsn, event_order = $6::bigint, events_applied = events_applied + $7::bigint
    WHERE replication = $1 AND place = $2 AND epoch = $3::bigint RETURNING 1) SELECT 1 / count(*) FROM held`,
  values: [replication, place, String(epoch), String(next), printLsn(after), String(order), String(events)],
});

export async function removeOffsets(target: pg.ClientBase, replication: string): Promise<boolean> {
  const [there] = await textRows<'there'>(target, "SELECT to_regclass('strangler.kafka_topic') AS there");
  if (typeof there?.there !== 'string') return false;
  await forgetTopicIds(target, replication);
  return ((await target.query('DELETE FROM strangler.kafka_offset WHERE replication = $1', [replication])).rowCount ?? 0) > 0;
}
