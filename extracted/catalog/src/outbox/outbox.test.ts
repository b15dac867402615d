import { expect, test } from '@jest/globals';
import { categoryCreated, productChanged, productCreated } from '../domain/events.ts';
import { toOutboxRow } from './outbox.ts';

const at = new Date('2024-05-01T10:00:00Z');
const teapot = {
  id: 7, categoryId: 3, sku: 'TEA-1', name: 'Teapot', description: '', priceCents: 1990, currency: 'EUR', weightGrams: 800, active: true,
  createdAt: at, updatedAt: at,
};

test('an event is keyed by its product and carries all of it', () => {
  expect(toOutboxRow(productCreated(teapot, 2))).toEqual({
    aggregatetype: 'product', aggregateid: '7', type: 'ProductCreated', payload: { ...teapot, by: 2 },
  });
});

test('a change names the fields that were sent, in order', () => {
  const { type, payload } = toOutboxRow(productChanged(teapot, { sku: 'TEA-1', name: 'Teapot' }, 2));
  expect([type, payload['changed']]).toEqual(['ProductChanged', ['name', 'sku']]);
});

test('taking a product off the shelf is its retirement', () => {
  const { type, payload } = toOutboxRow(productChanged({ ...teapot, active: false }, { active: false }, 2));
  expect([type, payload['active'], 'changed' in payload]).toEqual(['ProductRetired', false, false]);
});

test('a category is an aggregate of its own', () => {
  const row = toOutboxRow(categoryCreated({ id: 3, parentId: null, name: 'Tea', slug: 'tea' }, 2));
  expect(row).toMatchObject({ aggregatetype: 'category', aggregateid: '3', type: 'CategoryCreated' });
});
