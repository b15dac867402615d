import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { outboxTable, readRelay, startRelay, type Publisher, type RelayReport, type RunningRelay } from '@strangler/migrations';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import knex from 'knex';
import pg from 'pg';

let database: TestDatabase;
let client: pg.Client;
let logDirectory: string;

beforeAll(async () => {
  database = await testDatabase('report');
  const service = knex({ client: 'pg', connection: database.url });
  await outboxTable(service);
  await service.destroy();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  logDirectory = await mkdtemp(join(tmpdir(), 'strangler-report-'));
});
afterAll(async () => {
  await client.end();
  await database.close();
  await rm(logDirectory, { recursive: true, force: true });
});

const SERVICE = `report${String(process.pid)}`;
const EVENT = "INSERT INTO outbox (aggregatetype, aggregateid, type, payload) VALUES ('book', 'emma', 'lent', '{}')";
const silent = (takes: () => boolean): Publisher => ({
  publish: (messages) => takes() ? Promise.resolve({ delivered: messages.length }) : Promise.reject(new Error('the broker is away')),
  close: () => Promise.resolve(),
});
const start = (takes: () => boolean): Promise<RunningRelay> => startRelay({ service: SERVICE, url: database.url, table: 'outbox', destination: 'kafka', publisher: silent(takes), logDirectory });
const report = (at = logDirectory): Promise<RelayReport | undefined> => readRelay({ service: SERVICE, url: database.url, table: 'outbox', logDirectory: at });
const until = async (holds: (report: RelayReport | undefined) => boolean): Promise<RelayReport | undefined> => {
  for (const end = performance.now() + 20_000; ;) {
    const now = await report();
    if (holds(now)) return now;
    if (performance.now() > end) throw new Error(JSON.stringify(now, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value));
    await delay(50);
  }
};

test('a relay is seen from outside: not begun, behind, up to date, stopped, without its slot', async () => {
  expect(await report()).toBeUndefined();
  let there = false;
  const relay = await start(() => there);
  for (let event = 0; event < 3; event += 1) await client.query(EVENT);
  const behind = await until((now) => now?.waiting?.events === 3);
  expect(behind).toMatchObject({ phase: 'following', running: true, to: 'kafka', delivered: 0, parked: 0, waiting: { more: false }, slot: { active: true } });
  expect(Math.abs(Date.parse(behind?.waiting?.since ?? '') - Date.now())).toBeLessThan(60_000);
  there = true;
  expect(await until((now) => now?.delivered === 3)).toMatchObject({ running: true, waiting: { events: 0, more: false } });
  await relay.stop();
  await client.query(EVENT);
  const stopped = await until((now) => now?.running === false);
  expect(stopped).toMatchObject({ delivered: 3, waiting: { events: 0 }, slot: { active: false } });
  expect(stopped?.unreadBytes).toBeGreaterThan(0);
  expect(await report(`${logDirectory}/elsewhere`)).not.toHaveProperty('waiting'); // it runs with another state directory
  await client.query('SELECT pg_drop_replication_slot($1)', [stopped?.slot?.slot]);
  expect(await report()).not.toHaveProperty('slot');
});
