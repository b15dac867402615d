import { EXCHANGE, type OutboundMessage } from '@strangler/migrations';
import { connect } from 'amqplib';

/** A consumer of one durable queue, bound to everything a service tells. Returns what ends it. */
export async function listenToRabbit(url: string, service: string, hear: (message: OutboundMessage) => void): Promise<() => Promise<void>> {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  await channel.assertExchange(EXCHANGE, 'topic', { durable: true });
  await channel.assertQueue('listener', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.bindQueue('listener', EXCHANGE, `${service}.#`);
  await channel.consume('listener', (message) => {
    if (message === null) return;
    const { key, ...headers } = message.properties.headers as Record<string, string>;
    hear({ topic: message.fields.routingKey, key: key ?? '', value: message.content.toString('utf8'), headers });
    channel.ack(message);
  });
  return async () => { await connection.close().catch(() => undefined); };
}
