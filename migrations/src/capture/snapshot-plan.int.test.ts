import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import type pg from 'pg';
import { connect } from './connect.ts';
import { planSnapshot, RewrittenMeanwhile, type SnapshotPlan } from './snapshot-plan.ts';
import type { CapturedTables } from './table-ref.ts';

let database: TestDatabase;
let other: pg.Client;
let client: pg.Client;

beforeAll(async () => {
  database = await testDatabase('plan');
  other = await connect(database.url, 'source');
  client = await connect(database.url, 'source');
  await other.query(`CREATE TABLE films (id int PRIMARY KEY, title text, length int GENERATED ALWAYS AS (length(title)) STORED);
    CREATE TABLE visits (id int PRIMARY KEY) PARTITION BY HASH (id);
    CREATE TABLE visits_0 PARTITION OF visits FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE visits_1 PARTITION OF visits FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE TABLE letters (id int PRIMARY KEY); CREATE TABLE parcels (weight int) INHERITS (letters);
    CREATE TABLE guarded (id int PRIMARY KEY); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    CREATE TABLE nothing (id int PRIMARY KEY);
    INSERT INTO films SELECT g, repeat(md5(g::text), 10) FROM generate_series(1, 10000) AS g;
    INSERT INTO visits SELECT generate_series(1, 10000); INSERT INTO letters VALUES (1); INSERT INTO parcels VALUES (2); INSERT INTO guarded VALUES (1)`);
});
afterAll(async () => {
  await Promise.all([other.end(), client.end()]);
  await database.close();
});

const tables = (...names: string[]): CapturedTables => new Map(names.map((table) => [`public.${table}`, { ref: { schema: 'public', table }, key: ['id'], omit: new Set<string>() }]));

/** The plan of a transaction whose snapshot was taken before `meanwhile`. */
async function planned(names: readonly string[], partBlocks: number, meanwhile = ''): Promise<SnapshotPlan & { readonly rows: number }> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1');
  try {
    await other.query(meanwhile);
    const plan = await planSnapshot(client, tables(...names), partBlocks);
    let rows = 0;
    for (const { sql } of plan.parts) rows += await count(sql);
    return { ...plan, rows };
  } finally {
    await client.query('ROLLBACK');
  }
}

/** What the part brings: the query in COPY's parentheses, or the table it names. */
async function count(sql: string): Promise<number> {
  const [, query, table] = /^COPY (?:\((.*)\)|(\S+) \(.*\)) TO STDOUT$/s.exec(sql) ?? [];
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${query === undefined ? `ONLY ${table ?? ''}` : `(${query}) AS q`}`);
  return Number(rows[0]?.count);
}

describe('what a snapshot reads', () => {
  test('a large table in parts that hold each row once, a small one at a time', async () => {
    const [large, small] = [await planned(['films'], 50), await planned(['films'], 5_000)];
    expect(large.parts.length).toBeGreaterThan(5);
    expect(small.parts.map(({ sql }) => sql)).toEqual(['COPY "public"."films" ("id", "title") TO STDOUT']);
    expect([large.rows, small.rows]).toEqual([10_000, 10_000]);
  });

  test('the partitions of a table, each as its own', async () => {
    const { parts, rows } = await planned(['visits'], 10);
    expect(new Set(parts.map(({ range }) => range?.table))).toEqual(new Set(['visits_0', 'visits_1']));
    expect(rows).toBe(10_000);
  });

  test('a table with heirs, or with row policies, as a whole', async () => {
    const { parts, rows } = await planned(['letters', 'guarded'], 1);
    expect(parts.map(({ range }) => range)).toEqual([undefined, undefined]);
    expect(rows).toBe(3);
  });

  test('of an empty table nothing', async () => {
    expect((await planned(['nothing'], 1)).parts).toEqual([]);
  });

  test('as the snapshot shows it: rows that came later are in no part, those that moved are in one', async () => {
    expect((await planned(['films'], 50, "INSERT INTO films SELECT g, 'new' FROM generate_series(10001, 12000) AS g; UPDATE films SET title = 'moved' WHERE id % 2 = 0")).rows).toBe(10_000);
  });

  test('nothing of a table that was rewritten behind its back: it would look empty', async () => {
    await expect(planned(['films'], 50, 'ALTER TABLE films ALTER COLUMN id TYPE bigint')).rejects.toBeInstanceOf(RewrittenMeanwhile);
    const { rows } = await planned(['films'], 50);
    expect((await planned(['films'], 50, 'ALTER TABLE films ADD COLUMN year int DEFAULT 1926')).rows).toBe(rows); // is no rewriting
  });
});
