import type { Admin } from 'kafkajs';
import { topicName } from '../capture/envelope-print.ts';

/** Debezium's names under one `topic.prefix`. */
export interface Topics {
  readonly prefix: string;
  readonly transaction: string;
  readonly message: string;
  /** One per table. */
  readonly data: readonly string[];
  readonly all: readonly string[];
}

export function topicsOf(prefix: string, tables: Iterable<string>): Topics {
  const data = [...new Set([...tables].sort().map((table) => topicName(`${prefix}.${table}`)))];
  const [transaction, message] = [`${prefix}.transaction`, `${prefix}.message`];
  return { prefix, transaction, message, data, all: [transaction, message, ...data] };
}

/** Offsets of a partition: the oldest kept, and the one the next message will get. */
export interface Extent {
  readonly topic: string;
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** The topics must exist before anybody subscribes to them. A broker that cannot be asked to (a mock) makes them when they are first named. */
export async function ensureTopics(admin: Admin, { all, transaction }: Topics): Promise<void> {
  try {
    await admin.createTopics({ waitForLeaders: true, topics: all.map((topic) => ({ topic, numPartitions: topic === transaction ? 1 : -1, replicationFactor: -1 })) });
  } catch {
    await admin.fetchTopicMetadata({ topics: [...all] });
  }
}

export async function extents(admin: Admin, topics: readonly string[]): Promise<Extent[]> {
  const found = await Promise.all(topics.map(async (topic) => (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({ topic, partition, low: BigInt(low), high: BigInt(high) }))));
  return found.flat();
}

export const partitionId = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string => `${topic}/${String(partition)}`;
