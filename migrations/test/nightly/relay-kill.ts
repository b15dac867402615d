/** `node migrations/test/nightly/relay-kill.ts [KILLS] [SEED]`: relays to RabbitMQ and to Kafka, killed at random; a line of figures each, exit 1 when an event is lost, out of order or acted on twice. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@strangler/local-postgres';
import { testDatabase, testKafka, testRabbit } from '@strangler/testkit';
import type { OutboundMessage } from '@strangler/migrations';
import { listenToKafka } from '../support/kafka-listener.ts';
import { listenToRabbit } from '../support/rabbit-listener.ts';
import { killRelays, Listener, relayDatabase, seeded } from '../support/relay-trial.ts';

const [kills = 60, seed = 4711] = process.argv.slice(2).map(Number);

interface Broker { readonly address: string; readonly listen: (hear: (message: OutboundMessage) => void) => Promise<() => Promise<void>> }

async function trial(destination: 'rabbitmq' | 'kafka', { address, listen }: Broker): Promise<boolean> {
  await using database = await testDatabase('relay');
  await relayDatabase(database.url);
  const listener = new Listener(database.url);
  await listener.open();
  const end = await listen((message) => { listener.hear(message); });
  const result = await killRelays({ service: 'bank', url: database.url, table: 'outbox', destination, broker: address }, listener, kills, seeded(seed));
  await end();
  await listener.close();
  process.stdout.write(`${JSON.stringify({ relay: destination, ...result })}\n`);
  return result.lost === 0 && result.outOfOrder.length === 0 && result.wrongEffects === 0;
}

async function main(): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-relay-kill-'));
  const server = await startPostgres({ directory, settings: { fsync: 'off' } });
  process.env['TEST_DATABASE_URL'] = server.url();
  try {
    await using rabbit = await testRabbit();
    const rabbitHolds = await trial('rabbitmq', { address: rabbit.url, listen: (hear) => listenToRabbit(rabbit.url, 'bank', hear) });
    await using kafka = await testKafka();
    const kafkaHolds = await trial('kafka', { address: kafka.bootstrap, listen: (hear) => listenToKafka(kafka.bootstrap, ['bank.account'], hear) });
    return rabbitHolds && kafkaHolds;
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main() ? 0 : 1;
