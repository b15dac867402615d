import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChangeTransaction } from '../capture/change-event.ts';
import type { Envelope, TransactionEnd } from '../capture/envelope.ts';
import type { Lsn } from '../capture/lsn.ts';
import { Regrouper } from './regroup.ts';

const create = (xid: number, order: number): Envelope => ({
  kind: 'change', event: { schema: 'public', table: 'beds', op: 'create', after: { id: `${String(xid)}-${String(order)}` } }, position: { lsn: 1n as Lsn, xid, atMs: xid, order },
});
const end = (xid: number, events: number): TransactionEnd => ({ xid, lsn: BigInt(xid * 10) as Lsn, atMs: xid * 1_000, events });
type Message = { readonly end: TransactionEnd } | { readonly event: Envelope };
const feed = (regrouper: Regrouper, message: Message): void => { if ('end' in message) regrouper.end(message.end); else regrouper.event(message.event); };

/** Commits 1…n with their sizes; the messages of each partition in order, the partitions interleaved and now and then sent again from some point. */
const history = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 8 }).chain((sizes) => fc.record({
  sizes: fc.constant(sizes),
  picks: fc.array(fc.nat(2), { minLength: 60, maxLength: 60 }),
  rewinds: fc.array(fc.record({ at: fc.nat(50), by: fc.nat(8) }), { maxLength: 3 }),
}));

function messages({ sizes, picks, rewinds }: { sizes: number[]; picks: number[]; rewinds: { at: number; by: number }[] }): Message[] {
  const partitions: Message[][] = [[], [], sizes.map((size, index) => ({ end: end(index + 1, size) }))];
  sizes.forEach((size, index) => { for (let order = 1; order <= size; order += 1) partitions[order % 2]?.push({ event: create(index + 1, order) }); });
  const once: Message[] = [];
  for (const pick of [...picks, ...Array.from({ length: 100 }, (_, index) => index % 3)]) {
    const next = partitions[pick]?.shift();
    if (next !== undefined) once.push(next);
  }
  return rewinds.reduce((sent, { at, by }) => [...sent.slice(0, at), ...sent.slice(Math.max(0, at - by), at), ...sent.slice(at)], once);
}

describe('regrouping', () => {
  test('gives every transaction once, whole and in commit order, however its messages are interleaved and repeated', () => {
    fc.assert(fc.property(history, (story) => {
      const regrouper = new Regrouper();
      const found = messages(story).flatMap((message) => { feed(regrouper, message); return regrouper.ready(); });
      expect(found.map(({ xid, events }) => ({ xid, events: events.length }))).toEqual(story.sizes.map((size, index) => ({ xid: index + 1, events: size })));
      for (const { events } of found) expect(events.map((event) => 'after' in event ? event.after['id']?.split('-')[1] : '')).toEqual(events.map((_, index) => String(index + 1)));
    }), { numRuns: 300, seed: 3 });
  });

  test('leaves out what lies before the wanted place, also where its messages are gone', () => {
    const late = new Regrouper({ afterLsn: 15n as Lsn });
    [end(1, 5), end(2, 1)].forEach((one) => { late.end(one); });
    late.event(create(2, 1));
    expect(late.ready().map(({ xid }) => xid)).toEqual([2]);
    const timed = new Regrouper({ fromTimeMs: 2_000 });
    [end(1, 5), end(2, 0)].forEach((one) => { timed.end(one); });
    expect(timed.ready().map(({ xid }) => xid)).toEqual([2]);
  });

  describe('where the source can be read', () => {
    const from = (producer: string, next = 1n): { place: string; next: bigint; producer: string } => ({ place: 'transaction/0', next, producer });
    const rows = (producer: string): { place: string; next: bigint; producer: string } => ({ ...from(producer), place: 'beds/0' });
    const read = (xid: number): ChangeTransaction => ({ commitLsn: BigInt(xid * 10) as Lsn, xid, committedAtMs: 0, events: [] });

    test('the first transaction of a run of the connector is not believed, whole as it looks; the next one is', () => {
      const regrouper = new Regrouper({ canRead: true });
      regrouper.event(create(1, 1), '1', rows('a'));
      regrouper.end(end(1, 1), '1', from('a'));
      expect(regrouper.take()).toHaveLength(1);
      regrouper.runBegins();
      regrouper.event(create(3, 1), '3', rows('a'));
      regrouper.end(end(3, 1), '3', from('a', 7n));
      regrouper.event(create(4, 1), '4', rows('a'));
      regrouper.end(end(4, 1), '4', from('a'));
      expect(regrouper.take()).toEqual([]);
      expect(regrouper.wanted).toMatchObject({ after: 10n, upTo: 30n, otherwise: { code: 'STR_TRANSACTION_UNPROVEN' } });
      const filled = regrouper.fill([read(2), read(3)]);
      expect(filled.map(({ transaction }) => transaction.xid)).toEqual([2, 3]);
      // Only with the last of them is it known how far Kafka was read.
      expect(filled.map(({ read: places }) => [...places])).toEqual([[], [['beds/0', 1n], ['transaction/0', 7n]]]);
      expect(regrouper.wanted).toBeUndefined();
      expect(regrouper.ready().map(({ xid }) => xid)).toEqual([4]);
    });

    test('what Kafka still brings of one that was read there is not kept', () => {
      const regrouper = new Regrouper({ canRead: true });
      regrouper.runBegins();
      regrouper.end(end(1, 2), '1', from('a'));
      regrouper.fill([read(1)]);
      for (const order of [1, 2]) regrouper.event(create(1, order));
      expect(regrouper.held).toBe(0);
    });

    test('of one whose END never came, and that was read there, nothing is kept either', () => {
      const regrouper = new Regrouper({ canRead: true });
      for (const order of [1, 2]) regrouper.event(create(1, order));
      regrouper.runBegins();
      regrouper.end(end(2, 0), '2', from('a'));
      expect(regrouper.fill([read(1), read(2)])).toHaveLength(2);
      regrouper.event(create(1, 3));
      expect(regrouper.held).toBe(0);
    });

    test('nor is what comes again of one that has left, behind its END', () => {
      const regrouper = new Regrouper({ canRead: true });
      for (const row of [rows('a'), rows('b')]) {
        if (row.producer === 'a') regrouper.event(create(1, 1), '1', row);
        regrouper.end(end(1, 1), '1', from(row.producer));
        regrouper.take();
      }
      regrouper.event(create(1, 1), '1', rows('b'));
      expect(regrouper.held).toBe(0);
    });

    test('another producer is another run, though none says so', () => {
      const regrouper = new Regrouper({ canRead: true });
      for (const [xid, producer] of [[1, 'a'], [2, 'b']] as const) {
        regrouper.event(create(xid, 1), String(xid), rows(producer));
        regrouper.end(end(xid, 1), String(xid), from(producer));
      }
      expect(regrouper.ready().map(({ xid }) => xid)).toEqual([1]);
      expect(regrouper.wanted).toMatchObject({ after: 10n, upTo: 20n });
    });

    test('an END that comes again with another count, before the events have come, makes nobody leave without them', () => {
      const regrouper = new Regrouper({ canRead: true });
      regrouper.end(end(1, 2), '1', from('a'));
      regrouper.runBegins();
      regrouper.end(end(1, 0), '1', from('a'));
      expect(regrouper.ready()).toEqual([]);
      expect(regrouper.wanted).toMatchObject({ after: 0n, upTo: 10n });
    });

    test('one that was cut is read there, too', () => {
      const regrouper = new Regrouper({ canRead: true });
      for (const order of [1, 2, 3]) regrouper.event(create(1, order));
      regrouper.end(end(1, 2), '1', from('a'));
      expect(regrouper.ready()).toEqual([]);
      expect(regrouper.wanted).toMatchObject({ upTo: 10n, otherwise: { code: 'STR_TRANSACTION_CUT' } });
    });
  });

  test('refuses messages without a transaction, and a snapshot of the connector\'s own', () => {
    const position = { lsn: 1n as Lsn, xid: 1, atMs: 1 };
    const row = { schema: 'public', table: 'beds', after: { id: '1' } } as const;
    expect(() => { new Regrouper().event({ kind: 'change', event: { ...row, op: 'create' }, position }); }).toThrow(expect.objectContaining({ code: 'STR_NO_TRANSACTIONS' }));
    expect(() => { new Regrouper().event({ kind: 'marker', content: 'written outside of any', position }); }).not.toThrow();
    expect(() => { new Regrouper().event({ kind: 'change', event: { ...row, op: 'snapshot-read' }, position }); }).toThrow(expect.objectContaining({ code: 'STR_SNAPSHOT_IN_LOG' }));
  });
});
