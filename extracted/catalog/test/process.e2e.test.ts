import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { run, serve } from './processes.ts';

const MAIN = new URL('../src/main.ts', import.meta.url);
const MIGRATE = new URL('../src/migrate.ts', import.meta.url);
const JWT_SECRET = 'a kettle, a lemon and a long walk';

let database: TestDatabase;
beforeAll(async () => { database = await testDatabase('catalog'); });
afterAll(async () => { await database.close(); });

const environment = () => ({ DATABASE_URL: database.url, JWT_SECRET });

describe('a start that cannot succeed ends with code 3 and one line', () => {
  test('that names every wrong setting at once', async () => {
    const { code, stderr, stdout } = await run(MAIN, [], { PORT: '70000', CATALOG_ROUNDING: 'up', MIGRATE: 'yes' });
    expect([code, stdout, stderr.trim().split('\n')]).toEqual([3, '', [expect.stringMatching(/^CATALOG_BAD_SETTINGS: PORT .*DATABASE_URL .*JWT_SECRET .*CATALOG_ROUNDING .*MIGRATE /)]]);
  });

  test.each([
    ['nobody listens', 'postgres://postgres@127.0.0.1:1/catalog', 'CATALOG_DATABASE_UNREACHABLE'],
    ['the database does not exist', undefined, 'CATALOG_DATABASE_UNREACHABLE'],
  ])('when %s', async (_why, url, expected) => {
    const absent = new URL(database.url);
    absent.pathname = '/no_such_catalog';
    const { code, stderr } = await run(MAIN, [], { ...environment(), DATABASE_URL: url ?? absent.href });
    expect([code, stderr.trim().split('\n').length, stderr.startsWith(`${expected}: `)]).toEqual([3, 1, true]);
  });

  test('when the schema is behind the build, until it is migrated', async () => {
    const { code, stderr } = await run(MAIN, [], environment());
    expect([code, stderr]).toEqual([3, expect.stringMatching(/^CATALOG_SCHEMA_BEHIND: 4 migrations .*npm run migrate/)]);
    expect((await run(MIGRATE, [], environment())).code).toBe(0);
    expect((await run(MIGRATE, [], environment())).stderr).toBe('');
    await using server = await serve(MAIN, environment());
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
  });

  test('when the port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const { code, stderr } = await run(MAIN, [], { ...environment(), MIGRATE: '1', PORT: String(port) });
    squatter.close();
    expect([code, stderr.trim().split('\n').at(-1)]).toEqual([3, expect.stringMatching(/^CATALOG_CANNOT_LISTEN: .*EADDRINUSE/)]);
  });
});

test('SIGTERM lets the request in flight finish, refuses new ones and exits with 0', async () => {
  await using server = await serve(MAIN, { ...environment(), MIGRATE: '1' });
  // A lock on the table keeps a request in flight for as long as the test needs it.
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('begin; lock table products in access exclusive mode');
  const answer = fetch(`${server.url}/products`);
  const waiting = 'select count(*)::int as n from pg_locks where not granted and relation = $1::regclass';
  for (let n = 0; n === 0;) n = (await holder.query<{ n: number }>(waiting, ['products'])).rows[0]?.n ?? 0;

  const stopped = server.stop();
  while (!server.errors().includes('draining')) await new Promise((resolve) => { setTimeout(resolve, 5); });
  const { port } = new URL(server.url);
  await expect(once(connect(Number(port), '127.0.0.1'), 'connect')).rejects.toThrow(/ECONNREFUSED/);
  await holder.query('commit');
  await holder.end();
  expect((await answer).status).toBe(200);
  expect(await stopped).toBe(0);
});

test('SIGTERM answers one more request of a kept connection and ends it with the answer', async () => {
  await using server = await serve(MAIN, { ...environment(), MIGRATE: '1' });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (): Promise<IncomingMessage> => new Promise((resolve, reject) => {
    get(`${server.url}/products`, { agent }, (response) => { response.resume().once('end', () => { resolve(response); }); }).once('error', reject);
  });
  const first = await ask();
  const stopped = server.stop();
  while (!server.errors().includes('draining')) await new Promise((resolve) => { setTimeout(resolve, 5); });
  const last = await ask();
  expect([first, last].map(({ statusCode, headers }) => [statusCode, headers.connection])).toEqual([[200, 'keep-alive'], [200, 'close']]);
  expect(await stopped).toBe(0);
  agent.destroy();
});

test('/health says the process lives and /ready that its database answers', async () => {
  const own = await testDatabase('catalog_gone');
  await using server = await serve(MAIN, { DATABASE_URL: own.url, JWT_SECRET, MIGRATE: '1', BUILD: '2024.06.1' });
  const ask = async (path: string) => {
    const response = await fetch(server.url + path);
    return [response.status, await response.json()] as const;
  };
  expect(await ask('/ready')).toEqual([200, { status: 'ready' }]);
  await own.close();
  expect(await ask('/ready')).toEqual([503, { status: 'unavailable' }]);
  expect(await ask('/health')).toEqual([200, { status: 'ok', service: 'catalog', build: '2024.06.1' }]);
});
