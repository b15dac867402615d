import { describe, expect, test } from '@jest/globals';
import type { ChangeTransaction } from './change-event.ts';
import type { Pausing } from './pausing.ts';
import { PgoutputReader } from './pgoutput.ts';
import { BEGIN, COMMIT, cstring, message, relation, text, tuple, u32, u64, u8, UNCHANGED } from '../../test/support/pgoutput-bytes.ts';
import { plain } from '../../test/support/transactions.ts';
import { capturedTables } from './table-ref.ts';

const BOOKS = relation(1, 'books', ['id', 'title', 'cover']);

const decode = (...messages: Buffer[]): ChangeTransaction[] => decodePausing(undefined, ...messages);
function decodePausing(pausing: Pausing | undefined, ...messages: Buffer[]): ChangeTransaction[] {
  const reader = new PgoutputReader(capturedTables({ from: 'monolith', to: 'catalog', tables: { books: { key: ['id'] }, members: { key: ['id'], omit: ['password'] } } }), pausing);
  const found = messages.map((bytes) => reader.read(Buffer.concat([Buffer.alloc(25), bytes]), 25)).filter((transaction) => transaction !== undefined);
  return found.map(plain);
}
const eventsOf = (...messages: Buffer[]): unknown[] => decode(BEGIN, BOOKS, ...messages, COMMIT).flatMap(({ events }) => events);
const book = { schema: 'public', table: 'books' };

describe('the pgoutput stream becomes whole transactions', () => {
  test('at the end of the commit, with its time and id', () => {
    expect(decode(BEGIN, BOOKS, message('I', u32(1), text('N'), tuple('1', 'Emma', null)), COMMIT)).toEqual([
      { commitLsn: 1_000n, committedAtMs: 946_684_801_000, xid: 77, events: [{ ...book, op: 'create', after: { id: '1', title: 'Emma', cover: null } }] },
    ]);
  });

  test('an unchanged TOAST value is left out and named', () => {
    expect(eventsOf(message('U', u32(1), text('N'), tuple('1', 'Emma', UNCHANGED)))).toEqual([{ ...book, op: 'update', after: { id: '1', title: 'Emma' }, unchanged: ['cover'] }]);
  });

  test('a changed key carries the old one', () => {
    expect(eventsOf(message('U', u32(1), text('K'), tuple('1', null, null), text('N'), tuple('2', 'Emma', 'c')))).toEqual([{ ...book, op: 'update', after: { id: '2', title: 'Emma', cover: 'c' }, keyBefore: { id: '1' } }]);
  });

  test('a whole old row supplies what the new one left out, and is no changed key by itself', () => {
    expect(eventsOf(message('U', u32(1), text('O'), tuple('1', 'Emma', 'cover'), text('N'), tuple('1', 'Emma II', UNCHANGED)))).toEqual([{ ...book, op: 'update', after: { id: '1', title: 'Emma II', cover: 'cover' } }]);
  });

  test('a delete names its row by the key', () => {
    expect(eventsOf(message('D', u32(1), text('K'), tuple('1', null, null)))).toEqual([{ ...book, op: 'delete', keyBefore: { id: '1' } }]);
  });

  test('a truncate of several tables is one event each', () => {
    expect(eventsOf(relation(3, 'members', ['id']), message('T', u32(2), u8(1), u32(1), u32(3)))).toEqual([{ ...book, op: 'truncate' }, { ...book, table: 'members', op: 'truncate' }]);
  });

  test('a table that nobody configured may be described, as partitions are, but its changes are not passed over: it is one of ours under another name', () => {
    const novels = relation(2, 'novels', ['id']);
    expect(eventsOf(novels, message('D', u32(1), text('K'), tuple('1', null, null)))).toHaveLength(1);
    expect(() => eventsOf(novels, message('I', u32(2), text('N'), tuple('1')))).toThrow(expect.objectContaining({ code: 'STR_TABLES_CHANGED' }));
    expect(() => eventsOf(novels, message('T', u32(2), u8(1), u32(1), u32(2)))).toThrow(expect.objectContaining({ code: 'STR_TABLES_CHANGED' }));
  });

  test('a table that changes its shape in the middle is read by its new shape', () => {
    expect(eventsOf(message('I', u32(1), text('N'), tuple('1', 'a', null)), relation(1, 'books', ['id', 'isbn']), message('I', u32(1), text('N'), tuple('2', '978')))).toEqual([
      { ...book, op: 'create', after: { id: '1', title: 'a', cover: null } }, { ...book, op: 'create', after: { id: '2', isbn: '978' } },
    ]);
  });

  test('omitted columns do not even reach the log', () => {
    expect(eventsOf(relation(3, 'members', ['id', 'password', 'name']), message('I', u32(3), text('N'), tuple('1', 'secret', 'Ada')))).toEqual([{ schema: 'public', table: 'members', op: 'create', after: { id: '1', name: 'Ada' } }]);
  });

  test('our markers are kept, those of others are not, and empty transactions vanish', () => {
    const mark = (prefix: string, content: string, transactional = 1): Buffer => message('M', u8(transactional), u64(5n), cstring(prefix), u32(Buffer.byteLength(content)), text(content));
    expect(decode(BEGIN, mark('strangler', 'fence'), COMMIT)).toEqual([{ commitLsn: 1_000n, committedAtMs: 946_684_801_000, xid: 77, events: [], marker: 'fence' }]);
    expect(decode(BEGIN, mark('other', 'x'), COMMIT, mark('strangler', 'loose', 0), BEGIN, COMMIT)).toEqual([]);
  });

  test('a change that cannot name its row is an error, not a guess', () => {
    expect(() => eventsOf(message('D', u32(1), text('O'), tuple(null, 'Emma', null)))).toThrow(expect.objectContaining({ code: 'STR_NO_KEY' }));
  });
});

describe('a table that may be paused', () => {
  const [names, members] = [new Map<string, string | undefined>(), relation(3, 'members', ['id'])];
  const paused: Pausing = {
    get size() { return names.size; },
    has: (table) => names.has(table), isReplaced: () => false, isNow: (table) => [...names.values()].includes(table), pause: (table, _, now) => { names.set(table, now); return true; },
  };
  const during = (...messages: Buffer[]): unknown[] => { names.clear(); return decodePausing(paused, BEGIN, BOOKS, members, ...messages, COMMIT).flatMap(({ events }) => events); };
  const member = { schema: 'public', table: 'members', op: 'create', after: { id: '1' } };
  const join = message('I', u32(3), text('N'), tuple('1'));

  test('leaves the stream with the first change that does not name its row; others go on', () => {
    expect(during(message('D', u32(1), text('K'), tuple(null, 'Emma', null)), join, message('I', u32(1), text('N'), tuple('2', 'Emma', null)))).toEqual([member]);
    expect([...names]).toEqual([['public.books', undefined]]);
  });

  test('is known by its number under another name', () => {
    expect(during(relation(1, 'novels', ['id']), message('I', u32(1), text('N'), tuple('1')), join)).toEqual([member]);
    expect([...names]).toEqual([['public.books', 'public.novels']]);
  });

  test('is left out of a truncate of several', () => {
    expect(during(message('D', u32(1), text('K'), tuple(null, 'Emma', null)), message('T', u32(2), u8(1), u32(1), u32(3)))).toEqual([{ schema: 'public', table: 'members', op: 'truncate' }]);
  });

  test('leaves nothing of a transaction that was all its own', () => {
    expect(during(message('D', u32(1), text('K'), tuple(null, 'Emma', null)))).toEqual([]);
  });
});
