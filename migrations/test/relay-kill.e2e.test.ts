import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testDatabase, testKafka, testRabbit, type TestDatabase } from '@strangler/testkit';
import { listenToKafka } from './support/kafka-listener.ts';
import { listenToRabbit } from './support/rabbit-listener.ts';
import { killRelays, Listener, relayDatabase, seeded } from './support/relay-trial.ts';

/** `STRANGLER_KILL_ROUNDS=60` for the record. */
const ROUNDS = Number(process.env['STRANGLER_KILL_ROUNDS'] ?? '12');
const SEED = Number(process.env['STRANGLER_KILL_SEED'] ?? '4711');

let database: TestDatabase;
let listener: Listener;
beforeEach(async () => {
  database = await testDatabase('relay');
  await relayDatabase(database.url);
  listener = new Listener(database.url);
  await listener.open();
});
afterEach(async () => {
  await listener.close();
  await database.close();
});

test('a relay to RabbitMQ that is killed again and again delivers every event, in order, and its consumer acts once', async () => {
  await using rabbit = await testRabbit();
  const end = await listenToRabbit(rabbit.url, 'bank', (message) => { listener.hear(message); });
  const result = await killRelays({ service: 'bank', url: database.url, table: 'outbox', destination: 'rabbitmq', broker: rabbit.url }, listener, ROUNDS, seeded(SEED));
  await end();
  process.stdout.write(`relay to rabbitmq: ${JSON.stringify(result)}\n`);
  expect(result).toMatchObject({ kills: ROUNDS, lost: 0, outOfOrder: [], wrongEffects: 0 });
  expect(result.events).toBeGreaterThan(100);
}, 300_000 + ROUNDS * 12_000);

test('so does a relay to Kafka', async () => {
  await using kafka = await testKafka();
  const end = await listenToKafka(kafka.bootstrap, ['bank.account'], (message) => { listener.hear(message); });
  const result = await killRelays({ service: 'bank', url: database.url, table: 'outbox', destination: 'kafka', broker: kafka.bootstrap }, listener, ROUNDS, seeded(SEED));
  await end();
  process.stdout.write(`relay to kafka: ${JSON.stringify(result)}\n`);
  expect(result).toMatchObject({ kills: ROUNDS, lost: 0, outOfOrder: [], wrongEffects: 0 });
  expect(result.events).toBeGreaterThan(100);
}, 300_000 + ROUNDS * 12_000);
