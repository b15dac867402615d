import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { divide } from './divide.ts';
import { mergeParallel, type WeightedEdge } from './weighted-graph.ts';

/** Shelves of a bookshop: `shelves` cliques of `size` books each, neighbours tied by one thin thread. */
const bookshop = (shelves: number, size: number): WeightedEdge[] => mergeParallel([
  ...Array.from({ length: shelves }, (_, shelf) => pairs(size).map(([a, b]) => ({ a: shelf * size + a, b: shelf * size + b, weight: 3 }))).flat(),
  ...Array.from({ length: shelves - 1 }, (_, shelf) => ({ a: shelf * size, b: (shelf + 1) * size, weight: 1 })),
]);
const pairs = (size: number): [number, number][] => Array.from({ length: size }, (_, a) => Array.from({ length: a }, (__, b): [number, number] => [b, a])).flat();
const sizes = (labels: Int32Array): number[] => [...new Set(labels)].map((label) => labels.filter((other) => other === label).length).sort((a, b) => a - b);

describe('dividing a plain graph into as many communities as asked', () => {
  test('finds the cliques when asked for as many as there are', () => {
    const labels = divide(12, bookshop(3, 4), { communities: 3, seed: 1 });
    expect([...labels ?? []].map((label) => label === labels?.[0])).toEqual([...Array<boolean>(4).fill(true), ...Array<boolean>(8).fill(false)]);
    expect(sizes(labels ?? new Int32Array())).toEqual([4, 4, 4]);
  });

  test('joins neighbours when asked for fewer, splits when asked for more', () => {
    expect(sizes(divide(16, bookshop(4, 4), { communities: 2, seed: 1 }) ?? new Int32Array())).toEqual([8, 8]);
    expect(sizes(divide(12, bookshop(3, 4), { communities: 5, seed: 1 }) ?? new Int32Array())).toHaveLength(5);
    expect(sizes(divide(6, bookshop(2, 3), { communities: 3, seed: 1 }) ?? new Int32Array())).toEqual([2, 2, 2]);
  });

  test('has no answer where communities of two would not fit', () => {
    expect(divide(5, bookshop(1, 5), { communities: 3, seed: 1 })).toBeUndefined();
    expect(divide(5, bookshop(1, 5), { communities: 0, seed: 1 })).toBeUndefined();
  });

  test('follows another objective when given one', () => {
    const even = (labels: Int32Array): number => -Math.max(...sizes(labels));
    expect(sizes(divide(8, bookshop(2, 4), { communities: 4, seed: 1, objective: even }) ?? new Int32Array())).toEqual([2, 2, 2, 2]);
  });

  test('keeps its promise on any graph: the number, no single node, the same again', () => {
    const graph = fc.integer({ min: 4, max: 14 }).chain((size) => fc.record({
      size: fc.constant(size), communities: fc.integer({ min: 1, max: Math.floor(size / 2) }),
      edges: fc.array(fc.record({ a: fc.nat(size - 1), b: fc.nat(size - 1), weight: fc.integer({ min: 1, max: 9 }) }), { maxLength: 30 }),
    }));
    fc.assert(fc.property(graph, ({ size, communities, edges }) => {
      const merged = mergeParallel(edges.filter(({ a, b }) => a !== b));
      const labels = divide(size, merged, { communities, seed: 1 });
      expect(sizes(labels ?? new Int32Array())).toHaveLength(communities);
      expect(Math.min(...sizes(labels ?? new Int32Array()))).toBeGreaterThanOrEqual(2);
      expect(divide(size, merged, { communities, seed: 1 })).toEqual(labels);
    }), { numRuns: 12 });
  });
});
