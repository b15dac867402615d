import { expect, test } from '@jest/globals';
import { testKafka, testRabbit } from '@strangler/testkit';
import { listenToKafka } from './support/kafka-listener.ts';
import { listenToRabbit } from './support/rabbit-listener.ts';
import { relayTrial, type TrialOptions } from './support/relay-trial.ts';

/** `STRANGLER_KILL_ROUNDS=60` for the record. */
const kills = Number(process.env['STRANGLER_KILL_ROUNDS'] ?? '12');
const seed = Number(process.env['STRANGLER_KILL_SEED'] ?? '4711');

async function holds(trial: Pick<TrialOptions, 'destination' | 'broker' | 'listen'>): Promise<void> {
  const result = await relayTrial({ ...trial, kills, seed });
  process.stdout.write(`relay to ${trial.destination}: ${JSON.stringify(result)}\n`);
  expect(result).toMatchObject({ kills, lost: 0, outOfOrder: [], wrongEffects: 0 });
  expect(result.events).toBeGreaterThan(100);
}

test('a relay to RabbitMQ that is killed again and again delivers every event, in order, and its consumer acts once', async () => {
  await using rabbit = await testRabbit();
  await holds({ destination: 'rabbitmq', broker: rabbit.url, listen: (hear) => listenToRabbit(rabbit.url, 'bank', hear) });
}, 300_000 + kills * 12_000);

test('so does a relay to Kafka', async () => {
  await using kafka = await testKafka();
  await holds({ destination: 'kafka', broker: kafka.bootstrap, listen: (hear) => listenToKafka(kafka.bootstrap, ['bank.account'], hear) });
}, 300_000 + kills * 12_000);
