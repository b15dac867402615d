import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { loadCheckpoint } from '../apply/checkpoint.ts';
import { loadOffsets } from '../apply/kafka-offsets.ts';
import { targetsOf, type TableMaps } from '../apply/table-map.ts';
import { isPassing, textRows, withConnection } from '../capture/connect.ts';
import { KeptSession } from '../capture/kept-session.ts';
import { printLsn, type Lsn } from '../capture/lsn.ts';
import { requireSlot, slotState } from '../capture/slot.ts';
import { tableName, type CapturedTables } from '../capture/table-ref.ts';
import { isKafkaPassing, kafkaClient, withAdmin, type KafkaAccess, type KafkaClient } from '../log/kafka-client.ts';
import { extents, partitionId, type Topics } from '../log/kafka-topics.ts';
import { describeTables } from './describe.ts';
import { lanesFor } from './kafka-lanes.ts';
import { applyLane, walReader, type LaneOptions, type Place, type RecordReader } from './kafka-partition.ts';
import { catalogHints } from './kafka-source.ts';

export interface KeysOptions {
  readonly access: KafkaAccess;
  readonly name: string;
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly slot: string;
  readonly tables: CapturedTables;
  readonly topics: Topics;
  readonly maps: TableMaps;
  readonly signal: AbortSignal;
  readonly onApplied: (events: number) => void;
  readonly onCheckpoint: (lsn: Lsn) => void;
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
}

const RETRY_MS = 500;
const CHECKPOINT_EVERY_MS = 50;
const ANY_LSN = 0xFFFF_FFFF_FFFF_FFFFn as Lsn;

/** Applies every partition of the tables' topics, as many at once as there are lanes, as far as no other sink holds them. @throws what a partition cannot get over */
export async function applyByKeys(options: KeysOptions): Promise<void> {
  await applyPartitions(options, walReader(await catalogHints(options)));
}

export type PartitionsOptions = Pick<KeysOptions, 'access' | 'name' | 'targetUrl' | 'topics' | 'maps' | 'signal' | 'onApplied' | 'onTrouble'>;

/** As `applyByKeys`, whatever connector wrote the records. */
export async function applyPartitions(options: PartitionsOptions, read: RecordReader): Promise<void> {
  const { access, topics, signal } = options;
  const kept = await withAdmin(kafkaClient(access), (admin) => extents(admin, topics.data));
  await requireSoleKeys(options, kept);
  const life = new AbortController();
  const stopped = AbortSignal.any([signal, life.signal]);
  const places = kept.map(({ topic, partition }): Place => ({ topic, partition, hasSiblings: kept.filter((other) => other.topic === topic).length > 1 }));
  const lanes = await lanesFor(options.targetUrl, options.name, places);
  const parts = lanes.map((mine, lane) => persistently({
    access, targetUrl: options.targetUrl, replication: options.name, maps: options.maps, read, lane, places: mine, signal: stopped, onApplied: options.onApplied, onTrouble: options.onTrouble,
  }));
  for (const part of parts) part.catch(() => { life.abort(); });
  const results = await Promise.allSettled(parts);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** A lane that another sink holds is waited for: when that one ends, its lock goes with its session. */
async function persistently(options: LaneOptions): Promise<void> {
  for (const aborted = (): boolean => options.signal.aborted; !aborted();) {
    try {
      await applyLane(options);
    } catch (error) {
      if (aborted()) return;
      const held = error instanceof StranglerError && error.code === 'STR_SINK_ACTIVE';
      if (!held && !isPassing(error) && !isKafkaPassing(error)) throw error;
      if (!held) options.onTrouble(error, RETRY_MS);
      await delay(RETRY_MS, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
}

/**
 * Moves the replication's checkpoint, for whoever waits for a position. What the connector has confirmed to the slot is in Kafka; so when every partition has reached
 * where it ended after that was seen, everything up to there is applied. How soon depends on Connect's `offset.flush.interval.ms`.
 */
export async function keepCheckpoint({ access, name, sourceUrl, targetUrl, slot, topics, signal, onCheckpoint, onTrouble }: KeysOptions): Promise<void> {
  const [source, target] = [new KeptSession(sourceUrl, 'source'), new KeptSession(targetUrl, 'target')];
  const kafka = kafkaClient(access);
  let reached = 0n as Lsn;
  try {
    for (const aborted = (): boolean => signal.aborted; !aborted();) {
      try {
        const confirmed = await source.use((client) => confirmedOf(client, slot)) ?? reached;
        if (confirmed > reached && await passed({ kafka, name, topics, target, signal })) {
          await target.use((client) => client.query(CHECKPOINT, [name, printLsn(confirmed)]));
          reached = confirmed;
          onCheckpoint(confirmed);
        }
      } catch (error) {
        if (!isPassing(error) && !isKafkaPassing(error)) throw error;
        onTrouble(error, CHECKPOINT_EVERY_MS);
      }
      await delay(CHECKPOINT_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

const CHECKPOINT = `UPDATE strangler.checkpoint SET commit_lsn = greatest(commit_lsn, $2::pg_lsn), committed_at_ms = extract(epoch FROM now()) * 1000, updated_at = now(),
  events_applied = (SELECT coalesce(sum(events_applied), 0) FROM strangler.kafka_offset o WHERE o.replication = $1) WHERE replication = $1 AND phase = 'streaming'`;

/** Waits until every partition has come to where it ends now. */
async function passed({ kafka, name, topics, target, signal }: { kafka: KafkaClient; name: string; topics: Topics; target: KeptSession; signal: AbortSignal }): Promise<boolean> {
  const ends = new Map((await withAdmin(kafka, (admin) => extents(admin, topics.data))).map((extent) => [partitionId(extent), extent.high]));
  for (const aborted = (): boolean => signal.aborted; !aborted();) {
    if (await target.use((client) => isBehindNone(client, name, ends))) return true;
    await delay(5);
  }
  return false;
}

async function confirmedOf(source: pg.ClientBase, slot: string): Promise<Lsn | undefined> {
  const state = await slotState(source, slot);
  requireSlot(slot, state, ANY_LSN);
  return state?.confirmed;
}

async function isBehindNone(target: pg.ClientBase, name: string, ends: ReadonlyMap<string, bigint>): Promise<boolean> {
  const offsets = await loadOffsets(target, name);
  return [...ends].every(([place, end]) => (offsets.get(place) ?? 0n) >= end);
}

/** Two rows that change a unique value between them lie in two partitions: in which order they are applied is nobody's to say. */
async function requireSoleKeys({ targetUrl, maps }: PartitionsOptions, kept: readonly { readonly topic: string; readonly partition: number }[]): Promise<void> {
  if (!kept.some(({ partition }) => partition > 0)) return;
  await withConnection(targetUrl, 'target', async (target) => {
    const targets = targetsOf(maps);
    const described = await describeTables(target, targets);
    const several = targets.filter((ref) => (described.get(tableName(ref))?.arbiterKeys.length ?? 0) > 1).map(tableName);
    if (several.length > 0) {
      throw new StranglerError({ code: 'STR_KEYS_UNIQUE', exitCode: ExitCode.environment, message: `${several.join(', ')} ${several.length === 1 ? 'has' : 'have'} a unique constraint besides the key, and topics of several partitions: rows that exchange a value would arrive in any order.`,
        remedy: "Give the topics one partition, drop the constraint until the cut-over, or read whole transactions (reading: 'transactions')." });
    }
  });
}

/** A further sink of the same replication waits here until the first one has made the copy. */
export async function untilStreaming(targetUrl: string, name: string, signal: AbortSignal): Promise<void> {
  for (const aborted = (): boolean => signal.aborted; !aborted();) {
    const phase = await withConnection(targetUrl, 'target', async (target) => {
      const [there] = await textRows<'there'>(target, "SELECT to_regclass('strangler.checkpoint') AS there");
      return typeof there?.there === 'string' ? (await loadCheckpoint(target, name))?.phase : undefined;
    });
    if (phase === 'streaming') return;
    await delay(250, undefined, { signal }).catch(() => undefined);
  }
}
