import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Lsn } from '../capture/lsn.ts';
import { Parts, type Part } from './parts.ts';

const part = (row: number, order: number, by?: string): Part => ({
  kind: 'change', event: { schema: 'public', table: 'berths', op: 'create', after: { id: String(row) } }, position: { lsn: BigInt(10 + row) as Lsn, xid: 1, atMs: 0, order }, by,
});

/** A run of the connector: the first row it sends, the first it does not send any more, and the number of the first one. */
interface Run { readonly from: number; readonly until: number; readonly counts: number }

/** Rows 0 … n-1, sent by runs that each begin where they like; numbers go on or begin anew. The last one, and perhaps others, came to the end. */
const story = fc.integer({ min: 1, max: 8 }).chain((rows) => fc.record({
  rows: fc.constant(rows),
  runs: fc.array(fc.record({ from: fc.nat(rows - 1), until: fc.integer({ min: 0, max: rows }), goesOn: fc.boolean(), ended: fc.boolean() }), { maxLength: 3 }),
  last: fc.record({ from: fc.nat(rows), goesOn: fc.boolean() }),
  shuffle: fc.array(fc.nat(100), { minLength: 60, maxLength: 60 }),
}));

describe('the parts of a transaction', () => {
  test('are whole only when one run alone has sent all of them, in whatever order they come; never fewer than there were', () => {
    let [whole, not] = [0, 0];
    fc.assert(fc.property(story, ({ rows, runs, last, shuffle }) => {
      const all: (Run & { ended: boolean })[] = [...runs, { ...last, until: rows, ended: true }].map(({ from, until, goesOn, ended }) => ({ from, until, counts: goesOn ? from + 1 : 1, ended: ended && until === rows }));
      const parts = new Parts();
      const messages = all.flatMap(({ from, until, counts }, run) => Array.from({ length: Math.max(0, until - from) }, (_, index) => part(from + index, counts + index, String(run))));
      messages.map((message, index) => ({ message, place: shuffle[index % shuffle.length] ?? 0 })).sort((a, b) => a.place - b.place).forEach(({ message }) => { parts.add(message); });
      all.forEach(({ from, counts, ended }, run) => { if (ended) parts.end(counts - 1 + rows - from, String(run)); });
      const found = parts.whole();
      if (found.is === 'whole') {
        expect(found.parts.map((one) => one.kind === 'change' && 'after' in one.event ? one.event.after['id'] : '')).toEqual(Array.from({ length: rows }, (_, row) => String(row)).slice(missing(all, rows)));
        whole += 1;
      } else {
        not += 1;
      }
    }), { numRuns: 3_000, seed: 5 });
    expect({ whole: whole > 200, not: not > 200 }).toEqual({ whole: true, not: true });
  });

  /** What nobody can tell from the parts: a run that began late and counts from 1, or that sent nothing. That is why the first transaction of a run is not believed. */
  function missing(all: readonly Run[], rows: number): number {
    const begun = all.filter(({ from, until }) => until > from);
    if (begun.length === 0) return rows;
    return begun.every(({ from, counts }) => counts === 1 && from === begun[0]?.from) ? begun[0]?.from ?? 0 : 0;
  }

  test('wait for the END, and for what it counts', () => {
    const parts = new Parts();
    parts.add(part(0, 1));
    expect(parts.whole()).toEqual({ is: 'waiting' });
    parts.end(2);
    expect(parts.whole()).toEqual({ is: 'waiting' });
    parts.add(part(1, 2));
    expect(parts.whole()).toMatchObject({ is: 'whole' });
  });

  test('that come again are kept once; a second one under a number, or a second count, contradicts', () => {
    const [again, other, counted] = [new Parts(), new Parts(), new Parts()];
    for (const parts of [again, other, counted]) {
      expect(parts.add(part(0, 1))).toBe(true);
      parts.end(1);
    }
    expect(again.add(part(0, 1))).toBe(false);
    expect(again.whole()).toMatchObject({ is: 'whole', parts: { length: 1 } });
    other.add(part(7, 1));
    expect(other.whole()).toEqual({ is: 'cut' });
    counted.end(0);
    expect(counted.whole()).toEqual({ is: 'cut' });
  });

  test('that one process began and another ended are not whole, unless that one sent all of them', () => {
    const [between, anew] = [new Parts(), new Parts()];
    for (const parts of [between, anew]) {
      parts.add(part(0, 1, 'a'));
      parts.add(part(1, 2, 'b'));
      parts.end(2, 'b');
    }
    anew.add(part(0, 1, 'b'));
    expect([between.whole().is, anew.whole().is]).toEqual(['cut', 'whole']);
  });
});
