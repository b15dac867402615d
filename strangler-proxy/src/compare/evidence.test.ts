import { describe, expect, test } from '@jest/globals';
import { judge } from './evidence.ts';
import { emptyTally, tallied, type RouteTally } from './tally.ts';

const thresholds = { minSamples: 300, maxMismatchRate: 0.01, maxLatencyRatio: 2 };
const noted = (samples: number, mismatched = 0, more: Partial<RouteTally> = {}): RouteTally => ({ ...emptyTally('2026-01-01T00:00:00.000Z'), samples, mismatched, matched: samples - mismatched, latency: { control: { 0: samples }, candidate: { 0: samples } }, ...more });

describe('evidence', () => {
  test('is insufficient before there is enough of it, which is neither a pass nor a failure', () => {
    expect(judge(noted(0), thresholds)).toMatchObject({ verdict: 'insufficient', mismatchRateAtMost: 1 });
    expect(judge(noted(299), thresholds).verdict).toBe('insufficient');
    expect(judge(noted(300), thresholds).because).toContain('may still be');
  });

  test('is enough after 332 clean pairs when one in a hundred may differ', () => {
    expect(judge(noted(331), thresholds).verdict).toBe('insufficient');
    expect(judge(noted(332), thresholds)).toMatchObject({ verdict: 'enough', mismatchRate: 0 });
    expect(judge(noted(332), thresholds).mismatchRateAtMost).toBeLessThan(0.01);
  });

  test('asks for ten times as many when a tenth as many may differ', () => {
    expect(judge(noted(3_331), { ...thresholds, maxMismatchRate: 0.001 }).verdict).toBe('insufficient');
    expect(judge(noted(3_332), { ...thresholds, maxMismatchRate: 0.001 }).verdict).toBe('enough');
  });

  test('forgives a mismatch if there are many more pairs, and not before', () => {
    expect(judge(noted(400, 1), thresholds).verdict).toBe('insufficient');
    expect(judge(noted(2_000, 1), thresholds).verdict).toBe('enough');
  });

  test('fails early when far too many differ', () => {
    expect(judge(noted(20, 10), thresholds).verdict).toBe('failed');
  });

  test('is insufficient when too many agreed only when asked again: a candidate that is wrong one time in twenty does not pass as lag', () => {
    expect(judge(noted(900, 0, { settled: 54 }), thresholds)).toMatchObject({ verdict: 'insufficient', settled: 54 });
    expect(judge(noted(900, 0, { settled: 9 }), thresholds).verdict).toBe('enough');
    expect(judge(noted(900, 0, { settled: 54 }), { ...thresholds, maxSettledRate: 0.1 }).verdict).toBe('enough');
  });

  test('fails when the candidate is too slow', () => {
    expect(judge(noted(500, 0, { latency: { control: { 0: 500 }, candidate: { 40: 500 } } }), thresholds)).toMatchObject({ verdict: 'failed' });
  });

  test('with no mismatch allowed, one is a failure and the asked number of clean pairs is enough', () => {
    const strict = { ...thresholds, maxMismatchRate: 0 };
    expect(judge(noted(300), strict).verdict).toBe('enough');
    expect(judge(noted(300, 1), strict).verdict).toBe('failed');
  });

  test('holds however often one looks: a candidate at the limit passes in fewer than 5 % of migrations', () => {
    let seed = 42;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    const everPassed = Array.from({ length: 200 }, () => {
      for (let n = 1, k = 0; n <= 3_000; n += 1) {
        if (random() < 0.05) k += 1;
        if (n % 100 === 0 && judge(noted(n, k), { ...thresholds, minSamples: 1, maxMismatchRate: 0.05 }).verdict === 'enough') return true;
      }
      return false;
    }).filter(Boolean).length;
    expect(everPassed / 200).toBeLessThan(0.05);
  });
});

describe('a tally', () => {
  const differing = { path: 'body:/items/3/at', pattern: 'body:/items/*/at', kind: 'value', control: 1, candidate: 2 } as const;
  const latencyMs = { control: 10, candidate: 20 };

  test('counts a pair once per pattern and keeps a few examples, cut to a readable length', () => {
    const long = { ...differing, control: 'x'.repeat(500) };
    const tally = Array.from({ length: 5 }).reduce<RouteTally>((sum) => tallied(sum, { differences: [long, differing], noise: new Set(), settled: new Set(), latencyMs }), emptyTally(''));
    expect(tally).toMatchObject({ samples: 5, matched: 0, mismatched: 5 });
    expect(tally.paths['body:/items/*/at']).toMatchObject({ count: 5, kinds: { value: 5 } });
    expect(tally.paths['body:/items/*/at']?.examples).toHaveLength(3);
    expect(tally.paths['body:/items/*/at']?.examples[0]?.control).toHaveLength(200);
  });

  test('a difference that was gone when both were asked again is settled, and counted apart', () => {
    const tally = tallied(emptyTally(''), { differences: [differing], noise: new Set(), settled: new Set([differing.pattern]), latencyMs });
    expect(tally).toMatchObject({ samples: 1, matched: 1, mismatched: 0, noise: 0, settled: 1, paths: {} });
  });

  test('counts a pair as matched when the control differed from itself wherever the candidate did', () => {
    const tally = tallied(emptyTally(''), { differences: [differing], noise: new Set([differing.pattern]), settled: new Set(), latencyMs });
    expect(tally).toMatchObject({ samples: 1, matched: 1, mismatched: 0, noise: 1 });
    expect(tally.paths[differing.pattern]).toMatchObject({ count: 0, noise: 1 });
  });

  test('does not let noise in one place excuse a difference in another', () => {
    const tally = tallied(emptyTally(''), { differences: [differing, { ...differing, path: 'status', pattern: 'status' }], noise: new Set([differing.pattern]), settled: new Set(), latencyMs });
    expect(tally).toMatchObject({ matched: 0, mismatched: 1 });
  });
});
