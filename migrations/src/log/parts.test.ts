import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Lsn } from '../capture/lsn.ts';
import { Parts, type Part } from './parts.ts';

/** An event of the source's WAL: rows of one COPY share a position. */
interface Change { readonly lsn: number; readonly row: number }
/** A run of the connector: the first event it sends, and the first it does not send any more (or that was on its way when it was killed). */
interface Run { readonly from: number; readonly until: number }

const part = ({ lsn, row }: Change, order: number): Part => ({
  kind: 'change', event: { schema: 'public', table: 'berths', op: 'create', after: { id: String(row) } }, position: { lsn: BigInt(lsn) as Lsn, xid: 1, atMs: 0, order },
});

/** A transaction of some WAL records, of one row each or of several, and how many of its events had been stored at each of the connector's ends. */
const story = fc.record({
  records: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 8 }),
  ends: fc.array(fc.record({ stored: fc.nat(24), sent: fc.nat(6) }), { maxLength: 3 }),
});

/** As Debezium 3.6: behind the stored event it goes on with the next WAL record, and counts from 1. */
function runsOf({ records, ends }: { records: readonly number[]; ends: readonly { stored: number; sent: number }[] }): { changes: Change[]; runs: Run[]; isCut: boolean } {
  const changes = records.flatMap((rows, record) => Array.from({ length: rows }, (_, row) => ({ lsn: 10 + record, row: record * 10 + row })));
  const runs: Run[] = [];
  let [from, isCut] = [0, false];
  for (const { stored, sent } of ends) {
    const last = Math.min(Math.max(from, stored), changes.length);
    runs.push({ from, until: Math.min(last + sent, changes.length) });
    if (last <= from) continue; // nothing of this run was stored: the next one begins where it did
    const next = changes.findIndex(({ lsn }) => lsn > (changes[last - 1]?.lsn ?? 0));
    const goesOn = next === -1 ? changes.length : next;
    if (goesOn > last && Math.max(...runs.map(({ until }) => until)) < goesOn) isCut = true;
    from = goesOn;
  }
  runs.push({ from, until: changes.length });
  return { changes, runs, isCut };
}

function feed(parts: Parts, changes: readonly Change[], runs: readonly Run[]): void {
  runs.forEach(({ from, until }, index) => {
    parts.begin();
    changes.slice(from, until).forEach((change, at) => { parts.add(part(change, at + 1)); });
    if (index === runs.length - 1) parts.end(changes.length - from);
  });
}

const rows = (parts: readonly Part[]): (string | null | undefined)[] => parts.map((one) => one.kind === 'change' && 'after' in one.event ? one.event.after['id'] : '');

describe('the parts of a transaction that a connector was killed in', () => {
  test('are joined in the order of the WAL, or it is said that some may be missing: never fewer than there were', () => {
    let [joined, refused] = [0, 0];
    fc.assert(fc.property(story, (told) => {
      const { changes, runs, isCut } = runsOf(told);
      const parts = new Parts();
      feed(parts, changes, runs);
      const whole = parts.whole(true);
      if (whole.is === 'whole') {
        // One row of a record of several, and nothing of the same kind before it to know it by: docs/limits.md says so.
        if (!isCut) expect(rows(whole.parts)).toEqual(changes.map(({ row }) => String(row)));
        joined += 1;
      } else {
        refused += 1;
        // What waits is refused, too, when nothing more comes.
        expect(['cut', 'waiting']).toContain(whole.is);
        // Rows one by one are never in doubt.
        expect(told.records).not.toEqual(told.records.map(() => 1));
      }
    }), { numRuns: 2_000, seed: 5 });
    expect(joined).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(50);
  });

  test('are not taken for all of it while a message is still on its way', () => {
    fc.assert(fc.property(story, fc.nat(40), (told, which) => {
      const { changes, runs, isCut } = runsOf(told);
      const messages = runs.flatMap(({ from, until }, run) => changes.slice(from, until).map((change, at) => ({ run, one: part(change, at + 1) })));
      // The last run's are not sent again by anybody.
      const ofLast = messages.filter(({ run }) => run === runs.length - 1);
      fc.pre(ofLast.length > 0 && !isCut);
      const late = ofLast[which % ofLast.length];
      const parts = new Parts();
      runs.forEach(() => { parts.begin(); });
      for (const message of messages) if (message !== late) parts.add(message.one);
      parts.end(ofLast.length);
      const early = parts.whole(false);
      expect(early.is === 'whole' ? rows(early.parts) : early.is).not.toEqual(changes.map(({ row }) => String(row)).slice(1));
      if (early.is === 'whole') expect(rows(early.parts)).toEqual(changes.map(({ row }) => String(row)));
      if (late !== undefined) parts.add(late.one);
      const all = parts.whole(true);
      if (all.is === 'whole') expect(rows(all.parts)).toEqual(changes.map(({ row }) => String(row)));
    }), { numRuns: 1_000, seed: 6 });
  });

  test('one run that came to its end says how many there are, whoever sends them again', () => {
    const changes = [1, 2, 3, 4].map((row) => ({ lsn: row, row }));
    const parts = new Parts();
    parts.begin();
    for (const [at, change] of changes.entries()) if (at !== 3) parts.add(part(change, at + 1));
    parts.end(4);
    expect(parts.whole(false)).toEqual({ is: 'waiting' });
    parts.begin();
    changes.slice(2).forEach((change, at) => { parts.add(part(change, at + 1)); });
    parts.end(2);
    const whole = parts.whole(false);
    expect(whole.is === 'whole' ? rows(whole.parts) : whole.is).toEqual(['1', '2', '3', '4']);
  });

  test('numbered on by a run that went on behind them: a COPY may have been cut, unless what follows was sent before, too', () => {
    const copied = [{ lsn: 1, row: 1 }, { lsn: 1, row: 2 }, { lsn: 2, row: 3 }];
    const told = (second: readonly number[], end: string): string => {
      const parts = new Parts();
      parts.begin();
      [1, 2].forEach((order) => { parts.add({ ...part(copied[order - 1] ?? { lsn: 0, row: 0 }, order), by: 'first' }); });
      second.forEach((order) => { parts.add({ ...part(copied[order - 1] ?? { lsn: 0, row: 0 }, order), by: 'second' }); });
      parts.end(Math.max(2, ...second), end);
      return parts.whole(false).is;
    };
    expect([told([3], 'second'), told([2, 3], 'second'), told([], 'second'), told([], 'first')]).toEqual(['cut', 'whole', 'cut', 'whole']);
  });

  test('of one run, more events than its END announced are a contradiction', () => {
    const parts = new Parts();
    parts.begin();
    [1, 2].forEach((row) => { parts.add(part({ lsn: row, row }, row)); });
    parts.end(1);
    expect(parts.whole(false)).toEqual({ is: 'cut' });
  });

  test.each([
    ['two rows of a COPY', [{ lsn: 1, row: 1 }, { lsn: 1, row: 2 }], 'cut'],
    ['rows of a COPY, then the first of its next record', [{ lsn: 1, row: 1 }, { lsn: 1, row: 2 }, { lsn: 2, row: 3 }], 'cut'],
    ['rows one by one', [{ lsn: 1, row: 1 }, { lsn: 2, row: 2 }], 'whole'],
  ])('behind %s the next run goes on, and neither sent what the other did', (_, before, expected) => {
    const parts = new Parts();
    parts.begin();
    before.forEach((change, at) => { parts.add(part(change, at + 1)); });
    parts.begin();
    parts.add(part({ lsn: 9, row: 9 }, 1));
    parts.end(1);
    expect(parts.whole(false)).toEqual({ is: 'unproven' });
    expect(parts.whole(true).is).toBe(expected);
  });
});
