import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beginSaga, outboxTable, runSagas, SAGA_TABLES } from '@strangler/migrations';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import knex from 'knex';
import pg from 'pg';
import { main } from '../src/main.ts';

let directory: string;
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strangler-relay-command-'));
  database = await testDatabase('library');
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const service = knex({ client: 'pg', connection: database.url });
  await outboxTable(service);
  await service.destroy();
  await client.query(SAGA_TABLES);
  await writeFile(join(directory, 'strangler.config.yaml'), `monolith: { source: ., url: 'http://m', database: '${database.url}' }
services:
  library: { context: Library, url: 'http://l', database: '${database.url}', owns: { modules: [], tables: [books] }, outbox: { to: log } }
routes: {}
compare: { promoteWhen: { minSamples: 1, maxMismatchRate: 1, maxLatencyRatio: 1 } }
`);
});
afterAll(async () => {
  await client.end();
  await database.close();
  await rm(directory, { recursive: true, force: true });
});

interface Said { readonly code: number; readonly out: string; readonly err: string }

async function strangler(line: string, signal = new AbortController().signal, hear: (text: string) => void = () => undefined): Promise<Said> {
  const said = { out: '', err: '' };
  const code = await main(line.split(' '), {
    interactive: false, environment: {}, cwd: directory, signal,
    out: (text) => { said.out += text; hear(text); }, err: (text) => { said.err += text; },
  });
  return { code, ...said };
}

interface Relays { readonly relays: readonly Record<string, unknown>[] }
const relays = async (): Promise<readonly Record<string, unknown>[]> => (JSON.parse((await strangler('status --json')).out) as Relays).relays;

test('relays an outbox to its log, prints the events, and takes itself away', async () => {
  expect(await relays()).toEqual([{ service: 'library', to: 'log', findings: [], unknown: 'not started' }]);
  const stop = new AbortController();
  let ready: () => void = () => undefined;
  const isReady = new Promise<void>((resolve) => { ready = resolve; });
  const relay = strangler('relay library', stop.signal, (text) => { if (text.includes('"ready"')) ready(); });
  await isReady;
  await client.query("INSERT INTO outbox (aggregatetype, aggregateid, type, payload) VALUES ('book', 'emma', 'lent', '{\"n\": 1}')");
  let printed = '';
  while (printed === '') {
    await delay(50);
    printed = (await strangler('relay library --print')).out;
  }
  while ((await relays())[0]?.['relay'] === undefined || !(await strangler('status')).out.includes('1 events')) await delay(50);
  expect(await relays()).toMatchObject([{ service: 'library', to: 'log', findings: [], relay: { phase: 'following', running: true, delivered: 1, lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/), waiting: { events: 0, more: false }, parked: 0, slot: { active: true } } }]);
  expect((await strangler('status')).out).toMatch(/relay +to +state[^]*library +log +running +1 events +[0-9A-F]+\/[0-9A-F]+ +2\S+Z +0 events /);
  expect((await strangler('doctor')).out).not.toContain('STR_RELAY_STOPPED');
  stop.abort('SIGTERM');
  expect((await relay).err).toContain('library: relaying (0 events delivered so far)');
  expect((await strangler('status')).out).toMatch(/library +log +stopped .* of WAL unread[^]*! STR_RELAY_STOPPED services\.library\.outbox: Nobody relays the outbox of library[^]*strangler relay library/);
  expect((await strangler('doctor')).out).toContain('! STR_RELAY_STOPPED services.library.outbox');
  await client.query("SELECT pg_drop_replication_slot('strangler_library_outbox')");
  expect((await strangler('doctor')).out).toContain('✗ STR_SLOT_MISSING services.library.outbox');
  expect(JSON.parse(printed)).toMatchObject({ topic: 'library.book', key: 'emma', value: '{"n": 1}', headers: { eventType: 'lent' } });
  expect(await strangler('relay library --parked')).toMatchObject({ code: 0, out: 'No event of library is parked.\n' });
  expect((await strangler('relay library --remove')).out).toContain('Nothing was changed');
  expect((await strangler('relay library --remove --execute')).out).toBe('library: removed publication, place, log\n');
});

test('says what it does not know', async () => {
  expect((await strangler('relay libary')).err).toContain('STR_UNKNOWN_SERVICE');
  expect((await strangler('relay library --to post')).err).toContain('STR_NO_OUTBOX');
  expect((await strangler('relay library --to kafka')).err).toContain('STR_MISSING_SETTING');
  expect((await strangler('relay library --discard 1 --why lost')).err).toContain('STR_UNKNOWN_EVENT');
  expect((await strangler('sagas library show nobody')).err).toContain('STR_UNKNOWN_SAGA');
});

test('lists a saga that is stuck, shows it, lets it be tried again and turned back', async () => {
  const definitions = [{ name: 'lend', steps: [{ name: 'ask', retry: { attempts: 9, firstMs: 0, longestMs: 0 }, act: () => Promise.reject(new Error('the shelf is silent')) }] }];
  await beginSaga(client, { id: 'l1', name: 'lend', input: { book: 'emma' } });
  expect(await strangler('sagas library')).toMatchObject({ code: 0, out: 'No saga is stuck.\n' });
  for (let times = 0; times < 3; times += 1) await runSagas(client, { definitions });
  const listed = await strangler('sagas library');
  expect([listed.code, listed.out]).toEqual([1, expect.stringMatching(/l1 +lend +forward at ask +3 .*the shelf is silent/)]);
  expect((await strangler('sagas library show l1')).out).toContain('input: {"book":"emma"}');
  expect((await strangler('sagas library retry l1')).out).toContain('Nothing was changed');
  expect((await strangler('sagas library retry l1 --execute')).code).toBe(0);
  expect((await strangler('sagas library compensate l1 --why enough --execute')).out).toBe('l1 goes back from here.\n');
  await runSagas(client, { definitions });
  expect((await strangler('sagas library retry l1 --execute')).out).toBe('l1 is undone: there is nothing to try again.\n');
});
