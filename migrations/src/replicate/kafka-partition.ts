import { ExitCode, StranglerError } from '@strangler/kernel';
import { Applier } from '../apply/applier.ts';
import { advancePartition, takePartition, type PartitionFence } from '../apply/kafka-offsets.ts';
import { openApplySession } from '../apply/session.ts';
import type { Statement } from '../apply/statements.ts';
import type { TableMaps } from '../apply/table-map.ts';
import type { ChangeEvent } from '../capture/change-event.ts';
import { UnknownColumn } from '../capture/envelope-values.ts';
import type { EnvelopePosition } from '../capture/envelope.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';
import { PayloadTexts } from '../capture/payload-text.ts';
import { kafkaClient, type KafkaAccess } from '../log/kafka-client.ts';
import { follow, type Fetched, type FetchedRecord } from '../log/kafka-fetch.ts';
import { partitionId } from '../log/kafka-topics.ts';
import { readRecord, type HintSource } from '../log/kafka-transactions.ts';

/** A change with its place in the source's log: what it comes after, and its order behind that. */
export interface PlacedChange {
  readonly event: ChangeEvent;
  readonly position: Pick<EnvelopePosition, 'after' | 'order'>;
}

/** What a record changes, or undefined when it changes nothing. @throws StranglerError for what cannot be read */
export type RecordReader = (record: FetchedRecord) => Promise<PlacedChange | undefined>;

/** A partition of a table's topic. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  /** The topic has others: what concerns all rows of a table then has no order. */
  readonly hasSiblings: boolean;
}

export interface LaneOptions {
  readonly access: KafkaAccess;
  readonly targetUrl: string;
  readonly replication: string;
  readonly maps: TableMaps;
  readonly read: RecordReader;
  /** Its number; lock and replication origin are named after it. */
  readonly lane: number;
  readonly places: readonly Place[];
  readonly signal: AbortSignal;
  readonly onApplied: (events: number) => void;
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
}

/** A partition that is this session's, and how far it has come. */
interface Taken {
  readonly place: Place;
  fence: PartitionFence;
}

/**
 * Applies some partitions on one session, each batch of one of them in a transaction of its own. Lock and replication origin are the lane's, for a server has room for
 * few origins; position and epoch are the partition's: however sinks divide partitions among them, one that has lost its session can no longer write.
 * @throws StranglerError STR_SINK_ACTIVE when another holds the lane, or one of its partitions
 */
export async function applyLane(options: LaneOptions): Promise<void> {
  const { access, targetUrl, replication, maps, lane, signal, onTrouble } = options;
  const holder = `${replication}:lane-${String(lane)}`;
  const session = await openApplySession(targetUrl, holder);
  try {
    const taken = new Map<string, Taken>();
    for (const place of options.places) taken.set(partitionId(place), { place, fence: await takePartition(session, replication, partitionId(place)) });
    let [batches, writing] = [0n, { id: '', fence: undefined as PartitionFence | undefined }];
    const advance = ({ events }: { readonly events: number }): Statement => {
      if (writing.fence === undefined) throw new Error('nothing is being written');
      return advancePartition(replication, writing.id, writing.fence, events);
    };
    const applier = await Applier.under({ at: LSN_ZERO, advance }, { targetUrl, replication: holder, maps, mode: 'idempotent' }, session);
    const positions = [...taken.values()].map(({ place: { topic, partition }, fence }) => ({ topic, partition, offset: fence.next }));
    for await (const fetched of follow(kafkaClient(access), positions, { signal, onTrouble })) {
      for (const some of fetched) {
        const id = partitionId(some);
        const mine = taken.get(id);
        if (mine === undefined) throw new Error(`${id} was not asked for`);
        const { events, reached } = await read(some, mine, options.read);
        mine.fence = reached;
        writing = { id, fence: reached };
        batches += 1n; // an offset orders one partition only
        await applier.apply([{ commitLsn: batches as Lsn, xid: 0, committedAtMs: 0, events }]);
        options.onApplied(events.length);
      }
    }
  } finally {
    await session.end().catch(() => undefined);
  }
}

async function read({ records, next }: Fetched, { place, fence: before }: Taken, readRecord: RecordReader): Promise<{ events: ChangeEvent[]; reached: PartitionFence }> {
  const events: ChangeEvent[] = [];
  let { after, order } = before;
  for (const record of records) {
    const change = await readRecord(record);
    if (change === undefined || isRepeated(change.position, after, order)) continue;
    if (change.event.op === 'truncate' && place.hasSiblings) throw truncatedAcross(change.event);
    events.push(change.event);
    [after, order] = [change.position.after ?? after, change.position.order ?? 0];
  }
  return { events, reached: { ...before, next, after, order } };
}

/**
 * Connect repeats itself after a crash, at new offsets. Where it does not say what came before, the event is applied again: what follows repeats as well, and ends in the
 * same rows. So is one at the fence's own place: rows of one COPY share it.
 */
const isRepeated = ({ after, order = 0 }: PlacedChange['position'], lastAfter: Lsn, lastOrder: number): boolean => after !== undefined && (after < lastAfter || (after === lastAfter && order < lastOrder));

/** Records of Debezium's PostgreSQL connector, by the source's catalog. */
export function walReader(hints: HintSource): RecordReader {
  const texts = new PayloadTexts();
  return (record) => readWal(record, hints, texts);
}

async function readWal(record: FetchedRecord, hints: HintSource, texts: PayloadTexts): Promise<PlacedChange | undefined> {
  const movedHere = record.headers['__debezium.oldkey'] !== undefined;
  // A changed key comes as a deletion in one partition and a new row in another: each is taken for what it is.
  const plain = { ...record, headers: {} };
  const envelope = await again(() => readRecord(plain, hints.current(), texts), hints);
  if (envelope.kind === 'refused') throw new StranglerError({ code: envelope.code, message: envelope.message, exitCode: 1, remedy: 'Compare the connector with the committed one: `strangler connect plan`.' });
  if (envelope.kind !== 'change') return undefined;
  if (movedHere && (await again(() => readRecord(record, hints.current(), texts), hints) as { event?: { unchanged?: unknown } }).event?.unchanged !== undefined) throw movedInPart(envelope.event);
  // Not its number in the transaction: a connector that ended in the middle of one counts from 1 again. Its LSN, which never falls there; below 2^53 the whole WAL of a server's life.
  return { event: envelope.event, position: { ...envelope.position, order: Number(envelope.position.lsn) } };
}

async function again<T>(parse: () => T, hints: HintSource): Promise<T> {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof UnknownColumn)) throw error;
    await hints.refresh();
    return parse();
  }
}

const WHOLE = "Read whole transactions instead (reading: 'transactions').";

const movedInPart = ({ schema, table }: ChangeEvent): StranglerError => new StranglerError({
  code: 'STR_KEYS_MOVED_IN_PART', exitCode: ExitCode.environment, message: `A key of ${schema}.${table} changed, and a long value that did not change was not sent: read by key, nothing knows it.`,
  remedy: `ALTER TABLE "${schema}"."${table}" REPLICA IDENTITY FULL; helps from then on. ${WHOLE}`,
});
const truncatedAcross = ({ schema, table }: ChangeEvent): StranglerError => new StranglerError({
  code: 'STR_KEYS_TRUNCATED', exitCode: ExitCode.environment, message: `${schema}.${table} was truncated, and its topic has several partitions: which rows came before is not known.`, remedy: WHOLE,
});
