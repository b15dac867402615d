import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRelay, startRelay, type Publisher, type RelayReport, type RunningRelay } from '@strangler/migrations';
import { outbox, until, type Outbox } from '../../test/support/outbox.ts';

let database: Outbox;
beforeAll(async () => { database = await outbox('report'); });
afterAll(async () => { await database.close(); });

const SERVICE = `report${String(process.pid)}`;
const EVENT = "INSERT INTO outbox (aggregatetype, aggregateid, type, payload) VALUES ('book', 'emma', 'lent', '{}')";
const silent = (takes: () => boolean): Publisher => ({
  publish: (messages) => takes() ? Promise.resolve({ delivered: messages.length }) : Promise.reject(new Error('the broker is away')),
  close: () => Promise.resolve(),
});
const start = (takes: () => boolean): Promise<RunningRelay> => startRelay({ service: SERVICE, url: database.url, table: 'outbox', destination: 'kafka', publisher: silent(takes), logDirectory: database.logDirectory });
const report = (at = database.logDirectory): Promise<RelayReport | undefined> => readRelay({ service: SERVICE, url: database.url, table: 'outbox', logDirectory: at });
/** The report once it says so. */
const once = async (holds: (report: RelayReport | undefined) => boolean): Promise<RelayReport | undefined> => {
  let last: RelayReport | undefined;
  await until(async () => { last = await report(); return holds(last); });
  return last;
};

test('a relay is seen from outside: not begun, behind, up to date, stopped, without its slot', async () => {
  expect(await report()).toBeUndefined();
  let there = false;
  const relay = await start(() => there);
  for (let event = 0; event < 3; event += 1) await database.client.query(EVENT);
  const behind = await once((now) => now?.waiting?.events === 3);
  expect(behind).toMatchObject({ phase: 'following', running: true, to: 'kafka', delivered: 0, parked: 0, waiting: { more: false }, slot: { active: true } });
  expect(Math.abs(Date.parse(behind?.waiting?.since ?? '') - Date.now())).toBeLessThan(60_000);
  there = true;
  expect(await once((now) => now?.delivered === 3)).toMatchObject({ running: true, waiting: { events: 0, more: false } });
  await relay.stop();
  await database.client.query(EVENT);
  const stopped = await once((now) => now?.running === false);
  expect(stopped).toMatchObject({ delivered: 3, waiting: { events: 0 }, slot: { active: false } });
  expect(stopped?.unreadBytes).toBeGreaterThan(0);
  expect(await report(`${database.logDirectory}/elsewhere`)).not.toHaveProperty('waiting'); // it runs with another state directory
  await database.client.query('SELECT pg_drop_replication_slot($1)', [stopped?.slot?.slot]);
  expect(await report()).not.toHaveProperty('slot');
});
