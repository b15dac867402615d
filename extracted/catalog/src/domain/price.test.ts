import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { effectivePrice, toWholeCents } from './price.ts';

const offer = (percentOff: number) => ({ ruleId: 1, percentOff });
const prices = fc.integer({ min: 0, max: 100_000_000 });
const percents = fc.integer({ min: 1, max: 90 });

describe('effective price', () => {
  test('without an offer the list price stands under either rounding', () => {
    expect([effectivePrice(1990, undefined, 'half-up'), effectivePrice(1990, undefined, 'half-even')]).toEqual([1990, 1990]);
  });

  test.each([
    [1990, 15, 1692, 1692], // 1691.5: up, and 1692 is even
    [1990, 25, 1493, 1492], // 1492.5: up, but 1492 is even
    [1999, 10, 1799, 1799], // 1799.1
    [1999, 35, 1299, 1299], // 1299.35
    [1, 50, 1, 0],
    [0, 20, 0, 0],
  ])('%i cents at %i %% off are %i half-up and %i half-even', (cents, percent, halfUp, halfEven) => {
    expect(effectivePrice(cents, offer(percent), 'half-up')).toBe(halfUp);
    expect(effectivePrice(cents, offer(percent), 'half-even')).toBe(halfEven);
  });

  test('half-up is the floor of the doubled fraction plus one half, for all amounts', () => {
    fc.assert(fc.property(prices, percents, (cents, percent) => {
      const exact = (2n * BigInt(cents) * BigInt(100 - percent) + 100n) / 200n;
      expect(effectivePrice(cents, offer(percent), 'half-up')).toBe(Number(exact));
    }));
  });

  test('the roundings differ by one cent, exactly where a half falls on an even cent', () => {
    fc.assert(fc.property(prices, percents, (cents, percent) => {
      const hundredths = cents * (100 - percent);
      const isEvenHalf = hundredths % 100 === 50 && Math.floor(hundredths / 100) % 2 === 0;
      expect(toWholeCents(hundredths, 'half-up') - toWholeCents(hundredths, 'half-even')).toBe(isEvenHalf ? 1 : 0);
    }));
  });
});
