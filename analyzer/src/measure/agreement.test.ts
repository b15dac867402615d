import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { agreement, type Labels } from './agreement.ts';

const labels = (text: string): Labels => new Map(Array.from(text, (label, i) => [String(i), label] as const));
const partitions = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 2, maxLength: 40 }).map((all) => labels(all.join('')));

describe('agreement of two partitions', () => {
  test('matches values worked out by hand', () => {
    // Pairs together in both: 2 of 4 found and 6 true, of 15. ARI = (2 − 1.6) ÷ (5 − 1.6); F1 = 2·2 ÷ 10.
    const found = agreement(labels('aabbcc'), labels('aaabbb'));
    expect(found.items).toBe(6);
    expect(found.ari).toBeCloseTo((2 - (3 * 6) / 15) / ((3 + 6) / 2 - (3 * 6) / 15), 10);
    expect(found.f1).toBeCloseTo((2 * 2) / 9, 10);
    // One item moves and two clusters join; the worst partition of 3 + 3 needs 5.
    expect(found.mojofm).toBeCloseTo(100 * (1 - 2 / 4), 0);
  });

  test('items that the truth does not label are not scored', () => {
    expect(agreement(new Map([['x', '1'], ['y', '1'], ['z', '2']]), new Map([['x', 'a'], ['y', 'a']])).items).toBe(2);
  });

  test('a partition agrees with itself fully, whatever its labels are called', () => {
    fc.assert(fc.property(partitions, (its) => {
      const renamed: Labels = new Map([...its].map(([item, label]) => [item, `context ${label}`]));
      expect(agreement(renamed, its)).toMatchObject({ ari: 1, f1: 1, mojofm: 100 });
    }));
  });

  test('ARI and F1 do not ask which of the two is the truth', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y', 'z')), { minLength: 2, maxLength: 30 }), (pairs) => {
      const [one, other] = [labels(pairs.map(([a]) => a).join('')), labels(pairs.map(([, b]) => b).join(''))];
      expect(agreement(one, other).ari).toBeCloseTo(agreement(other, one).ari, 9);
      expect(agreement(one, other).f1).toBeCloseTo(agreement(other, one).f1, 9);
    }));
  });
});
