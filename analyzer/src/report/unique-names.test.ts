import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uniqueNames } from './unique-names.ts';

const spell = (name: string): string => name.replace(/[^a-z]+/g, '-') || 'x';

describe('names in another notation', () => {
  test('are never alike, not even in another case, and keep to the limit', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.string({ maxLength: 12 }), { maxLength: 40 }), (names) => {
      const spelled = [...uniqueNames(names, spell, { most: 8 }).values()];
      expect(new Set(spelled.map((name) => name.toLowerCase())).size).toBe(names.length);
      expect(spelled.every((name) => name.length <= 8)).toBe(true);
    }));
  });

  test('stay what they are where they can', () => {
    expect([...uniqueNames(['a b', 'a-b', 'a+b'], spell)]).toEqual([['a-b', 'a-b'], ['a b', 'a-b_2'], ['a+b', 'a-b_3']]);
  });
});
