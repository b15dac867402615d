import { describe, expect, test } from '@jest/globals';
import type { ReplicationConfig } from '@strangler/kernel';
import fc from 'fast-check';
import { sent } from '../../test/support/pgoutput-bytes.ts';
import { pgText } from '../../test/support/transactions.ts';
import type { ChangeEvent, ColumnText, RowText } from '../capture/change-event.ts';
import { pack } from '../capture/pack.ts';
import { unpack } from '../capture/packed-events.ts';
import { packedOf } from '../capture/packed-transaction.ts';
import type { PackedChanges } from '../capture/packed.ts';
import { parseCopyRow } from '../capture/copy-text.ts';
import { PgoutputReader } from '../capture/pgoutput.ts';
import { capturedTables } from '../capture/table-ref.ts';
import { copyRows, keepFields } from './packed-copy.ts';
import { identityOf } from './packed-identity.ts';
import { planPacked, type PackedStep, type RowAt } from './packed-plan.ts';
import { Shapes, type Shape } from './packed-shape.ts';
import { packedStatements } from './packed-statements.ts';
import { identity, plan, type NetEffect, type Step } from './plan.ts';
import { tableMaps } from './table-map.ts';
import { toTarget } from './to-target.ts';

const CONFIG: ReplicationConfig = { from: 'monolith', to: 'catalog', tables: { books: { key: ['id'], columns: { title: 'name' } }, lines: { key: ['order', 'no'] } } };
const MAPS = tableMaps(CONFIG);
const BOOKS = { schema: 'public', table: 'books' };
const LINES = { schema: 'public', table: 'lines' };
type Tables = Map<string, Map<string, RowText>>;

/** Turns dice into a history that real tables could have had, in the whole words of a source: every event has all columns, or names those it left out. */
function lived(dice: readonly number[]): ChangeEvent[] {
  const present = new Set<string>();
  // eslint-disable-next-line complexity -- a table of dice
  return dice.flatMap((die, index): ChangeEvent[] => {
    const ref = die % 3 === 0 ? LINES : BOOKS;
    const key = (n: number): Record<string, string> => ref === LINES ? { order: String(n % 2), no: `0${String(n)}` } : { id: n === 3 ? '03' : String(n - 2) };
    const [from, to] = [Math.floor(die / 3) % 5, Math.floor(die / 1_000) % 5];
    const name = (n: number): string => `${ref.table}${String(n)}`;
    const row = (n: number): Record<string, string> => ({ ...key(n), title: `t${String(index)}`, cover: `c${String(index)}` });
    const without = (n: number): Record<string, string> => ({ ...key(n), title: `t${String(index)}` });
    const kind = Math.floor(die / 15) % 10;
    if (!present.has(name(from))) { present.add(name(from)); return [{ ...ref, op: 'create', after: row(from) }]; }
    if (kind < 3) return [{ ...ref, op: 'update', after: row(from) }];
    if (kind < 5) return [{ ...ref, op: 'update', after: without(from), unchanged: ['cover'] }];
    if (kind < 7) { present.delete(name(from)); return [{ ...ref, op: 'delete', keyBefore: key(from) }]; }
    if (kind === 9) { for (const each of [...present]) if (each.startsWith(ref.table)) present.delete(each); return [{ ...ref, op: 'truncate' }]; }
    if (present.has(name(to))) return [];
    present.delete(name(from));
    present.add(name(to));
    return [die % 2 === 0 ? { ...ref, op: 'update', after: row(to), keyBefore: key(from) } : { ...ref, op: 'update', after: without(to), keyBefore: key(from), unchanged: ['cover'] }];
  });
}

const SENT = [{ oid: 1, table: 'books', columns: ['id', 'title', 'cover'] }, { oid: 2, table: 'lines', columns: ['order', 'no', 'title', 'cover'] }];

/** As a source would send them, and as a log that is fed with text has them. */
const WAYS: readonly ((events: readonly ChangeEvent[]) => PackedChanges[])[] = [
  (events) => {
    const reader = new PgoutputReader(capturedTables(CONFIG));
    return sent(events, SENT).flatMap((bytes) => { const transaction = reader.read(bytes); return transaction === undefined ? [] : packedOf(transaction) ?? []; });
  },
  (events) => [pack(events)],
];

function textOf(row: RowText, name: string): ColumnText {
  return row[name] ?? null;
}

const tableOf = (tables: Tables, name: string): Map<string, RowText> => {
  const known = tables.get(name) ?? new Map<string, RowText>();
  tables.set(name, known);
  return known;
};

function write(tables: Tables, { into: { target, key }, deletes, upserts, updates }: Pick<NetEffect, 'into' | 'deletes' | 'upserts' | 'updates'>): void {
  const table = tableOf(tables, target.table);
  for (const row of deletes) table.delete(identity(key, row));
  for (const row of upserts.flatMap(({ rows }) => rows)) table.set(identity(key, row), { ...table.get(identity(key, row)), ...row });
  for (const row of updates.flatMap(({ rows }) => rows)) {
    if (!table.has(identity(key, row))) throw new Error('updated a row that is not there');
    table.set(identity(key, row), { ...table.get(identity(key, row)), ...row });
  }
}

function run(tables: Tables, step: Step): void {
  if (step.kind === 'net') { for (const effect of step.effects) write(tables, effect); return; }
  const { target, key } = step.into;
  const table = tableOf(tables, target.table);
  if (step.kind === 'truncate') { table.clear(); return; }
  const before = table.get(identity(key, step.keyBefore));
  table.delete(identity(key, step.keyBefore));
  table.set(identity(key, step.row), { ...before, ...step.row });
}

/** The row a tuple stands for, in the target's names. */
function rowOf({ relation, into, columns }: Shape, { bytes, at }: RowAt): RowText {
  const message = Buffer.concat([Buffer.from('I'), Buffer.alloc(4), Buffer.from('N'), bytes.subarray(at)]);
  message.writeUInt32BE(relation.id, 1);
  const sized = Buffer.concat([Buffer.alloc(4), message]);
  sized.writeUInt32BE(message.length);
  const [event] = unpack({ bytes: sized, relations: new Map([[relation.id, relation]]) });
  const row = event !== undefined && 'after' in event ? event.after : {};
  const named = columns.flatMap(({ at: place, name }): [string, ColumnText][] => { const value = row[relation.columns[place]?.name ?? '']; return value === undefined ? [] : [[name, value]]; });
  return { ...Object.fromEntries(into.key.map((name) => [name, null])), ...Object.fromEntries(named) };
}

function runPacked(tables: Tables, step: PackedStep): void {
  if (step.kind === 'copied') throw new Error('no snapshot here');
  if (step.kind !== 'packed') { run(tables, step); return; }
  const rows = (some: readonly RowAt[]): RowText[] => some.map((row) => rowOf(step.shape, row));
  const group = (some: readonly RowAt[]): { columns: string[]; rows: RowText[] }[] => [{ columns: [], rows: rows(some) }];
  const inserted = rows(step.inserts);
  const table = tableOf(tables, step.shape.into.target.table);
  write(tables, { into: step.shape.into, deletes: rows(step.deletes), upserts: [], updates: [] });
  for (const row of inserted) if (table.has(identity(step.shape.into.key, row))) throw new Error('copied a row that is there');
  write(tables, { into: step.shape.into, deletes: [], upserts: group(step.inserts), updates: [...group(step.updates), ...group(step.partial)] });
}

const sorted = (tables: Tables): unknown => [...tables].map(([name, rows]) => [name, [...rows].sort(([a], [b]) => (a < b ? -1 : 1))]).sort();

describe('a plan of packed changes', () => {
  test('comes to what the plan of their events comes to, and copies no row that is there', () => {
    fc.assert(fc.property(fc.array(fc.nat(10_000), { maxLength: 60 }), fc.nat(60), fc.constantFrom(...WAYS), (dice, cut, packed) => {
      const events = lived(dice);
      const text: Tables = new Map();
      const bytes: Tables = new Map();
      const shapes = new Shapes(MAPS);
      for (const batch of [events.slice(0, cut), events.slice(cut)]) {
        for (const step of plan(batch.flatMap((event) => toTarget(event, MAPS)), 'strict')) run(text, step);
        for (const step of planPacked(packed(batch), shapes, MAPS).steps) runPacked(bytes, step);
      }
      expect(sorted(bytes)).toEqual(sorted(text));
    }), { numRuns: 1_000 });
  });

  test('counts what it was given', () => {
    const events = lived([0, 1, 2, 46, 92, 138]);
    expect(planPacked([pack(events)], new Shapes(MAPS), MAPS)).toMatchObject({ events: events.length, rowsSnapshotted: 0 });
  });

  test('passes a snapshot on as COPY text, without the columns the target does not take', () => {
    const rows = pack([{ ...BOOKS, op: 'snapshot-read', after: { id: '1', title: 'a\tb\\', cover: null, slug: 'x' } }]);
    const { steps } = planPacked([rows], new Shapes(MAPS), MAPS);
    const of = (generated: boolean): { cast: string; generated: boolean; identityAlways: boolean; required: boolean } => ({ cast: 'text', generated, identityAlways: false, required: false });
    const catalog = new Map([['public.books', new Map([['id', of(false)], ['name', of(false)], ['cover', of(true)], ['slug', of(false)]])]]);
    expect(packedStatements(steps, catalog)).toEqual([{ text: 'COPY "public"."books" ("id", "name", "slug") FROM STDIN', copy: Buffer.from('1\ta\\tb\\\\\tx\n') }]);
  });
});

describe('identities', () => {
  const of = (values: readonly string[]): string | number => {
    const [message] = [pack([{ ...LINES, op: 'create', after: Object.fromEntries(values.map((value, index) => [`k${String(index)}`, value])) }])];
    const start = message.bytes.indexOf('N', message.bytes.readUInt32BE(0) + 4 + 4 + 5);
    return identityOf({ keyAt: values.map((_, index) => index) } as unknown as Shape, message.bytes, start + 1);
  };
  const text = fc.oneof(pgText, fc.integer().map(String), fc.integer({ max: 20, min: -20 }).map((n) => `0${String(n)}`), fc.constantFrom('-0', '0', '00', '999999999999999', '9999999999999999', '9999999999999998'));

  test('are equal exactly when the texts are', () => {
    fc.assert(fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 3 }), (pairs) => {
      const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
      expect(of(a) === of(b)).toBe(a.every((value, index) => value === b[index]));
      expect(of(a)).toBe(of(a));
    }), { numRuns: 1_000 });
  });
});

describe('COPY text', () => {
  test('reads back to the last character, whole or in part', () => {
    fc.assert(fc.property(fc.array(fc.record({ a: fc.option(fc.string(), { nil: null }), b: fc.option(pgText, { nil: null }), c: fc.constantFrom('', '\\N', '\\.', 'a\tb', '\n', '\r\n', null) }), { minLength: 1, maxLength: 5 }), (rows) => {
      const changes = pack(rows.map((after) => ({ ...BOOKS, op: 'create' as const, after })));
      const [step] = planPacked([changes], new Shapes(new Map([['public.books', [{ ...[...MAPS.values()][0]?.[0], key: ['a'], renamed: new Map() } as never]]])), MAPS).steps;
      const inserts = step?.kind === 'packed' ? step.inserts : [];
      const copied = copyRows(inserts, [true, true, true]);
      const parsed = copied.toString().split('\n').slice(0, -1).map(parseCopyRow);
      const last = new Map(rows.map((row) => [row.a ?? '', row]));
      expect(new Set(parsed.map((row) => JSON.stringify(row)))).toEqual(new Set([...last.values()].map((row) => JSON.stringify([textOf(row, 'a'), textOf(row, 'b'), textOf(row, 'c')]))));
      const part = keepFields(copied, [false, true, true]).toString().split('\n').slice(0, -1).map(parseCopyRow);
      expect(part).toEqual(parsed.map(([, ...rest]) => rest));
    }), { numRuns: 300 });
  });
});
