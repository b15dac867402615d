import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import fc from 'fast-check';
import pg from 'pg';
import { verify } from './verify.ts';

let monolith: TestDatabase;
let library: TestDatabase;
let from: pg.Client;
let to: pg.Client;

beforeAll(async () => {
  [monolith, library] = await Promise.all([testDatabase('law_monolith'), testDatabase('law_library')]);
  [from, to] = [new pg.Client({ connectionString: monolith.url }), new pg.Client({ connectionString: library.url })];
  await Promise.all([from.connect(), to.connect()]);
  await Promise.all([from, to].map((side) => side.query('CREATE TABLE shelf (room text, place int, title text, price numeric, tags text[], PRIMARY KEY (room, place))')));
});
afterAll(async () => {
  await Promise.all([from.end(), to.end()]);
  await Promise.all([monolith.close(), library.close()]);
});

type Row = readonly [room: string, place: number, title: string | null, price: string | null, tags: readonly (string | null)[]];

const shortText = fc.stringMatching(/^[A-Za-z"',\\ é]{0,3}$/);
const title: fc.Arbitrary<string | null> = fc.option(shortText);
const price: fc.Arbitrary<string | null> = fc.option(fc.constantFrom('0', '1', '1.0', '-2.50', 'NaN'));
const row: fc.Arbitrary<Row> = fc.tuple(shortText, fc.integer({ min: -3, max: 40 }), title, price, fc.array(title, { maxLength: 2 }));
const shelf = fc.uniqueArray(row, { maxLength: 30, selector: ([room, place]) => `${room}|${String(place)}` });
/** The target: the source with a few rows dropped, changed or added; often with none. */
const change = fc.record({ drop: fc.array(fc.nat(29), { maxLength: 2 }), put: fc.array(row, { maxLength: 2 }) });

const keyOf = ([room, place]: Row): string => JSON.stringify([room, String(place)]);
const byKey = (rows: readonly Row[]): Map<string, Row> => new Map(rows.map((one) => [keyOf(one), one]));

async function fill(side: pg.Client, rows: readonly Row[]): Promise<void> {
  await side.query('TRUNCATE shelf');
  for (const values of rows) await side.query('INSERT INTO shelf VALUES ($1, $2, $3, $4, $5)', [...values]);
}

test('a mismatch is reported exactly when rows differ, and names exactly those rows', async () => {
  await fc.assert(fc.asyncProperty(shelf, change, fc.integer({ min: 1, max: 12 }), async (source, { drop, put }, chunkRows) => {
    const target = [...byKey([...source.filter((_, index) => !drop.includes(index)), ...put]).values()];
    const [a, b] = [byKey(source), byKey(target)];
    const differing = new Set([...a.keys(), ...b.keys()].filter((key) => JSON.stringify(a.get(key)) !== JSON.stringify(b.get(key))));
    await Promise.all([fill(from, source), fill(to, target)]);
    const verdict = await verify({ mapping: { from: 'monolith', to: 'library', tables: { shelf: { key: ['room', 'place'] } } }, sourceUrl: monolith.url, targetUrl: library.url, chunkRows, settleMs: 0 });
    const reported = verdict.tables.flatMap((table) => table.differing.map(({ key }) => JSON.stringify([key['room'], key['place']])));
    expect(new Set(reported)).toEqual(differing);
    expect(reported).toHaveLength(differing.size);
    expect(verdict.kind).toBe(differing.size > 0 ? 'Mismatched' : 'Verified');
    expect(verdict.tables[0]).toMatchObject({ rowsSource: a.size, rowsTarget: b.size });
  }), { numRuns: 80, seed: 20260 });
});
