import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';

const MONOLITH = fileURLToPath(new URL('..', import.meta.url));

let database: TestDatabase;
const started: ChildProcess[] = [];

beforeAll(async () => {
  database = await testDatabase('monolith_process');
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

afterAll(async () => {
  await database.close();
});

interface Run {
  child: ChildProcess;
  /** Exit code and all of stdout and stderr, once it has ended. */
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function run(script: string, env: Record<string, string>, args: string[] = []): Run {
  const child = spawn(process.execPath, [script, ...args], { cwd: MONOLITH, env: { PATH: process.env['PATH'], ...env } });
  started.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...output }));
  return { child, ended };
}

const settings = (): Record<string, string> => ({ DATABASE_URL: database.url, JWT_SECRET: 'only for tests', PORT: '0', JOBS: 'off' });

async function startShop(env = settings()): Promise<Run & { port: number }> {
  const shop = run('src/main.ts', env);
  const { stdout } = shop.child;
  if (stdout === null) throw new Error('the process has no stdout');
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  const { event, port } = JSON.parse(line) as { event: string; port: number };
  expect(event).toBe('listening');
  return { ...shop, port };
}

describe('a shop that cannot start says why in one line and exits with 3', () => {
  test.each([
    ['without DATABASE_URL', { DATABASE_URL: '' }, /^shop: DATABASE_URL is missing .*\n$/],
    ['without any setting', { DATABASE_URL: '', JWT_SECRET: '', PORT: 'x' }, /^shop: PORT must be .*DATABASE_URL is missing.*JWT_SECRET is missing.*\n$/],
    ['with a database nobody answers for', { DATABASE_URL: 'postgres://a:b@127.0.0.1:1/shop' }, /^shop: cannot reach the database .*ECONNREFUSED.*\n$/],
  ])('%s', async (_name, env, message) => {
    const { code, stdout, stderr } = await run('src/main.ts', { ...settings(), ...env }).ended;
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(message);
  });

  test('on a port that is taken', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await run('src/main.ts', { ...settings(), PORT: String(port) }).ended;
    other.close();
    expect(code).toBe(3);
    expect(stderr).toMatch(/^shop: cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE.*\n$/);
  });
});

test('the command lines migrate and seed an empty database, and say so when there is nothing to do', async () => {
  const migrated = await run('src/db/migrate.ts', settings()).ended;
  expect([migrated.code, migrated.stdout.split('\n')[0]]).toEqual([0, 'migrated 20190304091500_users_and_catalog.ts']);
  expect((await run('src/db/migrate.ts', settings()).ended).stdout).toBe('already up to date\n');

  const seeded = await run('src/seed.ts', settings(), ['--size', 'S']).ended;
  expect([seeded.code, seeded.stdout]).toEqual([0, expect.stringMatching(/orders +1000\n/)]);
  expect(await run('src/seed.ts', settings(), ['--size', 'XL']).ended).toMatchObject({ code: 3, stderr: expect.stringContaining('usage') });
  expect(await run('src/seed.ts', settings()).ended).toMatchObject({ code: 3, stderr: expect.stringContaining('--reset') });
  expect(await run('src/seed.ts', settings(), ['--if-empty']).ended).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing was written') });
});

test('SIGTERM lets a request in flight finish, refuses new ones, and ends with 0', async () => {
  const { child, ended, port } = await startShop();
  const origin = `http://127.0.0.1:${String(port)}`;
  expect((await fetch(`${origin}/ready`)).status).toBe(200);

  // A lock on the table keeps the request waiting in the database for exactly as long as the test wants.
  const blocker = new pg.Client({ connectionString: database.url });
  await blocker.connect();
  await blocker.query('begin; lock table products in access exclusive mode');
  const slow = fetch(`${origin}/products/1`);
  const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await blocker.query(waiting)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));

  child.kill('SIGTERM');
  const isRefused = () => fetch(`${origin}/health`).then(() => false, () => true);
  while (!(await isRefused())) await new Promise((resolve) => setTimeout(resolve, 10));
  await blocker.query('rollback');
  await blocker.end();

  const answer = await slow;
  expect([answer.status, ((await answer.json()) as { id: number }).id]).toEqual([200, 1]);
  expect((await ended).code).toBe(0);
});

test('a connection kept alive does not hold up the shutdown', async () => {
  const { child, ended, port } = await startShop();
  const agent = new Agent({ keepAlive: true });
  const [response] = (await once(get({ port, host: '127.0.0.1', path: '/health', agent }), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
  agent.destroy();
});

test('a shop with background jobs ends as promptly as one without', async () => {
  const { child, ended } = await startShop({ ...settings(), JOBS: 'on' });
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
});
