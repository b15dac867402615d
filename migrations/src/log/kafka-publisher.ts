import kafkajs, { type Kafka, type KafkaConfig, type Message, type Producer } from 'kafkajs';
import { mendKafkajs } from './kafkajs-mend.ts';
import type { Delivery, OutboundMessage, Publisher } from './publisher.ts';

export interface KafkaPublisherOptions {
  readonly brokers: readonly string[];
  readonly security?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}

/** What the broker says about a message, not about itself (Kafka protocol, error codes 2, 10, 17, 18, 87). */
const ABOUT_THE_MESSAGE = new Set(['CORRUPT_MESSAGE', 'MESSAGE_TOO_LARGE', 'INVALID_TOPIC_EXCEPTION', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** Publishes to Kafka. Java's partitioner, so that a key lies where Debezium would have put it; all in-sync replicas have it before it counts. Connects when it has to. */
export function kafkaPublisher({ brokers, security }: KafkaPublisherOptions): Publisher {
  mendKafkajs();
  const kafka = new kafkajs.Kafka({ clientId: 'strangler-relay', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 2, initialRetryTime: 100 }, ...security });
  return new KafkaPublisher(kafka);
}

class KafkaPublisher implements Publisher {
  private readonly kafka: Kafka;
  private producer: Producer | undefined;

  constructor(kafka: Kafka) {
    this.kafka = kafka;
  }

  async publish(messages: readonly OutboundMessage[]): Promise<Delivery> {
    try {
      return await this.deliver(messages);
    } catch (error) {
      await this.close(); // what state the connection is in nobody knows: the next attempt begins with a new one
      throw error;
    }
  }

  /** A batch of one partition is taken whole or not at all, so halving a refused one never lets a message overtake another of its key. */
  private async deliver(messages: readonly OutboundMessage[]): Promise<Delivery> {
    const refusal = await this.send(messages);
    if (refusal === undefined) return { delivered: messages.length };
    if (messages.length === 1) return { delivered: 0, refusal };
    const half = messages.length >> 1;
    const first = await this.deliver(messages.slice(0, half));
    if (first.refusal !== undefined) return first;
    const second = await this.deliver(messages.slice(half));
    return { ...second, delivered: half + second.delivered };
  }

  private async send(messages: readonly OutboundMessage[]): Promise<string | undefined> {
    const byTopic = Map.groupBy(messages, ({ topic }) => topic);
    try {
      const producer = await this.connected();
      await producer.sendBatch({ acks: -1, topicMessages: [...byTopic].map(([topic, some]) => ({ topic, messages: some.map(encode) })) });
      return undefined;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return refusal;
    }
  }

  private async connected(): Promise<Producer> {
    if (this.producer !== undefined) return this.producer;
    const producer = this.kafka.producer({ allowAutoTopicCreation: true, createPartitioner: kafkajs.Partitioners.DefaultPartitioner, maxInFlightRequests: 1 });
    await producer.connect();
    this.producer = producer;
    return producer;
  }

  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }
}

const encode = ({ key, value, headers }: OutboundMessage): Message => ({ key, value, headers: { ...headers } });

/** kafkajs wraps what its retries gave up on; the broker's own word is somewhere down the causes. */
function refusalOf(error: unknown): string | undefined {
  for (let at = error as { type?: string; message?: string; cause?: unknown } | undefined; at instanceof Object; at = at.cause as typeof at) {
    if (at.type !== undefined && ABOUT_THE_MESSAGE.has(at.type)) return `${at.type}: ${at.message ?? ''}`;
  }
  return undefined;
}
