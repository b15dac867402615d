import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { connectClient } from '@strangler/migrations';
import { sharedConnect, testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { strangler, type Ran } from './run.ts';

let shop: TestDatabase;
let source: pg.Client;
let directory: string;
let url: string;
const run = String(process.pid);
/** Shared with other files: names of our own. */
const [forward, orders] = [`books-${run}`, `orders-${run}`];
const role = `connector_${run}`;

beforeAll(async () => {
  [shop, url] = await Promise.all([testDatabase('connect'), sharedConnect()]);
  source = new pg.Client({ connectionString: shop.url });
  source.on('error', () => undefined);
  await source.connect();
  await source.query(`CREATE TABLE books (id bigint PRIMARY KEY, title text); CREATE TABLE orders (id bigint PRIMARY KEY);
    CREATE ROLE ${role} SUPERUSER REPLICATION LOGIN PASSWORD 'quill'`);
  directory = await mkdtemp(join(tmpdir(), 'strangler-connect-'));
  await secrets('quill');
  await config('title');
}, 180_000); // Java takes its time on two busy cores
afterAll(async () => {
  const client = connectClient(url);
  await Promise.all([forward, orders].map((name) => client.remove(name).catch(() => undefined)));
  await source.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'; DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
  await source.end();
  await shop.close();
  await rm(directory, { recursive: true, force: true });
});

const object = (name: string): string => `strangler_${name.replaceAll('-', '_')}`;
const secretsFile = (): string => join(directory, 'secrets.properties');
const secrets = (password: string): Promise<void> => writeFile(secretsFile(), `127.0.0.1.${shop.name}.password=${password}\n`);

async function config(column: string, user = role): Promise<void> {
  const { port } = new URL(shop.url);
  await writeFile(join(directory, 'strangler.config.yaml'), `monolith: { source: src, url: http://shop, database: "postgres://${user}:quill@127.0.0.1:${port}/${shop.name}" }
services:
  library: { context: Library, url: http://library, database: "postgres://127.0.0.1:1/library", owns: { modules: [], tables: [books, orders] } }
routes: {}
compare: { promoteWhen: { minSamples: 300, maxMismatchRate: 0.01, maxLatencyRatio: 2 } }
replication:
  ${forward}: { from: monolith, to: library, tables: { books: { key: [id], omit: [${column}] } } }
  ${orders}: { from: monolith, to: library, tables: { orders: { key: [id] } } }
`);
}

const connect = (...args: string[]): Promise<Ran> => strangler(['connect', ...args, '--secrets-file', secretsFile()], { cwd: directory, environment: { CONNECT_URL: url } });
const states = async (...names: string[]): Promise<unknown[]> => {
  const { connectors } = JSON.parse((await connect('status', ...names, '--json')).out) as { connectors: { name: string; state: string; tasks: string[] }[] };
  return connectors.map(({ name, state, tasks }) => [name, state, ...tasks]);
};

/** Waits until the connector reads its slot. */
async function read(name: string): Promise<void> {
  while ((await source.query('SELECT FROM pg_replication_slots WHERE slot_name = $1 AND active', [object(name)])).rowCount === 0) await delay(100);
}

/** Its reader comes back within a moment, so it is sent away until the drop gets in between. */
async function dropUnderItsReader(slot: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    await source.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1', [slot]);
    if (await source.query('SELECT pg_drop_replication_slot($1)', [slot]).then(() => true, () => false)) return;
  }
  throw new Error(`${slot} could not be dropped`);
}

describe('strangler connect', () => {
  test('plans without changing anything, and says what the source lacks', async () => {
    const { code, out } = await connect('plan');
    expect(code).toBe(0);
    expect(out).toContain(`+ ${forward}: to be registered`);
    expect(out).toContain('STR_SIGNAL_TABLE_MISSING');
    expect(out).toContain('CREATE TABLE IF NOT EXISTS strangler.debezium_signal');
    expect([...(await connectClient(url).registered()).keys()].filter((name) => name.endsWith(run))).toEqual([]);
    expect(out).toContain('STR_PUBLICATION_MISSING');
    await source.query(/CREATE SCHEMA.*?\);/.exec(out)?.[0] ?? '');
    // As `strangler replicate` does before it copies.
    for (const [name, table] of [[forward, 'books'], [orders, 'orders']] as const) {
      await source.query(`CREATE PUBLICATION ${object(name)} FOR TABLE ${table}`);
      await source.query(`SELECT pg_create_logical_replication_slot('${object(name)}', 'pgoutput')`);
    }
    expect((await connect('plan')).out).not.toMatch(/STR_\w+_MISSING/);
  });

  test('registers every connector, which runs; the next plan has nothing to do', async () => {
    const { code, out, err } = await connect('apply');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`✓ ${forward}: registered, running`);
    expect(out).toContain(`undo: curl -X DELETE ${url}/connectors/${forward}`);
    const plan = await connect('plan');
    expect(plan.out).toContain('Nothing to do.');
    for (const name of [forward, orders]) await read(name);
    expect(await states()).toEqual([[forward, 'running', 'running'], [orders, 'running', 'running']]);
  });

  test('updates what the config changed, and keeps what was there for the undo', async () => {
    await config('id');
    expect((await connect('plan')).out).toContain(`    ~ column.exclude.list: public\\.books\\.title → public\\.books\\.id`);
    await config('title', role);
    await source.query('ALTER TABLE books ADD COLUMN blurb text');
    await config('blurb');
    const { code, out } = await connect('apply');
    expect(code).toBe(0);
    expect(out).toContain(`✓ ${forward}: updated, running`);
    expect(out).toContain(`✓ ${orders}: unchanged, running`);
    const kept = join(directory, '.strangler/connect', `${forward}.before.json`);
    expect(out).toContain(`--data @${kept}`);
    expect(JSON.parse(await readFile(kept, 'utf8'))).toMatchObject({ 'column.exclude.list': String.raw`public\.books\.title` });
  });

  test('restarts what tries in vain and is called running, once its reason is mended', async () => {
    expect((await connect('restart')).out).toContain('Nothing has failed');
    // What Connect reads, and not what we ask the source with.
    await secrets('changed');
    const tried = await connect('restart', orders, '--all');
    expect(tried).toMatchObject({ code: 1, out: expect.stringContaining(`✗ ${orders}: `) });
    expect(await connect('status', orders)).toMatchObject({ code: 1, out: expect.stringContaining(`✗ ${orders}: `) });
    expect(await connect('restart', orders)).toMatchObject({ code: 1, out: expect.stringMatching(/^Nothing has failed; --all restarts what runs as well\.\n✗ .*nobody reads the slot[^]*connect restart --all/) });
    await secrets('quill');
    const again = await connect('restart', orders, '--all');
    expect(again.out).toContain(`✓ ${orders}: restarted, running`);
    expect(again.code).toBe(0);
  });

  test('a task that fails while it runs is seen; restarted it fails again until its reason is mended, then it goes on', async () => {
    const kept = `${object(orders)}_kept`;
    await source.query('INSERT INTO orders VALUES (1)');
    const { rows: [written] } = await source.query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
    // With an offset stored, a slot that is gone is an end: Debezium retries nearly everything else, and Connect says RUNNING of it.
    while ((await source.query('SELECT FROM pg_replication_slots WHERE slot_name = $1 AND confirmed_flush_lsn >= $2::pg_lsn', [object(orders), written?.lsn])).rowCount === 0) await delay(200);
    await source.query('SELECT pg_copy_logical_replication_slot($1, $2)', [object(orders), kept]);
    await dropUnderItsReader(object(orders));
    while (!(await states(orders)).flat().includes('failed')) await delay(500);
    expect(await connect('status', orders)).toMatchObject({ code: 1, out: expect.stringMatching(new RegExp(`${orders} +running +tasks: failed\n✗ ${orders}: DebeziumException[^]*changes are missing`)) });
    expect(await connect('restart', orders)).toMatchObject({ code: 1, out: expect.stringContaining(`✗ ${orders}: DebeziumException`) });

    await source.query('SELECT pg_copy_logical_replication_slot($1, $2), pg_drop_replication_slot($1)', [kept, object(orders)]);
    await source.query('INSERT INTO orders VALUES (2)');
    expect(await connect('restart', orders)).toMatchObject({ code: 0, out: `✓ ${orders}: restarted, running\n` });
    expect(await states(orders)).toEqual([[orders, 'running', 'running']]);
    const { rows: [after] } = await source.query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
    while ((await source.query('SELECT FROM pg_replication_slots WHERE slot_name = $1 AND confirmed_flush_lsn >= $2::pg_lsn', [object(orders), after?.lsn])).rowCount === 0) await delay(200);
  }, 200_000);

  test('says every mistake of every config at once, and registers none of them', async () => {
    await config('title', 'nobody_of_that_name');
    const { code, err } = await connect('apply');
    expect(code).toBe(3);
    expect(err).toContain('STR_CONNECTOR_REFUSED');
    for (const name of [forward, orders]) expect(err).toContain(`${name}: database.`);
    expect(err).toMatch(/password authentication failed/);
    expect(err).toContain('Correct user and password where Connect takes them from');
    expect(await connect('status', orders)).toMatchObject({ code: 0, out: expect.stringMatching(new RegExp(`· ${orders}: its source could not be asked.*password authentication failed`)) });
  });

  test('never prints a password that somebody wrote into a registered config', async () => {
    await config('blurb');
    const client = connectClient(url);
    await client.put(orders, { ...(await client.registered()).get(orders)?.config, 'database.password': 'quill' });
    const { out } = await connect('plan', orders);
    expect(out).toContain('database.password: (hidden) → ${file:');
    expect(out).not.toContain('quill');
  });

  test('a name nobody knows, and a Connect that is not there', async () => {
    expect(await connect('restart', 'atlas')).toMatchObject({ code: 2, err: expect.stringContaining('STR_UNKNOWN_CONNECTOR') });
    expect(await connect('plan', '--url', 'http://127.0.0.1:1')).toMatchObject({ code: 3, err: expect.stringContaining('STR_CONNECT_UNREACHABLE') });
    expect(await connect('plan', '--url', 'carrier pigeon')).toMatchObject({ code: 2, err: expect.stringContaining('STR_USAGE') });
  });
});
