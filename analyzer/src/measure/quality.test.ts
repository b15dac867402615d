import { describe, expect, test } from '@jest/globals';
import { quality } from './quality.ts';

const labels = new Map([['a', '1'], ['b', '1'], ['c', '2'], ['d', '2']]);
const flows = [{ from: 'a', to: 'b', weight: 3 }, { from: 'c', to: 'd', weight: 3 }, { from: 'b', to: 'c', weight: 1 }];

describe('structural quality', () => {
  test('matches the definitions, worked out by hand on four classes', () => {
    const found = quality(labels, flows);
    expect(found.sm).toBeCloseTo(1 / 4 - 1 / 8, 10);
    expect(found.smAsPublished).toBeCloseTo(1 / 4 - 2 / 8, 10);
    expect(found.icp).toBeCloseTo(1 / (2 * (Math.log(3) + 1) + 1), 10);
    expect(found.ifn).toBe(0.5);
    expect(found.ned).toBe(1);
    expect(found.modularity).toBeCloseTo(6 / 7 - 2 * 0.25, 10);
  });

  test('counts a pair that calls both ways twice by definition, once as the published code does', () => {
    const found = quality(labels, [...flows, { from: 'b', to: 'a', weight: 1 }, { from: 'c', to: 'b', weight: 1 }, { from: 'a', to: 'a', weight: 9 }]);
    expect(found.sm).toBeCloseTo((2 / 4 + 1 / 4) / 2 - 2 / 8, 10);
    expect(found.smAsPublished).toBeCloseTo(1 / 4 - 2 / 8, 10);
    expect(found.ifn).toBe(0.5);
  });

  test('one context that holds everything couples with nobody', () => {
    expect(quality(new Map([...labels.keys()].map((item) => [item, 'all'])), flows)).toMatchObject({ icp: 0, ifn: 0, largest: 1, modularity: 0 });
  });

  test('a system without flows has no coupling to speak of', () => {
    expect(quality(labels, [])).toMatchObject({ icp: 0, ifn: 0, sm: 0, modularity: 0 });
  });
});
