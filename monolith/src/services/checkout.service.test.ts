import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { computeTotals, mergeItems } from './checkout.service.ts';

describe('the totals of an order', () => {
  test('tax is taken from what remains after the discount', () => {
    expect(computeTotals([1_000, 999], 10)).toEqual({ subtotalCents: 1_999, discountCents: 200, taxCents: 360, totalCents: 2_159 });
  });

  test('half a cent of discount goes up', () => {
    expect(computeTotals([1_990], 15).discountCents).toBe(299);
  });

  test('the parts always add up and the discount never exceeds the subtotal', () => {
    const lines = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 50 });
    fc.assert(
      fc.property(lines, fc.integer({ min: 0, max: 90 }), (lineTotals, percent) => {
        const totals = computeTotals(lineTotals, percent);
        expect(totals.subtotalCents - totals.discountCents + totals.taxCents).toBe(totals.totalCents);
        expect(totals.discountCents).toBeLessThanOrEqual(totals.subtotalCents);
      }),
    );
  });
});

test('the same product twice becomes one line, and lines are ordered by product', () => {
  const items = [
    { productId: 7, quantity: 1 },
    { productId: 3, quantity: 2 },
    { productId: 7, quantity: 4 },
  ];
  expect(mergeItems(items)).toEqual([
    { productId: 3, quantity: 2 },
    { productId: 7, quantity: 5 },
  ]);
});
