import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChangeLog, ChangeTransaction, LogPosition, Lsn } from '@strangler/migrations';
import fc from 'fast-check';
import { at, history, plain } from '../support/transactions.ts';

/** A fresh, empty log per test; `reopen` is the same log after its process ended, where the log outlives one. */
export interface LogUnderTest {
  readonly log: ChangeLog;
  reopen?(): Promise<ChangeLog>;
  dispose(): Promise<void>;
}

/** What every change log promises, whatever it is made of. */
export function changeLogContract(name: string, create: () => Promise<LogUnderTest>, { runs = 20 }: { readonly runs?: number } = {}): void {
  describe(`${name} is a change log`, () => {
    let subject: LogUnderTest;
    beforeEach(async () => { subject = await create(); });
    afterEach(async () => { await subject.dispose(); });

    test('an empty log has no tail and no head, and a reader of it ends', async () => {
      expect(await subject.log.extent()).not.toHaveProperty('head');
      expect(await all(subject.log, 'start')).toEqual([]);
    });

    test('gives back what it was given, in order, to the last character', async () => {
      await fc.assert(fc.asyncProperty(history({ maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (transactions, size) => {
        const fresh = await create();
        try {
          for (let from = 0; from < transactions.length; from += size) await fresh.log.append(transactions.slice(from, from + size));
          expect(await all(fresh.log, 'start')).toEqual(transactions);
          expect(await all(await (fresh.reopen?.() ?? Promise.resolve(fresh.log)), 'start')).toEqual(transactions);
        } finally {
          await fresh.dispose();
        }
      }), { numRuns: runs });
    });

    test('drops what it has already: a source sends again after a crash', async () => {
      await subject.log.append([at(10), at(20)]);
      await subject.log.append([at(10), at(20), at(30)]);
      await subject.log.append([at(5)]);
      expect(positions(await all(subject.log, 'start'))).toEqual([10, 20, 30]);
    });

    test('reads after a position, also one that holds no transaction', async () => {
      await subject.log.append([at(10), at(20), at(30)]);
      expect(positions(await all(subject.log, { afterLsn: 10n as Lsn }))).toEqual([20, 30]);
      expect(positions(await all(subject.log, { afterLsn: 15n as Lsn }))).toEqual([20, 30]);
      expect(positions(await all(subject.log, { afterLsn: 30n as Lsn }))).toEqual([]);
    });

    test('reads from a time on, in commit order', async () => {
      await subject.log.append([at(10), at(20), at(30)]);
      expect(positions(await all(subject.log, { fromTimeMs: 20_000 }))).toEqual([20, 30]);
      expect(positions(await all(subject.log, { fromTimeMs: 20_001 }))).toEqual([30]);
      expect(positions(await all(subject.log, { fromTimeMs: 0 }))).toEqual([10, 20, 30]);
    });

    test('knows its oldest and newest transaction', async () => {
      await subject.log.append([at(10), at(20), at(30)]);
      expect(await subject.log.extent()).toMatchObject({ tail: { lsn: 10n, timeMs: 10_000 }, head: { lsn: 30n, timeMs: 30_000 } });
    });

    test('a follower gets what was there and what comes, once each, until its signal', async () => {
      await subject.log.append([at(10)]);
      const abort = new AbortController();
      const got: number[] = [];
      const following = (async () => {
        for await (const batch of subject.log.read('start', { follow: true, signal: abort.signal })) {
          got.push(...positions(batch));
          if (got.length === 4) abort.abort();
        }
      })();
      await subject.log.append([at(20)]);
      await subject.log.append([at(30), at(40)]);
      await following;
      expect(got).toEqual([10, 20, 30, 40]);
    });

    test('a large transaction stays one', async () => {
      const events = Array.from({ length: 12_345 }, (_, index) => ({ schema: 'public', table: 'books', op: 'create' as const, after: { id: String(index), title: null } }));
      await subject.log.append([at(10), { ...at(20), events }, at(30)]);
      const read = await all(subject.log, 'start');
      expect(read.map((transaction) => transaction.events.length)).toEqual([1, 12_345, 1]);
    });
  });
}

export async function all(log: ChangeLog, from: LogPosition): Promise<ChangeTransaction[]> {
  const found: ChangeTransaction[] = [];
  for await (const batch of log.read(from)) found.push(...batch.map(plain));
  return found;
}

const positions = (transactions: readonly ChangeTransaction[]): number[] => transactions.map(({ commitLsn }) => Number(commitLsn));
