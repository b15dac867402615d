import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { layered } from './page/layered.js';

const pull = (from: number, to: number, weight = 1): { from: number; to: number; weight: number } => ({ from, to, weight });

describe('the rows of a map', () => {
  test('who needs stands above who is needed', () => {
    // box office → tickets → seats, and box office → seats
    const [boxOffice, tickets, seats] = layered(3, [pull(0, 1), pull(1, 2), pull(0, 2)], 1);
    expect([boxOffice?.row, tickets?.row, seats?.row]).toEqual([0, 1, 2]);
  });

  test('contexts that need one another in a circle are ordered by the stronger need', () => {
    const rows = layered(2, [pull(0, 1, 1), pull(1, 0, 9)], 1).map(({ row }) => row);
    expect(rows).toEqual([1, 0]);
  });

  test('what nothing ties to the rest comes last', () => {
    expect(layered(3, [pull(1, 2)], 1).map(({ row }) => row)).toEqual([2, 0, 1]);
  });

  const drawings = fc.integer({ min: 1, max: 40 }).chain((n) => fc.record({
    n: fc.constant(n), perRow: fc.integer({ min: 1, max: 9 }),
    pulls: fc.array(fc.record({ from: fc.nat(n - 1), to: fc.nat(n - 1), weight: fc.integer({ min: 1, max: 50 }) }), { maxLength: 80 }),
  }));

  test('no two boxes share a place, no row is longer than there is room for, and the picture is the same every time', () => {
    fc.assert(fc.property(drawings, ({ n, perRow, pulls }) => {
      const spots = layered(n, pulls, perRow);
      expect(new Set(spots.map(({ x, row }) => `${String(x)} ${String(row)}`)).size).toBe(n);
      for (const { x } of spots) expect(Math.abs(x)).toBeLessThanOrEqual((perRow - 1) / 2);
      expect(layered(n, pulls, perRow)).toEqual(spots);
    }));
  });
});
