import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { computeTotals, mergeItems } from './totals.ts';

const lines = (...cents: number[]) => cents.map((lineTotalCents) => ({ lineTotalCents }));

describe('the totals of an order', () => {
  test('tax is taken from what remains after the discount', () => {
    expect(computeTotals(lines(1_000, 999), 10)).toEqual({ subtotalCents: 1_999, discountCents: 200, taxCents: 360, totalCents: 2_159 });
  });

  test('half a cent of discount goes up', () => {
    expect(computeTotals(lines(1_990), 15).discountCents).toBe(299);
  });

  test('the parts always add up, and no discount exceeds what it is taken from', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 50 }), fc.integer({ min: 0, max: 90 }), (cents, percent) => {
      const totals = computeTotals(lines(...cents), percent);
      expect(totals.subtotalCents - totals.discountCents + totals.taxCents).toBe(totals.totalCents);
      expect(totals.discountCents).toBeLessThanOrEqual(totals.subtotalCents);
    }));
  });
});

test('the same product twice becomes one item, and items are ordered by product', () => {
  expect(mergeItems([{ productId: 7, quantity: 1 }, { productId: 3, quantity: 2 }, { productId: 7, quantity: 4 }])).toEqual([
    { productId: 3, quantity: 2 }, { productId: 7, quantity: 5 },
  ]);
});
