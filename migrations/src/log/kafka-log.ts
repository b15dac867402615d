import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { toEnvelopes } from '../capture/envelope-print.ts';
import type { ValueHints } from '../capture/envelope-values.ts';
import { readExactly, type TransactionEnd } from '../capture/envelope.ts';
import type { ChangeLog, LogExtent, LogPosition } from './change-log.ts';
import { kafkaClient, kafkaUnreachable, withAdmin, type KafkaAccess } from './kafka-client.ts';
import { follow, type Fetched, type Position } from './kafka-fetch.ts';
import { ensureTopics, extents, partitionId, topicsOf, type Extent, type Topics } from './kafka-topics.ts';
import type { Regrouped } from './regroup.ts';
import { fixedHints, GROUP_HEADER, readTransactions, transactionBound } from './kafka-transactions.ts';

export interface KafkaLogOptions extends KafkaAccess {
  /** Debezium's `topic.prefix`: the replication's name. */
  readonly prefix: string;
  /** Key columns by `schema.table`: which topics there are, and what their messages are keyed by. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  readonly hints?: ValueHints;
}

const MESSAGES_PER_SEND = 2_000;
/** Clocks of source and broker may differ by this much when a time is looked up. */
const CLOCK_SKEW_MS = 60_000;
/** ENDs read to find the newest or oldest transaction: more than the few BEGINs that may lie between them. */
const PEEK = 50n;

/**
 * The change log on Kafka, through kafkajs: Debezium's topics, put together to whole transactions by its transaction topic, or written by ourselves in the same
 * shape. kafkajs 2.2.4 is unmaintained; what is known and how it is met: #1751 a timer runs hot on Node 24 (mended in kafkajs-mend.ts); #1593 and #659 lost or
 * repeated messages around rebalances, #1122 a consumer that ends silently, offsets out of range that are reset without a word (there is no consumer and no group:
 * kafka-fetch.ts asks the brokers itself).
 * @throws StranglerError STR_KAFKA_UNREACHABLE
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<ChangeLog> {
  const log = new KafkaLog(kafkaClient(options), options);
  try {
    await log.open();
  } catch (cause) {
    await log.close();
    throw kafkaUnreachable(options.brokers, cause);
  }
  return log;
}

const READ_DEFAULTS = { follow: false, maxBatch: 1_000, signal: new AbortController().signal };

/** What is left of the log as it was when the reading began. */
class ReadToEnd {
  private readonly ends: Map<string, bigint>;

  constructor(extents: readonly Extent[]) {
    this.ends = new Map(extents.filter(({ low, high }) => low < high).map((extent) => [partitionId(extent), extent.high]));
  }

  note(fetched: readonly Fetched[]): void {
    for (const some of fetched) {
      const end = this.ends.get(partitionId(some));
      if (end !== undefined && some.next >= end) this.ends.delete(partitionId(some));
    }
  }

  get isDone(): boolean {
    return this.ends.size === 0;
  }
}

class KafkaLog implements ChangeLog {
  private readonly kafka: Kafka;
  private readonly options: KafkaLogOptions;
  private readonly topics: Topics;
  private readonly producer: Producer;
  private readonly closing = new AbortController();
  private head: LogExtent['head'] | 'unknown' = 'unknown';

  constructor(kafka: Kafka, options: KafkaLogOptions) {
    this.kafka = kafka;
    this.options = options;
    this.topics = topicsOf(options.prefix, options.tables.keys());
    this.producer = kafka.producer({ allowAutoTopicCreation: true, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  }

  async open(): Promise<void> {
    await withAdmin(this.kafka, (admin) => ensureTopics(admin, this.topics));
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
    const { follow: following, signal, maxBatch } = { ...READ_DEFAULTS, ...options };
    const target = await withAdmin(this.kafka, (admin) => extents(admin, this.topics.all));
    const missing = new ReadToEnd(following ? [] : target);
    if (signal.aborted || (!following && missing.isDone)) return;
    for await (const whole of this.transactions(from, target, signal, missing)) {
      for (let at = 0; at < whole.length; at += maxBatch) yield whole.slice(at, at + maxBatch).map(({ transaction }) => transaction);
      if (!following && missing.isDone) return;
    }
  }

  private async *transactions(from: LogPosition, target: readonly Extent[], signal: AbortSignal, missing: ReadToEnd): AsyncGenerator<Regrouped[]> {
    yield* readTransactions(this.kafka, {
      topics: this.topics, positions: await this.positions(from, target), from: from === 'start' ? {} : from, hints: fixedHints(this.options.hints ?? {}), tables: new Set(this.options.tables.keys()),
      signal: AbortSignal.any([this.closing.signal, signal]), onRead: (fetched) => { missing.note(fetched); },
    });
  }

  async extent(): Promise<LogExtent> {
    const [range] = (await withAdmin(this.kafka, (admin) => extents(admin, [this.topics.transaction]))).filter(({ partition }) => partition === 0);
    if (range === undefined || range.low >= range.high) return {};
    const oldest = await this.peek(range.low, range.high < range.low + PEEK ? range.high : range.low + PEEK);
    const newest = range.high <= range.low + PEEK ? oldest : await this.peek(range.high - PEEK, range.high);
    const [tail, head] = [oldest[0], newest.at(-1)];
    this.head = head === undefined ? undefined : { lsn: head.lsn, timeMs: head.atMs };
    return { ...(tail === undefined ? {} : { tail: { lsn: tail.lsn, timeMs: tail.atMs } }), ...(this.head === undefined ? {} : { head: this.head }) };
  }

  async close(): Promise<void> {
    this.closing.abort();
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

  /** From the oldest record of each partition, or from where a time begins in it. */
  private async positions(from: LogPosition, kept: readonly Extent[]): Promise<Position[]> {
    const seeks = new Map(typeof from === 'object' && 'fromTimeMs' in from ? (await this.offsetsAt(from.fromTimeMs - CLOCK_SKEW_MS)).map((seek) => [partitionId(seek), seek.offset]) : []);
    return kept.map(({ topic, partition, low }) => ({ topic, partition, offset: seeks.get(partitionId({ topic, partition })) ?? low }));
  }

  /** Where a time begins in each partition. Partitions that end before it are read as a whole: a broker that cannot look up a time says the same of all. */
  private async offsetsAt(timeMs: number): Promise<Position[]> {
    return withAdmin(this.kafka, async (admin) => {
      const found = await Promise.all(this.topics.all.map(async (topic) => (await admin.fetchTopicOffsetsByTimestamp(topic, Math.max(0, timeMs))).map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) }))));
      const ends = new Map((await extents(admin, this.topics.all)).map((extent) => [partitionId(extent), extent.high]));
      return found.flat().filter((seek) => seek.offset < (ends.get(partitionId(seek)) ?? 0n));
    });
  }

  /** The ENDs in a range of the transaction topic. */
  private async peek(from: bigint, until: bigint): Promise<TransactionEnd[]> {
    const ends: TransactionEnd[] = [];
    const { signal } = this.closing;
    reading: for await (const fetched of follow(this.kafka, [{ topic: this.topics.transaction, partition: 0, offset: from }], { signal })) {
      for (const { records, next } of fetched) {
        for (const { offset, value } of records) {
          const end = offset < until && value !== null ? readExactly(value.toString('utf8'), transactionBound) : undefined;
          if (end !== undefined && 'lsn' in end) ends.push(end);
        }
        if (next >= until) break reading;
      }
    }
    return ends.sort((a, b) => a.lsn < b.lsn ? -1 : 1).filter(({ lsn }, index, all) => lsn !== all[index - 1]?.lsn);
  }
}

type ReadOptions = NonNullable<Parameters<ChangeLog['read']>[1]>;
