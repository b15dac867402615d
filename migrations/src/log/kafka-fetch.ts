import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { isKafkaPassing, withAdmin } from './kafka-client.ts';
import { extents, partitionId, type Extent } from './kafka-topics.ts';
import { topicMissing, topicTruncated } from './kafka-trouble.ts';

/** The next record wanted of a partition. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface FetchedRecord {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
  /** The number its producer has for life, where it is an idempotent one: another number, another run. */
  readonly producer?: string;
}

/** Records of one partition, in order; `next` is where to go on, also where control records lie between. */
export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly FetchedRecord[];
  readonly next: bigint;
  /** The offset the next record written will get. */
  readonly logEnd: bigint;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Asked before each fetch: partitions that should wait, by `partitionId`. */
  readonly paused?: (place: string) => boolean;
  readonly maxWaitMs?: number;
  readonly onTrouble?: (error: unknown, retryInMs: number) => void;
}

/** kafkajs below its consumer: what a fetch answers, with the errors it answers, and no group that assigns, forgets and resets offsets behind our back. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Record<string, number[]>;
  findBroker(by: { nodeId: string }): Promise<Broker>;
}
export interface Broker {
  /** By API key. */
  readonly versions?: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { send<T>(exchange: { request: object; response: { decode(data: Buffer): Promise<T>; parse(decoded: T): Promise<T> } }): Promise<T> };
  fetch(request: { maxWaitTime: number; minBytes: number; maxBytes: number; isolationLevel: number; topics: { topic: string; partitions: { partition: number; fetchOffset: string; maxBytes: number }[] }[] }): Promise<{
    responses: { topicName: string; partitions: unknown[] }[];
  }>;
}
interface Batch {
  readonly partition: number;
  readonly highWatermark: string;
  readonly messages: readonly { offset: string; key: Buffer | null; value: Buffer | null; headers?: FetchedRecord['headers']; batchContext?: { producerId?: string } }[];
  readonly rawMessages: readonly { offset: string }[];
}
type BatchClass = new (topic: string, fetchedOffset: string, partition: unknown) => Batch;

const READ_COMMITTED = 1;
/** The number of a producer that has none. */
const ANYBODY = '-1';
const FETCH_BYTES = 8 << 20;
const PARTITION_BYTES = 2 << 20;
const MAX_WAIT_MS = 250;
const RETRY_MS = { first: 100, longest: 2_000 };
/** A stream that brings less than so many records at once is asked no more often than this. */
const TRICKLE = { records: 256, everyMs: 5 };

/**
 * Follows partitions from given offsets, without a consumer group, and says with an empty answer when nothing new has come for a moment: who reads what and from where is the caller's to know, and lies in the target database. A record
 * that is no longer there is an error; kafkajs's consumer would go on at the oldest or the newest one without a word.
 * @throws StranglerError STR_TOPIC_TRUNCATED, STR_TOPIC_MISSING; passing troubles are retried and told to `onTrouble`
 */
export async function* follow(kafka: Kafka, positions: readonly Position[], options: FetchOptions): AsyncGenerator<Fetched[]> {
  const fetcher = new Fetcher(kafka, positions, options);
  const stop = (): void => { void fetcher.close(); };
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    // The next fetch is under way while the last one is being read.
    for (let pending = fetcher.next(); ;) {
      const fetched = await pending;
      if (options.signal.aborted) return;
      pending = fetcher.next();
      pending.catch(() => undefined);
      yield fetched;
    }
  } finally {
    options.signal.removeEventListener('abort', stop);
    await fetcher.close();
  }
}

class Fetcher {
  private readonly kafka: Kafka;
  private readonly options: FetchOptions;
  private readonly positions: Map<string, Position>;
  private readonly topics: readonly string[];
  private cluster: Cluster | undefined;
  private closed = false;
  private last = { askedAt: 0, records: 0 };

  constructor(kafka: Kafka, positions: readonly Position[], options: FetchOptions) {
    this.kafka = kafka;
    this.options = options;
    this.positions = new Map(positions.map((position) => [partitionId(position), position]));
    this.topics = [...new Set(positions.map(({ topic }) => topic))];
  }

  /** What there is; empty when nothing came for a while. Never empty for a trouble that passes: that is waited out. */
  async next(): Promise<Fetched[]> {
    for (let retryMs = RETRY_MS.first; !this.closed; retryMs = Math.min(retryMs * 2, RETRY_MS.longest)) {
      try {
        return await this.once();
      } catch (error) {
        if (this.isClosed()) break;
        await this.drop();
        if ((error as { type?: string }).type === 'OFFSET_OUT_OF_RANGE') await this.explainRange();
        else if ((error as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION') await this.requireTopics();
        else if (!isKafkaPassing(error)) throw error;
        this.options.onTrouble?.(error, retryMs);
        await delay(retryMs, undefined, { signal: this.options.signal }).catch(() => undefined);
      }
    }
    return [];
  }

  private isClosed(): boolean {
    return this.closed;
  }

  private async once(): Promise<Fetched[]> {
    const cluster = await this.connected();
    const wanted = Map.groupBy([...this.positions.values()].filter((position) => this.options.paused?.(partitionId(position)) !== true), ({ topic }) => topic);
    const byBroker = new Map<string, Position[]>();
    for (const [topic, all] of wanted) {
      for (const [nodeId, partitions] of Object.entries(cluster.findLeaderForPartitions(topic, all.map(({ partition }) => partition)))) {
        byBroker.set(nodeId, [...byBroker.get(nodeId) ?? [], ...all.filter(({ partition }) => partitions.includes(partition))]);
      }
    }
    if (byBroker.size === 0) {
      await delay(5);
      return [];
    }
    await this.pace();
    // With several brokers the slowest answer would hold up the others: none waits long.
    const maxWaitTime = byBroker.size === 1 ? this.options.maxWaitMs ?? MAX_WAIT_MS : 10;
    const fetched = (await Promise.all([...byBroker].map(([nodeId, some]) => this.ask(cluster, nodeId, some, maxWaitTime)))).flat();
    this.last = { ...this.last, records: fetched.reduce((sum, { records }) => sum + records.length, 0) };
    return fetched;
  }

  /**
   * Asked at once for what came a moment after the last answer, broker, reader and target would spend more on requests and commits than on rows. After a silence
   * nobody waits here, and with much to read neither.
   */
  private async pace(): Promise<void> {
    const { askedAt, records } = this.last;
    const early = records > 0 && records < TRICKLE.records ? askedAt + TRICKLE.everyMs - performance.now() : 0;
    if (early > 0) await delay(early, undefined, { signal: this.options.signal }).catch(() => undefined);
    this.last = { askedAt: performance.now(), records };
  }

  private async ask(cluster: Cluster, nodeId: string, positions: readonly Position[], maxWaitTime: number): Promise<Fetched[]> {
    const broker = await cluster.findBroker({ nodeId });
    const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, some]) => ({ topic, partitions: some.map(({ partition, offset }) => ({ partition, fetchOffset: offset.toString(), maxBytes: PARTITION_BYTES })) }));
    const { responses } = await broker.fetch({ maxWaitTime, minBytes: 1, maxBytes: FETCH_BYTES, isolationLevel: READ_COMMITTED, topics });
    return responses.flatMap(({ topicName, partitions }) => partitions.flatMap((partition) => this.take(topicName, partition)));
  }

  private take(topic: string, answered: unknown): Fetched[] {
    const { Batch: BatchOf } = internals();
    const place = partitionId({ topic, partition: (answered as { partition: number }).partition });
    const from = this.positions.get(place)?.offset ?? 0n;
    const batch = new BatchOf(topic, from.toString(), answered);
    const last = batch.rawMessages.at(-1);
    if (last === undefined || BigInt(last.offset) < from) return [];
    const next = BigInt(last.offset) + 1n;
    this.positions.set(place, { topic, partition: batch.partition, offset: next });
    const records = batch.messages.map(({ offset, key, value, headers = {}, batchContext: { producerId = ANYBODY } = {} }) => ({ offset: BigInt(offset), key, value, headers, producer: producerId }));
    return [{ topic, partition: batch.partition, records, next, logEnd: BigInt(batch.highWatermark) }];
  }

  private async connected(): Promise<Cluster> {
    if (this.cluster !== undefined) return this.cluster;
    const cluster = internals().clusterOf(this.kafka);
    this.cluster = cluster;
    await cluster.connect();
    await cluster.addMultipleTargetTopics(this.topics);
    return cluster;
  }

  /** Which partition no longer holds what we want. */
  private async explainRange(): Promise<void> {
    const kept = await this.requireTopics();
    for (const extent of kept) {
      const position = this.positions.get(partitionId(extent));
      if (position !== undefined && (position.offset < extent.low || position.offset > extent.high)) throw topicTruncated(position, extent);
    }
  }

  private async requireTopics(): Promise<Extent[]> {
    const there = new Set(await withAdmin(this.kafka, (admin) => admin.listTopics()));
    const missing = this.topics.filter((topic) => !there.has(topic));
    if (missing.length > 0) throw topicMissing(missing);
    return withAdmin(this.kafka, (admin) => extents(admin, this.topics));
  }

  private async drop(): Promise<void> {
    const { cluster } = this;
    this.cluster = undefined;
    await cluster?.disconnect().catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.drop();
  }
}

export const clusterOf = (kafka: Kafka): Cluster => internals().clusterOf(kafka);

/** The parts of kafkajs 2.2.4 that its index does not export; the version is pinned exactly. */
function internals(): { readonly Batch: BatchClass; clusterOf(kafka: Kafka): Cluster } {
  const Batch = createRequire(import.meta.url)('kafkajs/src/consumer/batch.js') as BatchClass;
  const clusterOf = (kafka: Kafka): Cluster => {
    const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster');
    if (symbol === undefined) throw new Error('kafkajs is not the version this was written for');
    const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol];
    if (create === undefined) throw new Error('kafkajs is not the version this was written for');
    return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false, maxInFlightRequests: null, isolationLevel: READ_COMMITTED });
  };
  return { Batch, clusterOf };
}
