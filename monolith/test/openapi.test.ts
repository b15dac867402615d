import { expect, test } from '@jest/globals';
import { createApp } from '../src/app.ts';
import { disagreements, documentedEndpoints } from './openapi.ts';
import { mountedEndpoints } from './router.ts';

test('the document names exactly the endpoints that the application answers', () => {
  const mounted = mountedEndpoints(createApp());
  expect(mounted).toContain('PATCH /api/cart/items/{}');
  expect(mounted).toEqual(documentedEndpoints());
});

test('an answer that is not what the document promises is noticed', () => {
  const price = { productId: 1, currency: 'EUR', listPrice: 100, effectivePrice: 100, percentOff: 0, priceRuleId: null };
  expect(disagreements('GET', '/products/1/price', 200, price)).toEqual([]);
  expect(disagreements('GET', '/products/1/price', 200, { ...price, percentOff: 91 })).toEqual([expect.stringContaining('/percentOff is 91')]);
  expect(disagreements('GET', '/products/1/price', 200, { ...price, listPrice: '1.00' })).toEqual([expect.stringContaining('/listPrice is string')]);
  expect(disagreements('GET', '/products/1/price', 200, { ...price, extra: 1 })).toEqual([expect.stringContaining('/extra is not documented')]);
  expect(disagreements('GET', '/products/1/price', 200, {})).toHaveLength(6);
  expect(disagreements('GET', '/products/1/price', 500, {})).toEqual([expect.stringContaining('500, which is not documented')]);
  expect(disagreements('GET', '/products/1/cost', 200, {})).toEqual([expect.stringContaining('is not documented')]);
});
