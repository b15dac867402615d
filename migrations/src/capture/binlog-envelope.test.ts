import { describe, expect, test } from '@jest/globals';
import { parseBinlogEnvelope, type BinlogEnvelope } from './binlog-envelope.ts';
import { binlogLsn, printBinlogPlace } from './binlog-position.ts';
import type { BinlogField } from './binlog-values.ts';
import type { RowText } from './change-event.ts';
import { parseJson } from './envelope.ts';

/** Fields and values as Debezium 3.5.0 sent them from MariaDB 10.11 for the generated connector's settings. */
const field = (name: string, type: string, source: string, meaning?: string, more: Record<string, string> = {}): BinlogField =>
  ({ field: name, type, ...(meaning === undefined ? {} : { name: `io.debezium.${meaning}` }), parameters: { '__debezium.source.column.type': source, ...more } });
const FIELDS: readonly (readonly [BinlogField, unknown, string])[] = [
  [field('id', 'int64', 'BIGINT UNSIGNED'), -1, '18446744073709551615'],
  [field('tiny', 'int16', 'TINYINT'), -128, '-128'],
  [field('yes', 'int16', 'TINYINT'), 1, '1'],
  [field('counter', 'int64', 'INT UNSIGNED'), 4_294_967_295, '4294967295'],
  [field('price', 'string', 'DECIMAL'), '12345678901234567890.0123456789', '12345678901234567890.0123456789'],
  [field('ratio', 'double', 'DOUBLE'), 2.5e-300, '2.5e-300'],
  [field('born', 'int32', 'DATE', 'time.Date'), 19_782, '2024-02-29'],
  [field('lent', 'int64', 'DATETIME', 'time.Timestamp'), 1_709_251_199_000, '2024-02-29 23:59:59'],
  [field('exact', 'int64', 'DATETIME', 'time.MicroTimestamp'), 946_684_799_999_999, '1999-12-31 23:59:59.999999'],
  [field('early', 'int64', 'DATETIME', 'time.MicroTimestamp'), -1, '1969-12-31 23:59:59.999999'],
  [field('at', 'string', 'TIMESTAMP', 'time.ZonedTimestamp'), '2024-03-31T01:59:59.123456Z', '2024-03-31T01:59:59.123456Z'],
  [field('span', 'int64', 'TIME', 'time.MicroTime'), -3_020_399_000_000, '-838:59:59'],
  [field('year', 'int32', 'YEAR', 'time.Year'), 2155, '2155'],
  [field('kind', 'string', 'ENUM', 'data.Enum', { allowed: String.raw`a,it's\, b` }), String.raw`it's\, b`, "it's, b"],
  [field('marks', 'string', 'SET', 'data.EnumSet', { allowed: 'x,y,z' }), 'x,z', 'x,z'],
  [field('json', 'string', 'LONGTEXT'), '{"a": [1, 2.50]}', '{"a": [1, 2.50]}'],
  [field('title', 'string', 'VARCHAR'), 'zoë 😀', 'zoë 😀'],
  [field('cover', 'bytes', 'BLOB'), 'AP8Q', String.raw`\x00ff10`],
  [field('flag', 'boolean', 'BIT'), true, '1'],
  [field('mask', 'bytes', 'BIT', 'data.Bits', { length: '9' }), 'AQE=', '100000001'],
];

const source = { connector: 'mariadb', ts_ms: 1_795_709_497_000, db: 'shop', table: 'books', gtid: '0-1-28', file: 'mariadb-bin.000003', pos: 3580, row: 1 };
const message = (op: string, rows: { before?: unknown; after?: unknown }, fields: readonly BinlogField[] = [FIELDS[0]?.[0] ?? field('id', 'int64', 'INT')]): unknown => ({
  schema: { fields: ['before', 'after'].map((side) => ({ field: side, type: 'struct', fields })) },
  payload: { op, before: null, after: null, ...rows, source, transaction: { id: '0-1-28', total_order: 2 } },
});
const parse = (value: unknown, key: unknown = null, headers: Record<string, string> = {}): BinlogEnvelope => parseBinlogEnvelope(value, key, headers, parseJson);
const eventOf = (envelope: BinlogEnvelope): unknown => envelope.kind === 'change' ? envelope.event : envelope;

describe('an envelope of MariaDB', () => {
  test('gives every type of the source as PostgreSQL reads it', () => {
    const after = Object.fromEntries(FIELDS.map(([{ field: name }, value]) => [name, value]));
    const expected: RowText = Object.fromEntries(FIELDS.map(([{ field: name }, , text]) => [name, text]));
    expect(eventOf(parse(message('c', { after }, FIELDS.map(([one]) => one))))).toEqual({ schema: 'shop', table: 'books', op: 'create', after: expected });
    const nothing = Object.fromEntries(FIELDS.map(([{ field: name }]) => [name, null]));
    expect(eventOf(parse(message('r', { after: nothing }, FIELDS.map(([one]) => one))))).toMatchObject({ op: 'snapshot-read', after: nothing });
  });

  test('has a place: file, offset, row and GTID, and an order among all places of its server', () => {
    expect(parse(message('u', { after: { id: 1 } }))).toMatchObject({
      place: { file: 'mariadb-bin.000003', pos: 3580n, row: 1, gtid: '0-1-28' }, position: { lsn: (3n << 32n) + 3580n, order: 2, atMs: 1_795_709_497_000 } });
    expect(binlogLsn({ file: 'mariadb-bin.000010', pos: 4n })).toBeGreaterThan(binlogLsn({ file: 'mariadb-bin.000009', pos: 0xffff_ffffn }) ?? 0n);
    expect(binlogLsn({ file: 'elsewhere', pos: 4n })).toBeUndefined();
    expect(printBinlogPlace({ file: 'mariadb-bin.000003', pos: 3580n })).toBe('mariadb-bin.000003:3580');
  });

  test('deletes by its key, whose numbers are read by the types of the row', () => {
    const key = { schema: { fields: [{ field: 'id', type: 'int64' }] }, payload: { id: -1 } };
    expect(eventOf(parse(message('d', { before: { id: -1 } }), key))).toEqual({ schema: 'shop', table: 'books', op: 'delete', keyBefore: { id: '18446744073709551615' } });
  });

  test('of a key that changed comes twice and leaves as one update', () => {
    expect(parse(message('d', { before: { id: 11 } }), null, { '__debezium.newkey': '{"id":12}' })).toMatchObject({ kind: 'skipped', why: 'key change' });
    expect(eventOf(parse(message('c', { after: { id: 12 } }), null, { '__debezium.oldkey': '{"id":11}' }))).toMatchObject({ op: 'update', after: { id: '12' }, keyBefore: { id: '11' } });
  });

  test('may empty a table, be a tombstone or a heartbeat', () => {
    expect(eventOf(parse(message('t', {})))).toEqual({ schema: 'shop', table: 'books', op: 'truncate' });
    expect(parse(null)).toEqual({ kind: 'skipped', why: 'tombstone' });
    expect(parse({ schema: {}, payload: { ts_ms: 1 } })).toEqual({ kind: 'skipped', why: 'heartbeat' });
  });

  test('is refused by name where a type does not arrive whole, and without its schema', () => {
    const uuid = [field('isbn', 'string', 'UUID', 'data.Uuid')];
    expect(parse(message('c', { after: { isbn: '0000123e-4567-e89b-12d3-a45642665544' } }, uuid))).toMatchObject({ kind: 'refused', code: 'STR_UNREADABLE_VALUE', message: expect.stringContaining('books.isbn') });
    expect(parse({ op: 'c', after: { id: 1 }, source })).toMatchObject({ kind: 'refused', code: 'STR_BAD_ENVELOPE' });
  });
});
