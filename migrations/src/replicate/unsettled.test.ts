import { expect, test } from '@jest/globals';
import { mayCommitSoon, type Applied } from '../apply/applier.ts';
import type { ChangeTransaction } from '../capture/change-event.ts';
import type { Lsn } from '../capture/lsn.ts';
import { Unsettled } from './unsettled.ts';

const applied = (lsn: bigint, durable: boolean, rowsSnapshotted = 0): Applied => ({ lsn: lsn as Lsn, transactions: 1, events: 2, rowsSnapshotted, durable });
const transaction = (commitLsn: bigint, marker?: string): ChangeTransaction => ({ commitLsn: commitLsn as Lsn, xid: 1, committedAtMs: 0, events: [], ...(marker === undefined ? {} : { marker }) });

test('nothing is told before a durable commit, and then all of it at once', () => {
  const unsettled = new Unsettled();
  expect([unsettled.add(applied(1n, false)), unsettled.add(applied(2n, false))]).toEqual([undefined, undefined]);
  expect(unsettled.isEmpty).toBe(false);
  expect(unsettled.add(applied(3n, true))).toEqual({ lsn: 3n, transactions: 3, events: 6, rowsSnapshotted: 0 });
  expect(unsettled.isEmpty).toBe(true);
});

test('it grows for a moment only, for longer where rows are copied', () => {
  let now = 0;
  for (const [rows, ms] of [[0, 20], [5, 250]] as const) {
    const unsettled = new Unsettled(() => now);
    expect(unsettled.mayGrow).toBe(true);
    unsettled.add(applied(1n, false, rows));
    now += ms - 1;
    expect(unsettled.mayGrow).toBe(true);
    now += 1;
    expect(unsettled.mayGrow).toBe(false);
    unsettled.settled();
    expect(unsettled.mayGrow).toBe(true);
  }
});

test('a batch with a marker anywhere in it waits for the disk', () => {
  expect(mayCommitSoon([transaction(1n), transaction(2n)])).toBe(true);
  for (const at of [0, 1, 2]) expect(mayCommitSoon([0, 1, 2].map((n) => transaction(BigInt(n), n === at ? 'drain' : undefined)))).toBe(false);
});
