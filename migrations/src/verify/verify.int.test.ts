import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReplicationConfig, TableMapping } from '@strangler/kernel';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import type { Verdict } from './verdict.ts';
import { verify, type VerifyOptions, type VerifyProgress } from './verify.ts';

let monolith: TestDatabase;
let library: TestDatabase;
let from: pg.Client;
let to: pg.Client;

beforeAll(async () => {
  [monolith, library] = await Promise.all([testDatabase('verify_monolith'), testDatabase('verify_library')]);
  [from, to] = [new pg.Client({ connectionString: monolith.url }), new pg.Client({ connectionString: library.url })];
  await Promise.all([from.connect(), to.connect()]);
});
afterAll(async () => {
  await Promise.all([from.end(), to.end()]);
  await Promise.all([monolith.close(), library.close()]);
});

const both = async (sql: string): Promise<void> => { await Promise.all([from.query(sql), to.query(sql)]); };
const mapping = (tables: Record<string, TableMapping>): ReplicationConfig => ({ from: 'monolith', to: 'library', tables });
const check = (tables: Record<string, TableMapping>, options: Partial<VerifyOptions> = {}): Promise<Verdict> =>
  verify({ mapping: mapping(tables), sourceUrl: monolith.url, targetUrl: library.url, settleMs: 0, chunkRows: 50, ...options });

describe('equal tables', () => {
  test('are verified over several chunks and composite keys', async () => {
    await both('CREATE TABLE loans (branch int, number bigint, member text, due date, PRIMARY KEY (branch, number))');
    await both(`INSERT INTO loans SELECT g % 3, g, 'member ' || g, DATE '2024-01-01' + g FROM generate_series(1, 500) g`);
    const verdict = await check({ loans: { key: ['branch', 'number'] } });
    expect(verdict).toMatchObject({ kind: 'Verified', tables: [{ table: 'loans', into: 'loans', rowsSource: 500, rowsTarget: 500, chunks: 11, checked: true, differing: [] }] });
  });

  test('are told how far they are, chunk by chunk', async () => {
    await both('CREATE TABLE reels (id int PRIMARY KEY, frames int)');
    await both('INSERT INTO reels SELECT g, g FROM generate_series(1, 1000) AS g');
    const told: VerifyProgress[] = [];
    await check({ reels: { key: ['id'] } }, { chunkRows: 100, onProgress: (progress) => { told.push(progress); } });
    expect(told.map(({ chunks }) => chunks)).toEqual(told.map(({ chunks }) => chunks).sort((a, b) => a - b));
    expect(told[0]).toEqual({ table: 'reels', step: 'dividing', chunks: 0, of: 0, rows: 0 });
    expect(told.filter(({ step }) => step === 'comparing').length).toBeGreaterThan(10);
    expect(told.at(-1)).toEqual({ table: 'reels', step: 'done', chunks: 12, of: 12, rows: 1_000 });
  });

  test('are verified although neither has a row', async () => {
    await both('CREATE TABLE shelves (id int PRIMARY KEY)');
    expect(await check({ shelves: { key: ['id'] } })).toMatchObject({ kind: 'Verified', tables: [{ rowsSource: 0, chunks: 1 }] });
  });

  test('may have other names, other column names and other types on the target', async () => {
    await from.query(`CREATE TYPE format AS ENUM ('paper', 'audio');
      CREATE TABLE books (id int PRIMARY KEY, code char(8), price numeric, fmt format, lent bool, tags text[], seen timestamp, extra json, isbn text)`);
    await to.query(`CREATE SCHEMA stock; CREATE TABLE stock.titles (id bigint PRIMARY KEY, code text, price numeric(10, 2), format text, lent text, tags text[], seen timestamptz, extra jsonb, added_by text)`);
    await from.query(`INSERT INTO books SELECT g, 'B' || g, g, 'audio', g % 2 = 0, ARRAY['a,b', NULL, '"' || g], TIMESTAMP '2024-02-03 04:05:06.789' + g * interval '1 s', '{"b": 1,  "a": 2}', 'x' FROM generate_series(1, 120) g`);
    await to.query(`INSERT INTO stock.titles SELECT g, rpad('B' || g, 8), g, 'audio', CASE WHEN g % 2 = 0 THEN 't' ELSE 'f' END, ARRAY['a,b', NULL, '"' || g],
      ((TIMESTAMP '2024-02-03 04:05:06.789' + g * interval '1 s') AT TIME ZONE 'UTC'), '{"a": 2, "b": 1}', 'clerk' FROM generate_series(1, 120) g`);
    const verdict = await check({ books: { key: ['id'], into: 'stock.titles', columns: { fmt: 'format' }, omit: ['isbn'] } });
    expect(verdict).toMatchObject({ kind: 'Verified', tables: [{ into: 'stock.titles', rowsTarget: 120 }] });
    expect(verdict.cannotSee).toEqual(expect.arrayContaining([expect.stringMatching(/omitted column isbn/), expect.stringMatching(/own column added_by/)]));
  });
});

describe('a narrower type on the target', () => {
  test('is a difference where it cut or rounded a value, and none where it only pads', async () => {
    await from.query(`CREATE TABLE labels (id int PRIMARY KEY, text varchar(10), price numeric(12, 4), printed timestamptz, code varchar(4), wide numeric(6, 1))`);
    await to.query(`CREATE DOMAIN short AS varchar(3); CREATE TABLE labels (id int PRIMARY KEY, text short, price numeric(12, 2), printed timestamptz(0), code char(6), wide numeric(12, 4))`);
    await from.query(`INSERT INTO labels VALUES (1, 'abc', 1.5, '2024-01-01Z', 'x', 7.5), (2, 'abcdef', 1.5, '2024-01-01Z', 'x', 7.5), (3, 'abc', 1.2345, '2024-01-01Z', 'x', 7.5), (4, 'abc', 1.5, '2024-01-01 00:00:00.25Z', 'x', 7.5)`);
    await to.query(`INSERT INTO labels VALUES (1, 'abc', 1.5, '2024-01-01Z', 'x', 7.5), (2, 'abc', 1.5, '2024-01-01Z', 'x', 7.5), (3, 'abc', 1.23, '2024-01-01Z', 'x', 7.5), (4, 'abc', 1.5, '2024-01-01Z', 'x', 7.5)`);
    expect(await check({ labels: { key: ['id'] } })).toMatchObject({ kind: 'Mismatched', tables: [{ differing: [{ key: { id: '2' }, columns: ['text'] }, { key: { id: '3' }, columns: ['price'] }, { key: { id: '4' }, columns: ['printed'] }] }] });
  });
});

describe('tables that differ', () => {
  test('show the first differing rows with what is wrong with each', async () => {
    await both('CREATE TABLE members (id int PRIMARY KEY, name text, joined timestamptz, fee numeric(8, 2))');
    await both(`INSERT INTO members SELECT g, 'm' || g, '2024-01-01Z', g FROM generate_series(1, 400) g`);
    await to.query(`DELETE FROM members WHERE id = 7; INSERT INTO members VALUES (1000, 'late', NULL, 1); UPDATE members SET fee = fee + 0.01, name = NULL WHERE id = 333`);
    const verdict = await check({ members: { key: ['id'] } });
    expect(verdict.kind).toBe('Mismatched');
    expect(verdict.tables[0]?.differing).toEqual([
      { key: { id: '7' }, kind: 'missing', columns: [] },
      { key: { id: '333' }, kind: 'different', columns: ['name', 'fee'] },
      { key: { id: '1000' }, kind: 'extra', columns: [] },
    ]);
  });

  test('are seen although two rows merely swapped a value, which leaves a plain sum of record hashes unchanged', async () => {
    await both('CREATE TABLE seats (id int PRIMARY KEY, holder text)');
    await both(`INSERT INTO seats VALUES (1, 'ada'), (2, 'grace')`);
    await to.query(`UPDATE seats SET holder = CASE id WHEN 1 THEN 'grace' ELSE 'ada' END`);
    const sum = 'SELECT sum(hash_record_extended(ROW(id, holder), 0))::text AS sum FROM seats';
    expect((await from.query(sum)).rows).toEqual((await to.query(sum)).rows);
    expect((await check({ seats: { key: ['id'] } })).tables[0]?.differing).toMatchObject([{ key: { id: '1' }, columns: ['holder'] }, { key: { id: '2' }, columns: ['holder'] }]);
  });

  test('are seen in values that are equal to the database and not as text', async () => {
    await both('CREATE TABLE fines (id int PRIMARY KEY, amount numeric, wait interval, at float8, grid int[])');
    await from.query(`INSERT INTO fines VALUES (1, 1.0, '1 day', 0, '{1,2}')`);
    await to.query(`INSERT INTO fines VALUES (1, 1.00, '24 hours', '-0', '{{1,2}}')`);
    expect((await check({ fines: { key: ['id'] } })).tables[0]?.differing).toEqual([{ key: { id: '1' }, kind: 'different', columns: ['amount', 'wait', 'at', 'grid'] }]);
  });

  test('are seen where the target has a key twice, or no key at all', async () => {
    await from.query('CREATE TABLE desks (id int PRIMARY KEY, room text)');
    await to.query('CREATE TABLE desks (id int, room text)');
    await both(`INSERT INTO desks VALUES (1, 'north'), (2, 'south')`);
    await to.query(`INSERT INTO desks VALUES (2, 'south'), (NULL, 'nowhere')`);
    expect((await check({ desks: { key: ['id'] } })).tables[0]?.differing).toEqual([
      { key: { id: null }, kind: 'extra', columns: [] }, { key: { id: '2' }, kind: 'extra', columns: [] }]);
  });

  test('are narrowed to the row in a chunk of many rows', async () => {
    await both('CREATE TABLE cards (code text, n int, PRIMARY KEY (code, n))');
    await both(`INSERT INTO cards SELECT md5(g::text), g FROM generate_series(1, 30000) g`);
    await to.query(`DELETE FROM cards WHERE n = 12345`);
    expect((await check({ cards: { key: ['code', 'n'] } }, { chunkRows: 100_000 })).tables[0]?.differing).toMatchObject([{ key: { n: '12345' }, kind: 'missing' }]);
  });

  test('say how many rows differ when there are too many to list', async () => {
    await both('CREATE TABLE stamps (id int PRIMARY KEY)');
    await from.query('INSERT INTO stamps SELECT generate_series(1, 5000)');
    const table = (await check({ stamps: { key: ['id'] } })).tables[0];
    expect(table?.differing).toHaveLength(100);
    expect(table?.why).toMatch(/at least 1000 rows differ/);
  });
});

describe('what cannot be judged', () => {
  test('a missing table and a missing column are named, and the verdict is incomplete', async () => {
    await both('CREATE TABLE rooms (id int PRIMARY KEY)');
    await from.query('ALTER TABLE rooms ADD floor int');
    const verdict = await check({ rooms: { key: ['id'] }, attics: { key: ['id'] } });
    expect(verdict).toMatchObject({ kind: 'Incomplete', tables: [
      { table: 'rooms', checked: false, why: 'rooms (target) has no column floor.' },
      { table: 'attics', checked: false, why: expect.stringMatching(/source has no table attics/) }] });
  });

  test('a table that stops in the middle is never verified', async () => {
    await both('CREATE TABLE scans (id int PRIMARY KEY, n text)');
    await from.query(`INSERT INTO scans VALUES (1, 'one')`);
    await to.query('ALTER TABLE scans ALTER n TYPE int USING n::int; INSERT INTO scans VALUES (1, 1)');
    expect(await check({ scans: { key: ['id'] } })).toMatchObject({ kind: 'Incomplete', tables: [{ checked: false, why: expect.stringMatching(/invalid input syntax/) }] });
  });

  test('tables merged into one target are refused', async () => {
    await both('CREATE TABLE adults (id int PRIMARY KEY); CREATE TABLE children (id int PRIMARY KEY)');
    expect(await check({ adults: { key: ['id'] }, children: { key: ['id'], into: 'adults' } })).toMatchObject({ kind: 'Incomplete', tables: [{ why: /merged/ }, { why: /merged/ }].map(() => ({ checked: false })) });
  });

  test('an unreachable database is an error of the environment', async () => {
    await expect(check({}, { targetUrl: 'postgres://nobody@127.0.0.1:1/none' })).rejects.toMatchObject({ code: 'STR_DATABASE_UNREACHABLE', exitCode: 3 });
  });
});

describe('while writes go on', () => {
  const late = { key: ['id'] } as const;
  beforeAll(async () => { await both('CREATE TABLE returns (id int PRIMARY KEY, n int); INSERT INTO returns SELECT g, g FROM generate_series(1, 200) g'); });

  test('are counted as they are when they agree, not as they were when they were late', async () => {
    await both('CREATE TABLE donations (id int PRIMARY KEY)');
    await from.query('INSERT INTO donations SELECT generate_series(1, 120)');
    const clock = { now: () => 0, sleep: async () => { await to.query('INSERT INTO donations SELECT generate_series(1, 120) ON CONFLICT DO NOTHING'); } };
    expect(await check({ donations: { key: ['id'] } }, { settleMs: 100, clock })).toMatchObject({ kind: 'Verified', tables: [{ rowsSource: 120, rowsTarget: 120, differing: [] }] });
  });

  test('a row that arrives late is no difference', async () => {
    await from.query('UPDATE returns SET n = -1 WHERE id = 20');
    const clock = { now: () => 0, sleep: async () => { await to.query('UPDATE returns SET n = -1 WHERE id = 20'); } };
    expect(await check({ returns: late }, { settleMs: 100, clock })).toMatchObject({ kind: 'Verified' });
  });

  test('a row that keeps changing leaves the verdict incomplete', async () => {
    const clock = { now: () => 0, sleep: async () => { await from.query('UPDATE returns SET n = n + 1 WHERE id = 30'); } };
    await from.query('UPDATE returns SET n = n + 1 WHERE id = 30');
    expect(await check({ returns: late }, { settleMs: 100, clock })).toMatchObject({ kind: 'Incomplete', tables: [{ checked: false, why: expect.stringMatching(/kept changing/) }] });
  });

  test('a row that stays wrong is a mismatch', async () => {
    await to.query('UPDATE returns SET n = 5000 WHERE id = 30');
    expect(await check({ returns: late }, { settleMs: 100, clock: { now: () => 0, sleep: () => Promise.resolve() } })).toMatchObject({ kind: 'Mismatched' });
  });

  test('the fence is waited for before a row is read', async () => {
    await to.query('DELETE FROM returns');
    const wait = async (): Promise<void> => { await to.query('DELETE FROM returns'); await from.query('DELETE FROM returns'); };
    expect(await check({ returns: late }, { fence: { lsn: 1n as never, wait } })).toMatchObject({ kind: 'Verified', tables: [{ rowsSource: 0 }] });
  });
});
