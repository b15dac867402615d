import { ExitCode, StranglerError } from '@strangler/kernel';
import kafkajs, { type Consumer, type EachBatchPayload, type Kafka, type KafkaConfig, type Message, type Producer } from 'kafkajs';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { toEnvelopes } from '../capture/envelope-print.ts';
import type { ValueHints } from '../capture/envelope-values.ts';
import { parseEnvelope, parseJson, parseTransactionEnd, type MessageHeaders, type TransactionEnd } from '../capture/envelope.ts';
import type { ChangeLog, LogExtent, LogPosition } from './change-log.ts';
import { Handover } from './handover.ts';
import { mendKafkajs } from './kafkajs-mend.ts';
import { ensureTopics, extents, partitionId, topicsOf, type Extent, type Topics } from './kafka-topics.ts';
import { Regrouper } from './regroup.ts';

export interface KafkaLogOptions {
  readonly brokers: readonly string[];
  /** Debezium's `topic.prefix`: the replication's name. */
  readonly prefix: string;
  /** Key columns by `schema.table`: which topics there are, and what their messages are keyed by. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  /** Distinguishes readers in the broker's list of groups. Offsets are never committed: the checkpoint lies in the target database. */
  readonly reader?: string;
  readonly hints?: ValueHints;
  readonly security?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}

/** Transactions on their way from the consumer to the reader; beyond it the consumer waits. */
const ON_THE_WAY = 10_000;
const MESSAGES_PER_SEND = 2_000;
/** Clocks of source and broker may differ by this much when a time is looked up. */
const CLOCK_SKEW_MS = 60_000;
/** ENDs read to find the newest or oldest transaction: more than the few BEGINs that may lie between them. */
const PEEK = 50n;

/**
 * The change log on Kafka, through kafkajs: Debezium's topics, put together to whole transactions by its transaction topic, or written by ourselves in the same
 * shape. kafkajs 2.2.4 is unmaintained; what is known and how it is met: #1751 a timer runs hot on Node 24 (mended in kafkajs-mend.ts); #1593 and #659 lost or
 * repeated messages around rebalances (offsets are never committed, and repeated messages are recognised); #1122 a crash that is not retried ends silently (it
 * rejects the read).
 * @throws StranglerError STR_KAFKA_UNREACHABLE
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<ChangeLog> {
  mendKafkajs();
  const kafka = new kafkajs.Kafka({ clientId: 'strangler', brokers: [...options.brokers], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 5, initialRetryTime: 100 }, ...options.security });
  const log = new KafkaLog(kafka, options);
  try {
    await log.open();
  } catch (cause) {
    await log.close();
    throw new StranglerError({ code: 'STR_KAFKA_UNREACHABLE', cause, exitCode: ExitCode.environment, message: `Kafka at ${options.brokers.join(', ')} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Check KAFKA_BROKERS and that the broker advertises an address that can be reached from here.' });
  }
  return log;
}

const READ_DEFAULTS = { follow: false, maxBatch: 1_000 };

class KafkaLog implements ChangeLog {
  private readonly kafka: Kafka;
  private readonly options: KafkaLogOptions;
  private readonly topics: Topics;
  private readonly producer: Producer;
  private readonly readers = new Set<() => Promise<void>>();
  private head: LogExtent['head'] | 'unknown' = 'unknown';
  private count = 0;

  constructor(kafka: Kafka, options: KafkaLogOptions) {
    this.kafka = kafka;
    this.options = options;
    this.topics = topicsOf(options.prefix, options.tables.keys());
    this.producer = kafka.producer({ allowAutoTopicCreation: true, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  }

  async open(): Promise<void> {
    await this.withAdmin((admin) => ensureTopics(admin, this.topics));
    await this.producer.connect();
  }

  /** Changes first, and only once they are safe the ENDs: an END without its changes would stop every reader, and the source would not send them again. */
  async append(transactions: readonly ChangeTransaction[]): Promise<void> {
    const head = this.head === 'unknown' ? (await this.extent()).head : this.head;
    const fresh = transactions.filter(({ commitLsn }) => head === undefined || commitLsn > head.lsn);
    const messages = fresh.flatMap((transaction) => toEnvelopes(transaction, { prefix: this.options.prefix, keys: this.options.tables }));
    await this.send(messages.filter(({ topic }) => topic !== this.topics.transaction));
    await this.send(messages.filter(({ topic }) => topic === this.topics.transaction));
    const newest = fresh.at(-1);
    this.head = newest === undefined ? head : { lsn: newest.commitLsn, timeMs: newest.committedAtMs };
  }

  async *read(from: LogPosition, options: ReadOptions = {}): AsyncGenerator<readonly ChangeTransaction[]> {
    const { follow, signal, maxBatch }: ReadOptions & typeof READ_DEFAULTS = { ...READ_DEFAULTS, ...options };
    const target = await this.withAdmin((admin) => extents(admin, this.topics.all));
    if (signal?.aborted === true || (!follow && isEmpty(target))) return;
    const handover = new Handover<ChangeTransaction>(ON_THE_WAY);
    const stop = (): void => { handover.close(); };
    signal?.addEventListener('abort', stop);
    const consumer = await this.consume(from, handover, follow ? undefined : target);
    try {
      yield* handover.take(maxBatch);
    } finally {
      signal?.removeEventListener('abort', stop);
      handover.close();
      await consumer();
    }
  }

  async extent(): Promise<LogExtent> {
    const [range] = (await this.withAdmin((admin) => extents(admin, [this.topics.transaction]))).filter(({ partition }) => partition === 0);
    if (range === undefined || range.low >= range.high) return {};
    const oldest = await this.peek(range.low, range.high < range.low + PEEK ? range.high : range.low + PEEK);
    const newest = range.high <= range.low + PEEK ? oldest : await this.peek(range.high - PEEK, range.high);
    const [tail, head] = [oldest[0], newest.at(-1)];
    this.head = head === undefined ? undefined : { lsn: head.lsn, timeMs: head.atMs };
    return { ...(tail === undefined ? {} : { tail: { lsn: tail.lsn, timeMs: tail.atMs } }), ...(this.head === undefined ? {} : { head: this.head }) };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.readers].map((stop) => stop()));
    await this.producer.disconnect().catch(() => undefined);
  }

  private async send(messages: ReturnType<typeof toEnvelopes>): Promise<void> {
    for (let at = 0; at < messages.length; at += MESSAGES_PER_SEND) {
      const byTopic = Map.groupBy(messages.slice(at, at + MESSAGES_PER_SEND), ({ topic }) => topic);
      await this.producer.sendBatch({ acks: -1, topicMessages: [...byTopic].map(([topic, some]) => ({ topic, messages: some.map((message) => this.encode(message)) })) });
    }
  }

  private encode({ topic, key, value, headers }: ReturnType<typeof toEnvelopes>[number]): Message {
    const { id } = value?.['transaction'] as { id?: string } | undefined ?? value as { id?: string };
    return { key: JSON.stringify(key), value: JSON.stringify(value), headers: { ...headers, ...(id === undefined ? {} : { [GROUP_HEADER]: id }) }, ...(topic === this.topics.transaction ? { partition: 0 } : {}) };
  }

  /** Starts a consumer that feeds the handover; returns what stops it. */
  private async consume(from: LogPosition, handover: Handover<ChangeTransaction>, until: readonly Extent[] | undefined): Promise<() => Promise<void>> {
    const regrouper = new Regrouper(from === 'start' ? {} : from);
    const missing = new Map(until?.filter(({ low, high }) => low < high).map((extent) => [partitionId(extent), extent.high]));
    const seeks = typeof from === 'object' && 'fromTimeMs' in from ? await this.offsetsAt(from.fromTimeMs - CLOCK_SKEW_MS) : [];
    return this.run(this.topics.all, seeks, handover, async (payload) => {
      for (const message of payload.batch.messages) this.feed(regrouper, payload.batch.topic, payload.batch.partition, message);
      handover.push(regrouper.ready());
      const place = partitionId(payload.batch);
      if (BigInt(payload.batch.lastOffset()) + 1n >= (missing.get(place) ?? 0n)) missing.delete(place);
      if (until !== undefined && missing.size === 0) handover.close();
      while (handover.isFull) {
        await payload.heartbeat();
        await handover.room(1_000);
      }
    });
  }

  private feed(regrouper: Regrouper, topic: string, partition: number, { key, value, headers }: { readonly key: Buffer | null; readonly value: Buffer | null; readonly headers?: MessageHeaders }): void {
    const json = (bytes: Buffer | null): unknown => bytes === null ? null : parseJson(bytes.toString('utf8'));
    if (topic !== this.topics.transaction) {
      regrouper.event(parseEnvelope(json(value), json(key), headers, this.options.hints), groupOf(headers));
      return;
    }
    const end = transactionEnd(json(value));
    if (end !== undefined && partition !== 0) {
      throw new StranglerError({ code: 'STR_TRANSACTION_TOPIC_PARTITIONED', exitCode: 1, message: `${topic} has several partitions, so the order of commits is lost.`, remedy: 'Create it with one partition, as the generated connector does, and start the connector with a new prefix.' });
    }
    if (end !== undefined) regrouper.end(end, groupOf(headers));
  }

  /** One consumer in a group of its own, from the beginning or from `seeks`. Errors of reading end the handover; they are never retried into silence. */
  private async run(topics: readonly string[], seeks: readonly Seek[], handover: Handover<never> | Handover<ChangeTransaction>, each: (payload: EachBatchPayload) => Promise<void>): Promise<() => Promise<void>> {
    this.count += 1;
    const consumer: Consumer = this.kafka.consumer({
      groupId: `strangler.${this.options.prefix}.${this.options.reader ?? String(process.pid)}.${String(this.count)}.${String(Date.now())}`, maxBytesPerPartition: 4 << 20, maxWaitTimeInMs: 100, allowAutoTopicCreation: false,
    });
    const stop = async (): Promise<void> => {
      this.readers.delete(stop);
      await consumer.disconnect();
    };
    this.readers.add(stop);
    consumer.on(consumer.events.CRASH, ({ payload }) => { if (!payload.restart) handover.fail(payload.error); });
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false, eachBatchAutoResolve: true,
      eachBatch: async (payload) => { await each(payload).catch((error: unknown) => { handover.fail(error); }); },
    });
    for (const { topic, partition, offset } of seeks) consumer.seek({ topic, partition, offset: offset.toString() });
    return stop;
  }

  /** Where a time begins in each partition. Partitions that end before it are read as a whole: a broker that cannot look up a time says the same of all. */
  private async offsetsAt(timeMs: number): Promise<Seek[]> {
    return this.withAdmin(async (admin) => {
      const found = await Promise.all(this.topics.all.map(async (topic) => (await admin.fetchTopicOffsetsByTimestamp(topic, Math.max(0, timeMs))).map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) }))));
      const ends = new Map((await extents(admin, this.topics.all)).map((extent) => [partitionId(extent), extent.high]));
      return found.flat().filter((seek) => seek.offset < (ends.get(partitionId(seek)) ?? 0n));
    });
  }

  /** The ENDs in a range of the transaction topic. */
  private async peek(from: bigint, until: bigint): Promise<TransactionEnd[]> {
    const handover = new Handover<never>(1);
    const ends: TransactionEnd[] = [];
    const stop = await this.run([this.topics.transaction], [{ topic: this.topics.transaction, partition: 0, offset: from }], handover, async ({ batch }) => {
      if (batch.partition !== 0) return;
      for (const { offset, value } of batch.messages) {
        const end = BigInt(offset) >= from && BigInt(offset) < until ? transactionEnd(parseJson(value?.toString('utf8') ?? 'null')) : undefined;
        if (end !== undefined) ends.push(end);
      }
      if (BigInt(batch.lastOffset()) + 1n >= until) handover.close();
      await Promise.resolve();
    });
    try {
      await handover.closing();
    } finally {
      await stop();
    }
    return ends.sort((a, b) => a.lsn < b.lsn ? -1 : 1).filter(({ lsn }, index, all) => lsn !== all[index - 1]?.lsn);
  }

  private async withAdmin<T>(act: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      return await act(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

/** Our own messages name their transaction exactly; Debezium's only by its xid. */
const GROUP_HEADER = 'strangler.transaction';
const groupOf = (headers: MessageHeaders | undefined): string | undefined => headers?.[GROUP_HEADER]?.toString();

const isEmpty = (topics: readonly Extent[]): boolean => topics.every(({ low, high }) => low >= high);

type ReadOptions = NonNullable<Parameters<ChangeLog['read']>[1]>;
interface Seek { readonly topic: string; readonly partition: number; readonly offset: bigint }

/** @throws StranglerError STR_BAD_ENVELOPE */
function transactionEnd(value: unknown): TransactionEnd | undefined {
  const end = parseTransactionEnd(value);
  if (end === 'begin') return undefined;
  if ('kind' in end) throw new StranglerError({ code: end.code, message: end.message, exitCode: 1, remedy: 'Is another producer writing to the transaction topic? It belongs to the connector alone.' });
  return end;
}
