import { describe, expect, test } from '@jest/globals';
import { parseMark } from './publication-mark.ts';

describe('the mark of a publication', () => {
  test('says what it publishes, and an entry for each table', () => {
    expect(parseMark('strangler 16500 t t t t t f 16501:16384,16502:16390')).toEqual({ rest: 'strangler 16500 t t t t t f', entries: new Set(['16501:16384', '16502:16390']) });
  });

  test('may have no table', () => {
    expect(parseMark('strangler 16500 t t t t t f')).toEqual({ rest: 'strangler 16500 t t t t t f', entries: new Set() });
  });

  test.each(['strangler 0cc175b9c0f1b6a831c399e269772661', 'somebody\'s comment', ''])('is nothing else: %s', (comment) => {
    expect(parseMark(comment)).toBeUndefined();
  });
});
