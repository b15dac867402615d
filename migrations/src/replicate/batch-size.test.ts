import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChangeTransaction } from '../capture/change-event.ts';
import type { Lsn } from '../capture/lsn.ts';
import { BatchSize } from './batch-size.ts';

const transaction = (events: number): ChangeTransaction => ({ commitLsn: 1n as Lsn, xid: 1, committedAtMs: 1, events: Array.from({ length: events }, () => ({ op: 'truncate', schema: 'public', table: 'films' })) });
const batch = (size: number): ChangeTransaction[] => Array.from({ length: size }, () => transaction(1));
const sizes = (size: BatchSize, of: readonly ChangeTransaction[]): number[] => [...size.partsOf(of)].map(({ length }) => length);

test('a batch stays whole until it was lost twice in a row; then it is halved each time, down to one', () => {
  const size = new BatchSize();
  const found: number[][] = [];
  for (let lost = 0; lost < 6; lost += 1) {
    found.push(sizes(size, batch(8)));
    size.wasLost([...size.partsOf(batch(8))][0] ?? []);
  }
  expect(found).toEqual([[8], [8], [4, 4], [2, 2, 2, 2], Array(8).fill(1), Array(8).fill(1)]);
});

test('losses that lie apart halve nothing, and eight parts that went well double it until there is no limit', () => {
  const size = new BatchSize();
  for (let round = 0; round < 5; round += 1) { size.wasLost(batch(8)); size.wasApplied(); }
  expect(sizes(size, batch(8))).toEqual([8]);
  for (let lost = 0; lost < 4; lost += 1) size.wasLost(batch(8));
  expect(sizes(size, batch(8))).toEqual(Array(8).fill(1));
  for (let good = 0; good < 8; good += 1) size.wasApplied();
  expect(sizes(size, batch(8))).toEqual([2, 2, 2, 2]);
  for (let good = 0; good < 8 * 14; good += 1) size.wasApplied();
  expect(sizes(size, batch(20_000))).toEqual([20_000]);
});

test('parts are the batch, in order, and only a transaction that is too large alone is larger than wanted', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 2, max: 6 }), (events, losses) => {
    const whole = events.map(transaction);
    const size = new BatchSize();
    for (let lost = 0; lost < losses; lost += 1) size.wasLost(whole);
    const parts = [...size.partsOf(whole)];
    expect(parts.flat()).toEqual(whole);
    const most = Math.max(1, Math.floor(events.reduce((sum, count) => sum + Math.max(1, count), 0) / 2));
    for (const part of parts) expect(part.length === 1 || part.reduce((sum, { events: { length } }) => sum + Math.max(1, length), 0) <= most).toBe(true);
  }));
});
