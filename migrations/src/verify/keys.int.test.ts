import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import fc from 'fast-check';
import pg from 'pg';
import { verify } from './verify.ts';
import type { Verdict } from './verdict.ts';

jest.setTimeout(180_000);
let monolith: TestDatabase;
let library: TestDatabase;
let from: pg.Client;
let to: pg.Client;

beforeAll(async () => {
  [monolith, library] = await Promise.all([testDatabase('keys_monolith'), testDatabase('keys_library')]);
  [from, to] = [new pg.Client({ connectionString: monolith.url }), new pg.Client({ connectionString: library.url })];
  await Promise.all([from.connect(), to.connect()]);
});
afterAll(async () => {
  await Promise.all([from.end(), to.end()]);
  await Promise.all([monolith.close(), library.close()]);
});

const hex = fc.stringMatching(/^[0-9a-f]{32}$/);
const word = fc.stringMatching(/^[A-Za-z0-9 _.ÄäßéñŁ'-]{0,6}$/);
const moment = fc.integer({ min: -1e9, max: 2e9 }).map((s) => new Date(s * 1_000 + (Math.abs(s) % 997)).toISOString());
/** Key columns on each side, and values for them: types that sort alike and types that do not. */
const KEYS: readonly (readonly [name: string, source: string, target: string, key: fc.Arbitrary<readonly string[]>])[] = [
  ['int', 'a int', 'a bigint', fc.tuple(fc.integer({ min: -50, max: 50 }).map(String))],
  ['uuid', 'a uuid', 'a uuid', fc.tuple(hex)],
  ['uuid, kept as text', 'a uuid', 'a text', fc.tuple(hex.map((h) => `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`))],
  ['text under other collations', 'a text COLLATE "C"', 'a text COLLATE "und-x-icu"', fc.tuple(word)],
  ['text of the same collation', 'a text COLLATE "en-x-icu"', 'a text COLLATE "en-x-icu"', fc.tuple(word)],
  ['varchar and text', 'a varchar(20)', 'a text', fc.tuple(word)],
  ['numeric', 'a numeric', 'a numeric(12, 3)', fc.tuple(fc.integer({ min: -9_999, max: 9_999 }).map((n) => (n / 8).toFixed(3)))],
  ['timestamptz', 'a timestamptz', 'a timestamptz', fc.tuple(moment)],
  ['date and text', 'a date, b text COLLATE "C"', 'a date, b text COLLATE "en-x-icu"', fc.tuple(moment.map((m) => m.slice(0, 10)), word)],
  ['bytea', 'a bytea', 'a bytea', fc.tuple(hex.map((h) => `\\x${h.slice(0, 6)}`))],
  ['float', 'a float8', 'a float8', fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? '0' : String(n))))],
];
const COLUMNS = { n: ['numeric(10, 2)', 'numeric'], c: ['char(8)', 'char(10)'], j: ['jsonb', 'jsonb'], f: ['float8', 'float8'], t: ['timestamptz', 'timestamptz'] } as const;
const cells = fc.record({
  n: fc.option(fc.integer({ min: -500, max: 500 }).map((n) => (n / 4).toFixed(2))), c: fc.option(fc.stringMatching(/^[a-z]{1,8}$/)), j: fc.option(fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value).replaceAll('\\u0000', ''))),
  f: fc.option(fc.constantFrom('0', '-0', '1e300', '0.1', 'NaN', 'Infinity')), t: fc.option(moment),
});
type Cells = Readonly<Record<keyof typeof COLUMNS, string | null>>;

async function fill(side: pg.Client, names: readonly string[], rows: readonly (readonly [readonly string[], Cells])[]): Promise<void> {
  const all = [...names, ...Object.keys(COLUMNS)];
  await side.query('TRUNCATE shelf');
  for (const [key, row] of rows) await side.query(`INSERT INTO shelf (${all.join(', ')}) VALUES (${all.map((_, index) => `$${String(index + 1)}`).join(', ')}) ON CONFLICT DO NOTHING`, [...key, ...Object.values(row)]);
}

const judge = (names: readonly string[], chunkRows: number): Promise<Verdict> =>
  verify({ mapping: { from: 'monolith', to: 'library', tables: { shelf: { key: [...names] } } }, sourceUrl: monolith.url, targetUrl: library.url, chunkRows, settleMs: 0 });

describe.each(KEYS)('a key of %s', (_, source, target, key) => {
  const names = source.split(', ').map((column) => column.slice(0, 1));

  test('hides no difference of a single cell, and shows none that is not there', async () => {
    for (const [client, columns, side] of [[from, source, 0], [to, target, 1]] as const) {
      await client.query(`DROP TABLE IF EXISTS shelf; CREATE TABLE shelf (${columns}, ${Object.entries(COLUMNS).map(([name, types]) => `${name} ${types[side]}`).join(', ')}, PRIMARY KEY (${names.join(', ')}))`);
    }
    await fc.assert(fc.asyncProperty(fc.uniqueArray(fc.tuple(key, cells), { minLength: 1, maxLength: 14, selector: ([texts]) => JSON.stringify(texts) }), fc.nat(), fc.constantFrom('n', 'c', 't'), fc.integer({ min: 1, max: 5 }), async (rows, at, column, chunkRows) => {
      await Promise.all([fill(from, names, rows), fill(to, names, rows)]);
      expect(await judge(names, chunkRows)).toMatchObject({ kind: 'Verified' });
      const { rows: [count] } = await to.query<{ n: number }>('SELECT count(*)::int AS n FROM shelf');
      const other = { n: 'coalesce(n, 0) + 0.01', c: "coalesce(c, '') || 'x'", t: "coalesce(t, '2000-01-01Z') + interval '1 microsecond'" }[column];
      await to.query(`UPDATE shelf SET ${column} = ${other} WHERE ctid = (SELECT ctid FROM shelf ORDER BY ctid OFFSET $1 LIMIT 1)`, [at % (count?.n ?? 1)]);
      const { kind, tables: [table] } = await judge(names, chunkRows);
      expect({ kind, found: table?.differing.map(({ kind: how, columns }) => [how, columns]) }).toEqual({ kind: 'Mismatched', found: [['different', [column]]] });
    }), { numRuns: 5, seed: 1, endOnFailure: true });
  });
});
