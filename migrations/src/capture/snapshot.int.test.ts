import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import type pg from 'pg';
import type { ChangeTransaction } from './change-event.ts';
import { connect } from './connect.ts';
import type { Lsn } from './lsn.ts';
import { eventCount } from './packed-transaction.ts';
import { ChunkReader } from './row-chunk.ts';
import { readSnapshot } from './snapshot.ts';

const FILMS = { ref: { schema: 'public', table: 'films' }, key: ['id'], omit: new Set<string>() };
const ROWS = 5_000;

let database: TestDatabase;
let [exporter, cron, watcher]: pg.Client[] = [];

beforeAll(async () => {
  database = await testDatabase('snapshot');
  [exporter, cron, watcher] = [await connect(database.url, 'source'), await connect(database.url, 'source'), await connect(database.url, 'source')];
});
afterAll(async () => {
  await Promise.all([exporter?.end(), cron?.end(), watcher?.end()]);
  await database.close();
});

const session = (client: pg.Client | undefined): pg.Client => client ?? (() => { throw new Error('not open'); })();
const fresh = () => session(cron).query(`DROP TABLE IF EXISTS films; CREATE TABLE films (id int PRIMARY KEY, title text); INSERT INTO films SELECT g, repeat(md5(g::text), 10) FROM generate_series(1, ${String(ROWS)}) AS g`);

/** Resolves once a statement of this kind waits for a lock. */
async function waits(statement: string): Promise<void> {
  for (const until = performance.now() + 10_000; performance.now() < until;) {
    const { rowCount } = await session(watcher).query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1", [`${statement}%`]);
    if (rowCount !== 0) return;
  }
  throw new Error(`nothing like ${statement} waits`);
}

describe('a TRUNCATE, after which a table is empty to every older snapshot', () => {
  test('waits for a copy that has begun, and keeps none of its readers waiting', async () => {
    await fresh();
    await session(exporter).query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const { rows: [exported] } = await session(exporter).query<{ name: string }>('SELECT pg_export_snapshot() AS name');
    const read: ChangeTransaction[] = [];
    let truncated: Promise<unknown> = Promise.resolve();
    await readSnapshot({
      sourceUrl: database.url, tables: new Map([['public.films', FILMS]]), slot: { consistentPoint: (1n << 40n) as Lsn, snapshot: exported?.name ?? '' }, nowMs: 0, signal: new AbortController().signal,
      readers: 3, partBlocks: 20, append: (transactions) => { read.push(...transactions); return Promise.resolve(); }, onProgress: () => undefined,
      record: {
        begin: async () => { truncated = session(cron).query('TRUNCATE films'); await waits('TRUNCATE'); },
        done: () => undefined, settled: () => Promise.resolve(),
      },
    });
    await truncated;
    await session(exporter).query('COMMIT');
    expect(read.reduce((sum, transaction) => sum + eventCount(transaction), 0)).toBe(ROWS);
  });

  test('comes before or after the snapshot of a chunk, never between it and the reading', async () => {
    await fresh();
    const client = await connect(database.url, 'source');
    const reader = await ChunkReader.open(client, FILMS);
    await session(cron).query('BEGIN');
    const { rows: [{ xid } = { xid: '' }] } = await session(cron).query<{ xid: string }>('SELECT pg_current_xact_id() AS xid');
    await session(cron).query('TRUNCATE films');
    const chunk = reader.after(undefined, 10);
    await waits('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE');
    await session(cron).query('COMMIT');
    const { rows, visibility } = await chunk;
    await client.end();
    expect(rows).toEqual([]);
    expect(visibility.xmax).toBeGreaterThan(BigInt(xid)); // so the chunk says that it knows of the TRUNCATE
  });
});

test('tables come one after the other where that is asked for, the parts of each at once', async () => {
  await session(cron).query('DROP TABLE IF EXISTS films, seats; CREATE TABLE films (id int PRIMARY KEY, title text); CREATE TABLE seats (id int PRIMARY KEY, title text)');
  for (const table of ['films', 'seats']) await session(cron).query(`INSERT INTO ${table} SELECT g, repeat(md5(g::text), 10) FROM generate_series(1, ${String(ROWS)}) AS g`);
  await session(exporter).query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  const { rows: [exported] } = await session(exporter).query<{ name: string }>('SELECT pg_export_snapshot() AS name');
  const order: string[] = [];
  await readSnapshot({
    sourceUrl: database.url, tables: new Map(['films', 'seats'].map((table) => [`public.${table}`, { ...FILMS, ref: { schema: 'public', table } }])),
    slot: { consistentPoint: (1n << 40n) as Lsn, snapshot: exported?.name ?? '' }, nowMs: 0, signal: new AbortController().signal, readers: 3, partBlocks: 20, inOrder: true, onProgress: () => undefined,
    append: (transactions) => { order.push(...transactions.flatMap(({ events: [first] }) => first?.table ?? [])); return Promise.resolve(); },
  });
  await session(exporter).query('COMMIT');
  expect(order.length).toBeGreaterThan(10);
  expect(order.lastIndexOf('films')).toBeLessThan(order.indexOf('seats'));
});
