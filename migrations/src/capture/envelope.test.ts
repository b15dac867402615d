import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChangeEvent, ChangeTransaction, RowText } from './change-event.ts';
import { toEnvelopes } from './envelope-print.ts';
import { parseEnvelope, parseJson, parseTransactionEnd, type Envelope } from './envelope.ts';
import type { Lsn } from './lsn.ts';

const source = { version: '3.6.1.Final', connector: 'postgresql', name: 'clinic-forward', ts_ms: 1_714_000_000_000, snapshot: 'false', db: 'clinic', sequence: '["1","2"]', schema: 'public', table: 'beds', txId: 555, lsn: 24_023_128, xmin: null };
const message = (op: string, rows: object): object => ({ before: null, after: null, source, op, ts_ms: 1_714_000_000_142, transaction: { id: '555:24023128', total_order: 2, data_collection_order: 1 }, ...rows });
const change = (envelope: Envelope): ChangeEvent | string => envelope.kind === 'change' ? envelope.event : JSON.stringify(envelope);
const beds = { schema: 'public', table: 'beds' } as const;

describe('an envelope', () => {
  test.each([
    ['r', { after: { id: 1 } }, { ...beds, op: 'snapshot-read', after: { id: '1' } }],
    ['c', { after: { id: 1 } }, { ...beds, op: 'create', after: { id: '1' } }],
    ['u', { before: { id: 1, ward: 'a' }, after: { id: 1, ward: 'b' } }, { ...beds, op: 'update', after: { id: '1', ward: 'b' } }],
    ['d', { before: { id: 1, ward: null } }, { ...beds, op: 'delete', keyBefore: { id: '1' } }],
    ['t', {}, { ...beds, op: 'truncate' }],
  ])('of operation %s becomes a change event', (op, rows, event) => {
    expect(change(parseEnvelope(message(op, rows), { id: 1 }))).toEqual(event);
  });

  test('says where it stands: LSN, transaction, order and time', () => {
    expect(parseEnvelope(message('c', { after: { id: 1 } }))).toMatchObject({ position: { lsn: 24_023_128n, xid: 555, atMs: 1_714_000_000_000, order: 2 } });
  });

  test('reads alike with and without schemas', () => {
    const plain = message('d', { before: { id: 1 } });
    const wrap = (payload: unknown): object => ({ schema: { type: 'struct' }, payload });
    expect(parseEnvelope(wrap(plain), wrap({ id: 7 }))).toEqual(parseEnvelope(plain, { id: 7 }));
  });

  test('keeps every value as text, and numbers to the last digit', () => {
    const text = `{"source": ${JSON.stringify(source)}, "op": "c", "after": {"id": 9007199254740993, "fee": "12.50", "rate": 0.1, "exact": 1.10, "busy": true, "since": "2024-02-03T04:05:06.789Z", "gone": null, "tags": ["a,b", null, "say \\"hi\\"", ["x"]], "at": {"x": 1.5, "y": -2}}}`;
    expect(change(parseEnvelope(parseJson(text)))).toMatchObject({ after: {
      id: '9007199254740993', fee: '12.50', rate: '0.1', exact: '1.10', busy: 't', since: '2024-02-03T04:05:06.789Z', gone: null, tags: String.raw`{"a,b",NULL,"say \"hi\"",{"x"}}`, at: '(1.5,-2)' } });
  });

  test('leaves out a TOASTed value that did not change, whatever its type', () => {
    const after = { id: 1, note: '__debezium_unavailable_value', scan: Buffer.from('__debezium_unavailable_value').toString('base64'), tags: ['__debezium_unavailable_value'] };
    expect(change(parseEnvelope(message('u', { after })))).toEqual({ ...beds, op: 'update', after: { id: '1' }, unchanged: ['note', 'scan', 'tags'] });
  });

  test('decodes bytes where it is told that a column holds bytes', () => {
    const after = { id: 1, scan: 'AP8=', note: 'AP8=' };
    expect(change(parseEnvelope(message('c', { after }), null, {}, { binaryColumns: new Set(['public.beds.scan']) }))).toMatchObject({ after: { scan: String.raw`\x00ff`, note: 'AP8=' } });
  });

  test('gives a geometry its SRID back', () => {
    const point = Buffer.from('0101000000000000000000f03f0000000000000040', 'hex').toString('base64');
    expect(change(parseEnvelope(message('c', { after: { at: { wkb: point, srid: 4326 } } })))).toMatchObject({ after: { at: '0101000020E6100000000000000000F03F0000000000000040' } });
  });

  test('of a changed key is one update: the delete only announces it', () => {
    expect(parseEnvelope(message('d', { before: { id: 1 } }), { id: 1 }, { '__debezium.newkey': '{"id":2}' })).toMatchObject({ kind: 'skipped', why: 'key change', position: { order: 2 } });
    expect(change(parseEnvelope(message('c', { after: { id: 2, note: '__debezium_unavailable_value' } }), { id: 2 }, { '__debezium.oldkey': Buffer.from('{"schema":{},"payload":{"id":1}}') })))
      .toEqual({ ...beds, op: 'update', after: { id: '2' }, keyBefore: { id: '1' }, unchanged: ['note'] });
  });

  test('of our own logical message is a marker; of others it is skipped', () => {
    const logical = (prefix: string): object => ({ source: { ...source, schema: '', table: '' }, op: 'm', message: { prefix, content: Buffer.from('cut 3').toString('base64') } });
    expect(parseEnvelope(logical('strangler'))).toMatchObject({ kind: 'marker', content: 'cut 3' });
    expect(parseEnvelope(logical('audit'))).toMatchObject({ kind: 'skipped', why: 'foreign message' });
  });

  test('that is a tombstone or a heartbeat is skipped', () => {
    expect(parseEnvelope(null, { id: 1 })).toEqual({ kind: 'skipped', why: 'tombstone' });
    expect(parseEnvelope({ ts_ms: 5 })).toEqual({ kind: 'skipped', why: 'heartbeat' });
  });

  test.each<[string, unknown, string]>([
    ['no object', 'hello', 'STR_BAD_ENVELOPE'],
    ['a flattened row', { id: 1, ward: 'a' }, 'STR_BAD_ENVELOPE'],
    ['no LSN', { ...message('c', { after: {} }), source: { ...source, lsn: null } }, 'STR_BAD_ENVELOPE'],
    ['an unknown operation', message('x', {}), 'STR_BAD_ENVELOPE'],
    ['a row missing', message('u', {}), 'STR_BAD_ENVELOPE'],
    ['a precise decimal', message('c', { after: { fee: { scale: 2, value: 'AQ==' } } }), 'STR_UNREADABLE_VALUE'],
  ])('with %s is refused, never dropped', (_what, value, code) => {
    expect(parseEnvelope(value)).toMatchObject({ kind: 'refused', code });
  });
});

test('the end of a transaction says its id, its commit and how many events it had', () => {
  expect(parseTransactionEnd({ status: 'END', id: '571:53195832', ts_ms: 7, event_count: 2, data_collections: [] })).toEqual({ xid: 571, lsn: 53_195_832n, atMs: 7, events: 2 });
  expect(parseTransactionEnd({ status: 'BEGIN', id: '571:53195829', event_count: null })).toEqual({ xid: 571, begins: true });
  expect(parseTransactionEnd({ id: '01f5', aggregate_type: 'Initial Snapshot', type: 'SKIPPED', additional_data: {}, timestamp: 1 })).toEqual({ runBegins: true });
  expect(parseTransactionEnd({ id: 'x' })).toMatchObject({ kind: 'refused' });
});

const key: fc.Arbitrary<RowText> = fc.record({ id: fc.integer().map(String) });
const rest: fc.Arbitrary<RowText> = fc.dictionary(fc.constantFrom('ward', 'note', 'fee'), fc.option(fc.string()));
const after: fc.Arbitrary<RowText> = fc.tuple(key, rest).map(([a, b]) => ({ ...a, ...b }));
const event: fc.Arbitrary<ChangeEvent> = fc.oneof(
  after.map((row): ChangeEvent => ({ ...beds, op: 'create', after: row })),
  after.map((row): ChangeEvent => ({ ...beds, op: 'snapshot-read', after: row })),
  fc.tuple(after, fc.option(key, { nil: undefined })).map(([row, old]): ChangeEvent => ({ ...beds, op: 'update', after: row, ...(old === undefined ? {} : { keyBefore: old, unchanged: ['scan'] }) })),
  key.map((keyBefore): ChangeEvent => ({ ...beds, op: 'delete', keyBefore })),
  fc.constant<ChangeEvent>({ ...beds, op: 'truncate' }),
);

test('what is printed Debezium-shaped is read back as it was, through JSON', () => {
  fc.assert(fc.property(fc.array(event, { maxLength: 6 }), fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }), fc.option(fc.string(), { nil: undefined }), (events, lsn, marker) => {
    const transaction: ChangeTransaction = { commitLsn: lsn as Lsn, xid: 77, committedAtMs: 1_700_000_000_000, events, ...(marker === undefined ? {} : { marker }) };
    const messages = toEnvelopes(transaction, { prefix: 'clinic', keys: new Map([['public.beds', ['id']]]) });
    const end = parseTransactionEnd(parseJson(JSON.stringify(messages.at(-1)?.value)));
    expect(end).toEqual({ xid: 77, lsn, atMs: 1_700_000_000_000, events: messages.length - 1 });
    const parsed = messages.slice(0, -1).map(({ value, key: printedKey, headers }) => parseEnvelope(parseJson(JSON.stringify(value)), parseJson(JSON.stringify(printedKey)), headers));
    expect(parsed.flatMap((one) => one.kind === 'change' ? [one.event] : [])).toEqual(events);
    expect(parsed.flatMap((one) => one.kind === 'marker' ? [one.content] : [])).toEqual(marker === undefined ? [] : [Buffer.from(marker).toString()]);
    expect(parsed.map((one) => one.kind === 'refused' ? 0 : one.position?.order)).toEqual(messages.slice(0, -1).map((_, index) => index + 1));
  }), { numRuns: 200, seed: 7 });
});

describe('an unchanged TOASTed value', () => {
  const codes = [...Buffer.from('__debezium_unavailable_value')];
  test.each([
    ['numbers', codes], ['texts', ['__debezium_unavailable_value']], ['uuids', ['b68a35a7-17ad-35b3-af2a-ae46edb4545a']], ['bytes', ['X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==']],
    ['an hstore', '{"__debezium_unavailable_value":"__debezium_unavailable_value"}'],
  ])('is known in %s', (_what, value) => {
    expect(change(parseEnvelope(message('u', { after: { id: 1, tags: value } })))).toEqual({ ...beds, op: 'update', after: { id: '1' }, unchanged: ['tags'] });
  });
});
