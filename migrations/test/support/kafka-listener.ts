import type { OutboundMessage } from '@strangler/migrations';
import kafkajs from 'kafkajs';

/** A consumer of topics from their beginning. Returns what ends it. */
export async function listenToKafka(broker: string, topics: readonly string[], hear: (message: OutboundMessage & { readonly partition: number }) => void): Promise<() => Promise<void>> {
  const kafka = new kafkajs.Kafka({ clientId: 'listener', brokers: [broker], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 4 })), waitForLeaders: true });
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: `listener-${String(Date.now())}`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ topic, partition, message: { key, value, headers } }) => {
      const plain = Object.fromEntries(Object.entries(headers ?? {}).map(([name, header]) => [name, String(header)]));
      hear({ topic, partition, key: String(key), value: value === null ? null : value.toString('utf8'), headers: plain });
      return Promise.resolve();
    },
  });
  return async () => { await consumer.disconnect().catch(() => undefined); };
}
