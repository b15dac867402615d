import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { medianPartition } from './median.ts';

const runsOf = (texts: readonly string[]): Int32Array[] => texts.map((text) => Int32Array.from(text, (letter) => letter.charCodeAt(0) - 97));
/** Labels as letters by first appearance: `aabbc`. */
const shape = (labels: Int32Array): string => {
  const order = [...new Set(labels)];
  return Array.from(labels, (label) => String.fromCharCode(97 + order.indexOf(label))).join('');
};
const run = (size: number): fc.Arbitrary<Int32Array> => fc.array(fc.nat(Math.min(4, size - 1)), { minLength: size, maxLength: size }).map((labels) => Int32Array.from(labels));
const ensembles = fc.integer({ min: 2, max: 9 }).chain((size) => fc.array(run(size), { minLength: 1, maxLength: 7 }));

/** Pairs on which a division and the runs disagree, by definition. */
function disagreements(labels: Int32Array, runs: readonly Int32Array[]): number {
  let count = 0;
  for (const other of runs) {
    for (let a = 0; a < labels.length; a += 1) for (let b = 0; b < a; b += 1) if ((labels[a] === labels[b]) !== (other[a] === other[b])) count += 1;
  }
  return count;
}

describe('the median of several divisions', () => {
  test('of runs that all agree is what they say', () => {
    expect(shape(medianPartition(runsOf(['aabbc', 'bbcca', 'ccaab']), []))).toBe('aabbc');
  });

  test('is what most say of each pair, and no run has to have said all of it', () => {
    expect(shape(medianPartition(runsOf(['aabbbb', 'aaabcc', 'abccdd']), []))).toBe('aabbcc');
  });

  test('disagrees with the runs on no more pairs than any one of the runs does', () => {
    fc.assert(fc.property(ensembles, (runs) => {
      const median = disagreements(medianPartition(runs, []), runs);
      for (const labels of runs) expect(median).toBeLessThanOrEqual(disagreements(labels, runs));
    }), { numRuns: 300 });
  });

  test('does not care what the runs call their communities', () => {
    fc.assert(fc.property(ensembles, fc.nat(4), (runs, turn) => {
      const renamed = runs.map((labels) => labels.map((label) => (label + turn) % 9));
      expect(disagreements(medianPartition(renamed, []), runs)).toBe(disagreements(medianPartition(runs, []), runs));
    }), { numRuns: 100 });
  });

  test('keeps apart what every run keeps apart', () => {
    fc.assert(fc.property(ensembles, fc.nat(), fc.nat(), (runs, x, y) => {
      const size = runs[0]?.length ?? 1;
      const [a, b] = [x % size, y % size];
      const parted = runs.map((labels) => labels.map((label, node) => (a !== b && node === a && label === labels[b] ? 8 : label)));
      if (a !== b) expect(medianPartition(parted, [[a, b]])[a]).not.toBe(medianPartition(parted, [[a, b]])[b]);
    }), { numRuns: 200 });
  });
});
