import { expect, test } from '@jest/globals';
import { ledger } from './ledger.ts';

const rows = (skus: string[], descriptions: [number, string][] = []) => ({ skus, descriptions: new Map(descriptions) });

test('an acknowledged product that is not there is lost', () => {
  const book = ledger();
  book.creating('TEA-1');
  book.created('TEA-1', 'acknowledged');
  expect(book.judge(rows([]))).toEqual({ lost: ['product TEA-1 was acknowledged and is not there'], duplicated: [] });
  expect(book.judge(rows(['TEA-1'])).lost).toEqual([]);
});

test('a product of unknown outcome may be there or not, but not twice', () => {
  const book = ledger();
  book.creating('TEA-1');
  book.created('TEA-1', 'unknown');
  expect(book.judge(rows([])).lost).toEqual([]);
  expect(book.judge(rows(['TEA-1', 'TEA-1'])).duplicated).toEqual(['product TEA-1 is there twice']);
});

test('a change of unknown outcome may have followed the last acknowledged one; an older value means that one is lost', () => {
  const book = ledger();
  book.changing(7, 'first');
  book.changed(7, 'first', 'acknowledged');
  book.changing(7, 'second');
  book.changed(7, 'second', 'acknowledged');
  book.changing(7, 'third');
  book.changed(7, 'third', 'unknown');
  expect(book.judge(rows([], [[7, 'third']])).lost).toEqual([]);
  expect(book.judge(rows([], [[7, 'second']])).lost).toEqual([]);
  expect(book.judge(rows([], [[7, 'first']])).lost).toEqual(["product 7 was acknowledged as 'second' and is 'first'"]);
});

test('a refused change must not show', () => {
  const book = ledger();
  book.changing(7, 'first');
  book.changed(7, 'first', 'acknowledged');
  book.changing(7, 'refused');
  book.changed(7, 'refused', 'refused');
  expect(book.judge(rows([], [[7, 'refused']])).lost).toHaveLength(1);
});
