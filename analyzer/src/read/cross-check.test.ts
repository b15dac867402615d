import { describe, expect, test } from '@jest/globals';
import type { ImportEdge } from '../model/graph.ts';
import { compare } from './cross-check.ts';

const edge = (from: string, to: string, more: Partial<ImportEdge> = {}): ImportEdge =>
  ({ from, to, kind: 'value', test: false, symbols: [], through: [], evidence: { file: from, line: 1 }, ...more });
const modules = new Set(['a.ts', 'b.ts', 'barrel.ts', 'c.ts']);

describe('disagreements with madge', () => {
  test('edges both see are no news', () => {
    expect(compare({ 'a.ts': ['b.ts'] }, [edge('a.ts', 'b.ts')], modules)).toEqual([]);
  });

  test('a barrel is where madge stops and we go on: said on both sides', () => {
    const found = compare({ 'a.ts': ['barrel.ts'] }, [edge('a.ts', 'c.ts', { through: ['barrel.ts'] })], modules);
    expect(found.map(({ to, seenBy, because }) => [to, seenBy, because.split(':')[0]])).toEqual([['barrel.ts', 'madge', 'through a barrel'], ['c.ts', 'strangler', 'through a barrel']]);
  });

  test('types and late loading are named as the reason', () => {
    expect(compare({}, [edge('a.ts', 'b.ts', { kind: 'type' }), edge('a.ts', 'c.ts', { kind: 'dynamic' })], modules).map(({ because }) => because)).toEqual(['type-only', 'loaded inside a function']);
  });
});
