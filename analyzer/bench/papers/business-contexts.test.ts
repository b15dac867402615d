import { describe, expect, test } from '@jest/globals';
import { businessContexts } from './business-contexts.ts';

const contexts = new Map([['Catalog', ['browse', 'search']], ['Cart', ['order']], ['Payment', ['order', 'refund']]]);

describe('business contexts of a partition', () => {
  test('are the mean logarithm of the use cases that touch a community, worked out by hand', () => {
    const labels = new Map([['Catalog', 'a'], ['Cart', 'b'], ['Payment', 'b']]);
    expect(businessContexts(labels, contexts)).toBeCloseTo((Math.log(2) + Math.log(2)) / 2, 12);
  });

  test('count a use case once however many classes share it, and a class nobody traced as one unknown', () => {
    expect(businessContexts(new Map([['Cart', 'a'], ['Payment', 'a'], ['Printer', 'a']]), contexts)).toBeCloseTo(Math.log(3), 12);
    expect(businessContexts(new Map([['Printer', 'a']]), contexts)).toBe(0);
  });
});
