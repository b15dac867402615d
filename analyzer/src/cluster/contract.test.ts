import { describe, expect, test } from '@jest/globals';
import { contract } from './contract.ts';

const edges = [{ a: 0, b: 1, weight: 1 }, { a: 1, b: 2, weight: 2 }, { a: 0, b: 2, weight: 4 }, { a: 2, b: 3, weight: 8 }];

describe('groups as single nodes', () => {
  test('edges inside a group vanish, edges out of it add up', () => {
    const small = contract(4, edges, [], [[0, 1]]);
    expect(small.size).toBe(3);
    expect(small.edges).toEqual([{ a: 0, b: 1, weight: 6 }, { a: 1, b: 2, weight: 8 }]);
    expect(small.groups).toEqual([0]);
    expect([...small.expand(Int32Array.of(7, 8, 9))]).toEqual([7, 7, 8, 9]);
  });

  test('a node that is banned from another stays itself', () => {
    const small = contract(4, edges, [[1, 3]], [[0, 1, 2], [1]]);
    expect([...small.expand(Int32Array.of(0, 1, 2))]).toEqual([0, 1, 0, 2]);
    expect(small.apart).toEqual([[1, 2]]);
    expect(small.groups).toEqual([0, undefined]);
  });
});
