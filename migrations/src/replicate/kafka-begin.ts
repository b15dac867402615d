import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { Applier } from '../apply/applier.ts';
import { loadCheckpoint, type Checkpoint } from '../apply/checkpoint.ts';
import { ensureOffsetsTable, startOffsets, type KafkaOffsets } from '../apply/kafka-offsets.ts';
import type { TopicIds } from '../apply/kafka-topic-ids.ts';
import { openApplySession } from '../apply/session.ts';
import { tableMaps, type TableMaps } from '../apply/table-map.ts';
import { withConnection } from '../capture/connect.ts';
import { dropSlot, objectName, requireSlot, slotState } from '../capture/slot.ts';
import { capturedTables, type CapturedTables } from '../capture/table-ref.ts';
import type { Lsn } from '../capture/lsn.ts';
import { ensureSpareSlot, keepsSpare, spareSlotName } from '../capture/spare-slot.ts';
import { kafkaClient, kafkaUnreachable, withAdmin, type KafkaAccess } from '../log/kafka-client.ts';
import { ensureTopics, extents, partitionId, topicsOf, type Topics } from '../log/kafka-topics.ts';
import { topicIds } from '../log/topic-ids.ts';
import { requireNamesOnKafka } from './kafka-names.ts';
import { requireSameTopics } from './kafka-topics-kept.ts';
import { prepare, requireReady, startSnapshot, wrongLog, type Beginning, type BeginOptions } from './begin.ts';

/** All that a replication from Kafka holds when it begins. */
export interface KafkaBeginning extends Pick<Beginning, 'snapshot' | 'checkpoint'> {
  readonly slot: string;
  readonly tables: CapturedTables;
  readonly maps: TableMaps;
  readonly topics: Topics;
  readonly applier: Applier;
}

/** Slots further than any log of ours can be: here Connect confirms, and says itself when its offsets and the slot do not fit (offset.mismatch.strategy). */
const ANY_LSN = 0xFFFF_FFFF_FFFF_FFFFn as Lsn;

/**
 * Takes the lock and goes on from the checkpoint, or begins: the slot is made here, with the snapshot that fits it; the connector finds it, and with nothing stored in
 * Connect it reads from where the slot stands, so that nothing between snapshot and stream is lost.
 */
export async function beginFromKafka(options: BeginOptions, access: KafkaAccess | undefined): Promise<KafkaBeginning> {
  const kafka = kafkaClient(requireBrokers(access));
  const client = await openApplySession(options.targetUrl, options.name);
  try {
    await requireReady(options);
    await ensureOffsetsTable(client);
    const topics = topicsOf(options.name, capturedTables(options.mapping).keys());
    const { logId, ends, ids } = await reach(kafka, topics, requireBrokers(access));
    if (options.startFrom === 'now' && await loadCheckpoint(client, options.name) === undefined) await startOffsets(client, options.name, ends);
    if (options.startFrom === 'now') await prepare(client, options);
    const before = await loadCheckpoint(client, options.name);
    const snapshot = await goesOn(client, options, before, logId) ? undefined : await anew(client, options, { logId, before, ends });
    await requireSameTopics(client, options.name, ids);
    await withConnection<unknown>(options.sourceUrl, 'source', (source) => keepsSpare(options.mapping) ? ensureSpareSlot(source, options.name) : dropSlot(source, spareSlotName(options.name)));
    return await hold(client, options, topics, snapshot);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** A log on Kafka is known by its cluster. Where its topics end is looked up before a slot is made: what the slot brings lies behind. */
async function reach(kafka: ReturnType<typeof kafkaClient>, topics: Topics, { brokers }: KafkaAccess): Promise<{ logId: string; ends: KafkaOffsets; ids: TopicIds }> {
  try {
    return await withAdmin(kafka, async (admin) => {
      await ensureTopics(admin, topics);
      const { clusterId } = await admin.describeCluster();
      return { logId: `kafka:${clusterId}`, ends: new Map((await extents(admin, topics.all)).map((extent) => [partitionId(extent), extent.high])), ids: await topicIds(kafka, topics.all) };
    });
  } catch (cause) {
    throw cause instanceof StranglerError ? cause : kafkaUnreachable(brokers, cause);
  }
}

async function goesOn(target: pg.Client, { name, sourceUrl, mapping }: BeginOptions, checkpoint: Checkpoint | undefined, logId: string): Promise<boolean> {
  if (checkpoint === undefined || checkpoint.phase === 'starting' || checkpoint.phase === 'snapshotting') return false;
  if (checkpoint.logId === undefined) await target.query('UPDATE strangler.checkpoint SET log_id = $2 WHERE replication = $1', [name, logId]);
  else if (checkpoint.logId !== logId) throw wrongLog(name);
  await withConnection(sourceUrl, 'source', async (source) => {
    requireSlot(objectName(name), await slotState(source, objectName(name)), ANY_LSN);
    await requireNamesOnKafka(source, { name, mapping });
  });
  return true;
}

async function anew(target: pg.Client, options: BeginOptions, { logId, before, ends }: { logId: string; before: Checkpoint | undefined; ends: KafkaOffsets }): Promise<NonNullable<Beginning['snapshot']>> {
  await startOffsets(target, options.name, ends);
  return startSnapshot(target, options, logId, before);
}

async function hold(client: pg.Client, { name, mapping, targetUrl }: BeginOptions, topics: Topics, snapshot: Beginning['snapshot']): Promise<KafkaBeginning> {
  const maps = tableMaps(mapping);
  const applier = await Applier.open({ targetUrl, replication: name, maps, mode: 'strict' }, client);
  const checkpoint = await loadCheckpoint(client, name);
  if (checkpoint === undefined) throw new Error(`the checkpoint of ${name} is gone`);
  return { slot: objectName(name), tables: capturedTables(mapping), maps, topics, applier, checkpoint, ...(snapshot === undefined ? {} : { snapshot }) };
}

export function requireBrokers(access: KafkaAccess | undefined): KafkaAccess {
  if (access !== undefined) return access;
  throw new StranglerError({ code: 'STR_NO_BROKERS', message: 'The log of this replication is on Kafka, and no brokers are named.', remedy: 'Set KAFKA_BROKERS to host:port, several with commas.', exitCode: ExitCode.environment });
}
