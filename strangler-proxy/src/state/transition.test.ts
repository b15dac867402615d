import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StranglerError, type Stage } from '@strangler/kernel';
import { judge } from '../compare/evidence.ts';
import { emptyTally } from '../compare/tally.ts';
import { parseStage, stageNotation } from './stage-notation.ts';
import { refusal, rollbackStage, targetStage, type RouteFacts } from './transition.ts';

const read: RouteFacts = { id: 'products.read', match: 'GET /products/:id', to: 'catalog', write: false, configured: 'monolith' };
const write: RouteFacts = { ...read, id: 'products.create', match: 'POST /products', write: true };
const thresholds = { minSamples: 10, maxMismatchRate: 0.9, maxLatencyRatio: 5 };
const enough = judge({ ...emptyTally(''), samples: 100, matched: 100 }, thresholds);
const little = judge(emptyTally(''), thresholds);
const failed = judge({ ...emptyTally(''), samples: 100, mismatched: 100 }, { ...thresholds, maxMismatchRate: 0.01 });
const canary = (percent: number): Stage => ({ canary: { percent, stickyBy: 'client' } });
const code = (act: () => unknown): string | undefined => {
  try {
    const result = act();
    return result instanceof StranglerError ? result.code : undefined;
  } catch (error) {
    return error instanceof StranglerError ? error.code : String(error);
  }
};
const refused = (route: RouteFacts, from: Stage, to: Stage, evidence = enough, force = false): string | undefined => code(() => refusal(route, from, to, evidence, force));

describe('promoting a read', () => {
  test('climbs one step at a time: shadow, canary 5, 25, 50, 100, service, retired', () => {
    const climbed: string[] = [];
    for (let stage: Stage = 'monolith'; stage !== 'retired'; climbed.push(stageNotation(stage))) stage = targetStage(read, stage, undefined, undefined);
    expect(climbed).toEqual(['shadow:1', 'canary:5', 'canary:25', 'canary:50', 'canary:100', 'service', 'retired']);
    expect(code(() => targetStage(read, 'retired', undefined, undefined))).toBe('STR_NOTHING_TO_PROMOTE');
  });

  test('needs no evidence to be shadowed, and evidence for each step that more callers will notice', () => {
    expect(refused(read, 'monolith', { shadow: { sample: 1 } }, little)).toBeUndefined();
    expect(refused(read, { shadow: { sample: 1 } }, canary(5), little)).toBe('STR_EVIDENCE_INSUFFICIENT');
    expect(refused(read, canary(5), canary(50), failed)).toBe('STR_EVIDENCE_FAILED');
    expect(refused(read, canary(50), 'service', enough)).toBeUndefined();
    expect(refused(read, 'monolith', 'service', little)).toBe('STR_EVIDENCE_INSUFFICIENT');
  });

  test('can be forced past evidence, not past the ladder', () => {
    expect(refused(read, 'monolith', 'service', failed, true)).toBeUndefined();
    expect(refused(read, canary(50), 'retired', enough, true)).toBe('STR_STAGE_SKIPPED');
    expect(refused(read, canary(50), canary(5), enough, true)).toBe('STR_NOT_A_PROMOTION');
  });

  test('keeps the sticky key of its canary, or takes the config\'s', () => {
    expect(targetStage({ ...read, configured: { canary: { percent: 5, stickyBy: 'header:x-user' } } }, 'monolith', 'canary:5', undefined)).toEqual({ canary: { percent: 5, stickyBy: 'header:x-user' } });
    expect(targetStage(read, { canary: { percent: 5, stickyBy: 'cookie:sid' } }, undefined, undefined)).toEqual({ canary: { percent: 25, stickyBy: 'cookie:sid' } });
    expect(targetStage(read, 'monolith', 'canary:5', 'header:x-a')).toEqual({ canary: { percent: 5, stickyBy: 'header:x-a' } });
  });
});

describe('promoting a write', () => {
  test('is refused by name where it would have two effects or two owners, forced or not', () => {
    for (const force of [false, true]) {
      expect(refused(write, 'monolith', { shadow: { sample: 1 } }, enough, force)).toBe('STR_UNSAFE_SHADOW');
      expect(refused(write, 'monolith', canary(5), enough, force)).toBe('STR_SPLIT_BRAIN');
      expect(refused(write, 'monolith', 'service', enough, force)).toBe('STR_CUTOVER_NEEDED');
    }
  });

  test('may be shadowed against a sandbox, and canaried by the key that divides its rows', () => {
    expect(refused(write, 'monolith', { shadow: { sample: 1, sandbox: 'http://sandbox.example' } })).toBeUndefined();
    expect(refused({ ...write, dividedBy: 'header:x-tenant' }, 'monolith', { canary: { percent: 5, stickyBy: 'header:x-tenant' } })).toBeUndefined();
    expect(targetStage({ ...write, dividedBy: 'header:x-tenant' }, 'monolith', 'canary:5', undefined)).toEqual({ canary: { percent: 5, stickyBy: 'header:x-tenant' } });
  });
});

const anyStage: fc.Arbitrary<Stage> = fc.oneof(fc.constantFrom<Stage>('monolith', 'service', 'retired'), fc.integer({ min: 1, max: 100 }).map(canary), fc.integer({ min: 1, max: 100 }).map((percent): Stage => ({ shadow: { sample: percent / 100 } })));

describe('laws of the ladder', () => {
  test('from anywhere, rollback reaches the monolith', () => {
    fc.assert(fc.property(anyStage, fc.boolean(), (from, writes) => {
      if (from !== 'monolith') expect(rollbackStage(writes ? write : read, from, undefined)).toBe('monolith');
    }));
  });

  test('no step lets more callers see the service without evidence', () => {
    fc.assert(fc.property(anyStage, anyStage, (from, to) => {
      if (refused(read, from, to, little) === undefined) expect(typeof to === 'object' && 'shadow' in to ? 'shadow' : to).toMatch(/^(shadow|retired)$/);
    }));
  });

  test('of two stages at most one is forward, and a rollback never is', () => {
    fc.assert(fc.property(anyStage, anyStage, (from, to) => {
      const back = code(() => rollbackStage(read, from, stageNotation(to))) === undefined;
      if (back) expect(refused(read, from, to, enough, true)).toBe('STR_NOT_A_PROMOTION');
    }));
  });

  test('a stage reads back as it was printed', () => {
    fc.assert(fc.property(anyStage, (stage) => { expect(parseStage(stageNotation(stage), { sample: 1, stickyBy: 'client' })).toEqual(stage); }));
  });

  test.each(['canary', 'canary:0', 'canary:101', 'shadow:0', 'shadow:2', 'service:5', 'CANARY:5', 'canary:5:5', '', 'canary:-5', 'canary:1e1'])('%j is no stage', (text) => {
    expect(code(() => parseStage(text, { sample: 1, stickyBy: 'client' }))).toBe('STR_BAD_STAGE');
  });
});
