import { expect, test } from '@jest/globals';
import { defineMigration, env } from '@strangler/kernel';
import { connectorConfigs, connectorEnvironment, kafkaPublisher, startRelay, type OutboundMessage } from '@strangler/migrations';
import { testConnect, testKafka } from '@strangler/testkit';
import { listenToKafka } from './support/kafka-listener.ts';
import { outbox, until } from './support/outbox.ts';

type Heard = OutboundMessage & { readonly partition: number };

const ROWS = `INSERT INTO outbox (aggregatetype, aggregateid, type, payload, created_at) VALUES
  ('book', '7', 'lent', '{"n": 1, "fine": 1.10, "long": 12345678901234567890, "note": null, "text": "Bücher \\u201e“"}', '2026-05-01 12:00:00.5+02'),
  ('book', 'emma', 'returned', '[1, "two", null]', '2026-05-01 12:00:00+00'), ('book', '', 'lost', '"a text"', '2026-05-01 12:00:00.123456+00'), ('book', '7', 'lent', 'null', clock_timestamp())`;

/** Debezium's own event router, running for real, is the judge. */
test('a consumer cannot tell the relay from Debezium', async () => {
  const library = await outbox('router');
  const { client, logDirectory } = library;
  await using kafka = await testKafka();
  const config = defineMigration({
    monolith: { source: '.', url: 'http://m', database: env('LIBRARY_DATABASE_URL') },
    services: { library: { context: 'Library', url: 'http://l', database: env('LIBRARY_DATABASE_URL'), owns: { modules: [], tables: ['outbox'] } } },
    routes: {}, compare: { promoteWhen: { minSamples: 1, maxMismatchRate: 1, maxLatencyRatio: 1 } },
  });
  const connector = connectorConfigs(config).get('library-outbox.json');
  await using connect = await testConnect({ kafka, variables: { LIBRARY_DATABASE_PASSWORD: 'unused', ...nonEmpty(connectorEnvironment(config, { LIBRARY_DATABASE_URL: library.url })) } });
  const heard: Heard[] = [];
  const end = await listenToKafka(kafka.bootstrap, ['library.book'], (message) => { heard.push(message); });

  await client.query('CREATE SCHEMA strangler; CREATE TABLE strangler.debezium_signal (id text PRIMARY KEY, type text NOT NULL, data text)');
  const made = await fetch(`${connect.url}/connectors`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(connector) });
  expect([made.status, made.ok ? '' : await made.text()]).toEqual([201, '']);
  await until(async () => (await client.query("SELECT FROM pg_replication_slots WHERE slot_name = 'strangler_library_outbox' AND active")).rowCount === 1, 60_000);
  await client.query(ROWS);
  await until(() => heard.length >= 4, 60_000);
  const fromDebezium = heard.splice(0);
  await fetch(`${connect.url}/connectors/library-outbox`, { method: 'DELETE' });
  await connect.stop();
  await client.query("SELECT pg_drop_replication_slot('strangler_library_outbox')");

  const relay = await startRelay({ service: 'library', url: library.url, table: 'outbox', destination: 'kafka', logDirectory, publisher: kafkaPublisher({ brokers: [kafka.bootstrap] }) });
  await until(() => heard.length >= 4, 60_000);
  await relay.stop();
  await end();
  await library.close();
  expect(sorted(heard)).toEqual(sorted(fromDebezium.map(withoutContext)));
}, 240_000);

/** The test server trusts its clients, and Connect takes an empty variable for a missing one. */
const nonEmpty = (variables: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));

/** Debezium says in headers of its own which connector and run sent a message: that much can be told. */
const withoutContext = (message: Heard): Heard => ({ ...message, headers: Object.fromEntries(Object.entries(message.headers).filter(([name]) => !name.startsWith('__debezium.'))) });

/** The same outbox was told twice; between aggregates there is no order. */
const sorted = (messages: readonly Heard[]): Heard[] => [...messages].sort((a, b) => (a.headers['id'] ?? '') < (b.headers['id'] ?? '') ? -1 : 1);
