/** `node migrations/test/nightly/relay-kill.ts [KILLS] [SEED]`: relays to RabbitMQ and to Kafka, killed at random; a line of figures each, exit 1 when an event is lost, out of order or acted on twice. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@strangler/local-postgres';
import { testKafka, testRabbit } from '@strangler/testkit';
import { listenToKafka } from '../support/kafka-listener.ts';
import { listenToRabbit } from '../support/rabbit-listener.ts';
import { relayTrial, type TrialOptions } from '../support/relay-trial.ts';

const [kills = 60, seed = 4711] = process.argv.slice(2).map(Number);

async function holds(trial: Pick<TrialOptions, 'destination' | 'broker' | 'listen'>): Promise<boolean> {
  const result = await relayTrial({ ...trial, kills, seed });
  process.stdout.write(`${JSON.stringify({ relay: trial.destination, ...result })}\n`);
  return result.lost === 0 && result.outOfOrder.length === 0 && result.wrongEffects === 0;
}

async function main(): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-relay-kill-'));
  const server = await startPostgres({ directory, settings: { fsync: 'off' } });
  process.env['TEST_DATABASE_URL'] = server.url();
  try {
    await using rabbit = await testRabbit();
    const rabbitHolds = await holds({ destination: 'rabbitmq', broker: rabbit.url, listen: (hear) => listenToRabbit(rabbit.url, 'bank', hear) });
    await using kafka = await testKafka();
    const kafkaHolds = await holds({ destination: 'kafka', broker: kafka.bootstrap, listen: (hear) => listenToKafka(kafka.bootstrap, ['bank.account'], hear) });
    return rabbitHolds && kafkaHolds;
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main() ? 0 : 1;
