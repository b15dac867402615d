import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Predicate, TableMapping } from '@strangler/kernel';
import { emitMarker, preflight, verify, waitForCheckpoint, type RunningReplication, type Verdict } from '@strangler/migrations';
import fc from 'fast-check';
import { databasePair, type Pair } from '../../test/support/pair.ts';

/** Streamed row by row here, said in SQL by the verification: two readings of one mapping, which share no code. */
let pair: Pair;
let running: RunningReplication;
const OPEN: Predicate = { or: [{ and: [{ column: 'state', op: 'in', values: ['new', 'open'] }, { column: 'amount', op: '>=', value: 2.5 }] }, { column: 'due', op: '<', value: '2026-03-01' }] };
const CODES = { state: { map: { new: 'N', open: 'O' }, else: 'keep' } } as const;
const TABLES: Record<string, TableMapping> = {
  invoices: {
    key: ['id'], into: 'open_invoices', where: OPEN, values: CODES, omit: ['memo'], compute: { cents: { sql: 'round({amount:numeric} * 100)' }, label: { text: '{state}/{id}' } },
    also: [{ into: 'closed_invoices', where: { not: OPEN }, columns: { state: 'status' }, omit: ['amount', 'due', 'memo'] }, { into: 'memos', omit: ['state', 'amount', 'due'] }],
  },
  credits: { key: ['id'], into: 'entries', discriminator: { kind: 'credit' } },
  debits: { key: ['id'], into: 'entries', discriminator: { kind: 'debit' } },
};

beforeAll(async () => {
  pair = await databasePair('transforms');
  await pair.source.query(`CREATE TABLE invoices (id int PRIMARY KEY, state text, amount numeric, due date, memo text); ALTER TABLE invoices ALTER COLUMN memo SET STORAGE EXTERNAL; ALTER TABLE invoices REPLICA IDENTITY FULL;
    CREATE TABLE credits (id int PRIMARY KEY, amount int); CREATE TABLE debits (id int PRIMARY KEY, amount int)`);
  await pair.target.query(`CREATE TABLE open_invoices (id int PRIMARY KEY, state text, amount numeric(12, 4), due date, cents bigint, label text); CREATE TABLE closed_invoices (id int PRIMARY KEY, status text);
    CREATE TABLE memos (id int PRIMARY KEY, memo text); CREATE TABLE entries (kind text, id int, amount int, PRIMARY KEY (kind, id))`);
  running = await pair.start(TABLES);
});
afterAll(async () => {
  await running.stop();
  await pair.close();
});

const compare = async (): Promise<Verdict> => {
  await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 20_000 });
  return verify({ mapping: pair.options(TABLES).mapping, sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl, settleMs: 0 });
};

const value = { id: fc.integer({ min: 1, max: 8 }), to: fc.integer({ min: 1, max: 8 }), state: fc.constantFrom("'new'", "'open'", "'paid'", 'NULL'), amount: fc.constantFrom('1', '2.5', '2.50', '2.4999', '-3', 'NULL'),
  due: fc.constantFrom("'2026-02-28'", "'2026-03-01'", "'infinity'", "'0044-03-15 BC'", 'NULL'), memo: fc.constantFrom("'short'", "repeat('long', 3000)", 'NULL'), table: fc.constantFrom('credits', 'debits') };
const step = fc.record({ ...value, kind: fc.constantFrom('insert', 'update', 'state', 'move', 'delete', 'entry', 'unentry', 'truncate') });

test('whatever happened to the source, the target holds what the mapping makes of its rows', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 10 }), async (transactions) => {
    for (const steps of transactions) {
      await pair.source.query('BEGIN');
      for (const each of steps) {
        await pair.source.query('SAVEPOINT s');
        await pair.source.query(statement(each)).catch(() => pair.source.query('ROLLBACK TO s'));
      }
      await pair.source.query('COMMIT');
    }
    expect(await compare()).toMatchObject({ kind: 'Verified' });
  }), { numRuns: 40 });
});

function statement({ kind, id, to, state, amount, due, memo, table }: { kind: string; id: number; to: number; state: string; amount: string; due: string; memo: string; table: string }): string {
  const [row, next] = [String(id), String(to)];
  switch (kind) {
    case 'insert': return `INSERT INTO invoices VALUES (${row}, ${state}, ${amount}, ${due}, ${memo})`;
    case 'update': return `UPDATE invoices SET state = ${state}, amount = ${amount}, due = ${due} WHERE id = ${row}`;
    case 'state': return `UPDATE invoices SET state = ${state} WHERE id = ${row}`;
    case 'move': return `UPDATE invoices SET id = ${next}, amount = ${amount} WHERE id = ${row}`;
    case 'delete': return `DELETE FROM invoices WHERE id = ${row}`;
    case 'entry': return `INSERT INTO ${table} VALUES (${row}, ${next}) ON CONFLICT (id) DO UPDATE SET amount = EXCLUDED.amount, id = EXCLUDED.amount`;
    case 'unentry': return `DELETE FROM ${table} WHERE id = ${row}`;
    default: return id === 1 ? `TRUNCATE ${table}` : `UPDATE ${table} SET amount = ${next}`;
  }
}

test('a row that is not what the mapping makes is found, on either side of it', async () => {
  await pair.source.query("TRUNCATE invoices, credits, debits; INSERT INTO invoices VALUES (1, 'new', 3, NULL, 'memo'), (2, 'paid', 3, '2026-05-01', 'memo'); INSERT INTO credits VALUES (1, 1); INSERT INTO debits VALUES (1, 1)");
  expect(await compare()).toMatchObject({ kind: 'Verified' });
  for (const [harm, undo] of [
    ["UPDATE open_invoices SET state = 'O'", "UPDATE open_invoices SET state = 'N'"], ['UPDATE open_invoices SET cents = 301', 'UPDATE open_invoices SET cents = 300'], ["UPDATE open_invoices SET label = 'x'", "UPDATE open_invoices SET label = 'new/1'"],
    ["INSERT INTO open_invoices (id, state) VALUES (2, 'paid')", 'DELETE FROM open_invoices WHERE id = 2'], ['DELETE FROM closed_invoices', "INSERT INTO closed_invoices VALUES (2, 'paid')"], ["INSERT INTO entries VALUES ('credit', 2, 1)", 'DELETE FROM entries WHERE id = 2'],
  ] as const) {
    await pair.target.query(harm);
    expect([harm, (await compare()).kind]).toEqual([harm, 'Mismatched']);
    await pair.target.query(undo);
  }
  expect(await compare()).toMatchObject({ kind: 'Verified' });
});

test('a mapping that would mean one thing on text and another as a value is refused before it starts', async () => {
  const found = async (mapping: TableMapping): Promise<string[]> => {
    const { mapping: base, ...rest } = pair.options({});
    return (await preflight({ ...rest, mapping: { ...base, tables: { invoices: mapping } } })).filter(({ severity, code }) => severity === 'error' && !['STR_TARGET_NOT_EMPTY', 'STR_TARGET_COLUMN_UNFILLED'].includes(code)).map(({ code }) => code);
  };
  const open: TableMapping = { key: ['id'], into: 'open_invoices', omit: ['memo'], compute: { cents: { constant: '1' }, label: { constant: '1' } } };
  expect(await found(open)).toEqual([]);
  expect(await found({ ...open, where: { column: 'amount', op: '=', value: '2.5' } })).toEqual(['STR_FILTER_UNSOUND']);
  expect(await found({ ...open, where: { column: 'due', op: '<', value: '2026-02-30' } })).toEqual(['STR_FILTER_UNSOUND']);
  expect(await found({ ...open, where: { column: 'colour', op: 'is null' } })).toEqual(['STR_COLUMN_MISSING']);
  expect(await found({ ...open, compute: { ...open.compute, label: { sql: 'now()::text' } } })).toEqual(['STR_EXPRESSION_UNSOUND']);
  expect(await found({ ...open, compute: { ...open.compute, label: { sql: '{state} +' } } })).toEqual(['STR_EXPRESSION_UNSOUND']);
  expect(await found({ ...open, compute: { ...open.compute, cents: { constant: 'many' } } })).toEqual(['STR_TYPE_MISMATCH']);
  await pair.source.query('ALTER TABLE invoices REPLICA IDENTITY DEFAULT');
  expect(await found({ ...open, where: { column: 'state', op: 'is null' } })).toEqual(['STR_REPLICA_IDENTITY']);
});
