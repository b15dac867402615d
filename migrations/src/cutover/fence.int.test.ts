import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { FENCED_SQLSTATE, fencedTables, installFence, liftFence, raiseFence, removeFence } from './fence.ts';

let database: TestDatabase;
let admin: pg.Client;
let shop: pg.Client;

beforeAll(async () => {
  database = await testDatabase('fence');
  [admin, shop] = [new pg.Client({ connectionString: database.url }), new pg.Client({ connectionString: database.url })];
  await Promise.all([admin.connect(), shop.connect()]);
  await admin.query(`CREATE TABLE books (id int PRIMARY KEY, title text); CREATE TABLE prices (id int PRIMARY KEY, book int REFERENCES books ON DELETE CASCADE);
    CREATE TABLE sales (day date, n int) PARTITION BY RANGE (day); CREATE TABLE sales_2024 PARTITION OF sales FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`);
  await installFence(admin);
});
afterAll(async () => {
  await Promise.all([admin.end(), shop.end()]);
  await database.close();
});
beforeEach(async () => {
  await removeFence(admin, ['books', 'prices', 'sales']);
  await admin.query(`TRUNCATE books, prices, sales; INSERT INTO books VALUES (1, 'Emma'), (2, 'Dune'); INSERT INTO prices VALUES (1, 1)`);
});

const raise = (tables: string[], deadlineMs = 1_000): Promise<{ waitedMs: number }> => raiseFence(admin, { tables, owner: 'catalog', deadlineMs });
const lift = (tables: string[]): Promise<void> => liftFence(admin, { tables, deadlineMs: 1_000 });
const refused = (sql: string): Promise<void> => expect(shop.query(sql)).rejects.toMatchObject({ code: FENCED_SQLSTATE, message: expect.stringMatching(/^STR_FENCED: table .* is owned by catalog$/) });

describe('a fence', () => {
  test.each(['INSERT INTO books VALUES (3, NULL)', 'UPDATE books SET title = title WHERE false', 'DELETE FROM books', 'TRUNCATE books CASCADE', `COPY books FROM PROGRAM 'true'`])('refuses %s', async (sql) => {
    await raise(['books']);
    await refused(sql);
  });

  test('lets readers and replication pass', async () => {
    await raise(['books']);
    expect((await shop.query('SELECT * FROM books')).rowCount).toBe(2);
    await shop.query(`BEGIN; SET LOCAL session_replication_role = replica; INSERT INTO books VALUES (3, 'Ulysses'); COMMIT`);
    expect((await shop.query('SELECT * FROM books')).rowCount).toBe(3);
  });

  test('refuses a delete that would cascade into a fenced table', async () => {
    await raise(['prices']);
    await refused('DELETE FROM books WHERE id = 1');
  });

  test('refuses writes that name a partition', async () => {
    await raise(['sales']);
    await refused(`INSERT INTO sales_2024 VALUES ('2024-05-05', 1)`);
    await lift(['sales']);
    await shop.query(`INSERT INTO sales_2024 VALUES ('2024-05-05', 1)`);
  });

  test('raised twice and lifted twice is as raised and lifted once', async () => {
    await raise(['books', 'prices']);
    await raise(['books', 'prices']);
    expect(await fencedTables(admin, ['books', 'prices'])).toEqual(new Map([['books', 'catalog'], ['prices', 'catalog']]));
    await lift(['books', 'prices']);
    await lift(['books', 'prices']);
    expect(await fencedTables(admin, ['books', 'prices'])).toEqual(new Map());
    await shop.query('DELETE FROM books WHERE id = 2');
    await raise(['books']);
    await refused('DELETE FROM books WHERE id = 1');
  });

  test('is lifted while a long report reads the table', async () => {
    await raise(['books']);
    await shop.query('BEGIN; SELECT * FROM books');
    await lift(['books']);
    await shop.query('COMMIT');
  });
});

describe('raising a fence', () => {
  test('waits for a transaction that has already written', async () => {
    await shop.query(`BEGIN; INSERT INTO books VALUES (9, 'late')`);
    const raised = raise(['books'], 5_000);
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    await shop.query('COMMIT');
    expect((await raised).waitedMs).toBeGreaterThanOrEqual(250);
    await refused(`INSERT INTO books VALUES (10, 'too late')`);
  });

  test('stops a transaction whose snapshot is older than the fence', async () => {
    await shop.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
    await raise(['books']);
    await refused(`INSERT INTO books VALUES (11, 'stale')`);
    await shop.query('ROLLBACK');
  });

  test('gives up at the deadline, names who is in the way, and fences nothing', async () => {
    await shop.query(`SET application_name = 'nightly-import'; BEGIN; UPDATE prices SET book = 2`);
    await expect(raise(['books', 'prices'], 400)).rejects.toMatchObject({ code: 'STR_FENCE_TIMEOUT', exitCode: 1, message: expect.stringMatching(/nightly-import, idle in transaction/) });
    expect(await fencedTables(admin, ['books', 'prices'])).toEqual(new Map());
    await shop.query('ROLLBACK');
  });

  test('names every table that does not exist', async () => {
    await expect(raise(['books', 'bocks', 'pricez'])).rejects.toMatchObject({ code: 'STR_UNKNOWN_TABLE', message: expect.stringMatching(/bocks, pricez/) });
  });
});
