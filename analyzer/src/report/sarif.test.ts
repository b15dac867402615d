import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analysed, hostileName, renamedCatalog } from '../../test/analysed-shop.ts';
import { complaints, sarifSchema } from '../../test/schema.ts';
import { firstBaseline, hold } from '../hold/hold.ts';
import { bookshop } from '../model/sample-system.ts';
import { sarif } from './sarif.ts';

interface Log {
  readonly runs: readonly [{
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string; readonly ruleIndex: number; readonly level: string; readonly baselineState?: string; readonly occurrenceCount: number;
      readonly partialFingerprints: Readonly<Record<string, string>>;
      readonly locations: readonly [{ readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: { readonly startLine: number } } }];
    }[];
  }];
}
const logOf = (text: string): Log => JSON.parse(text) as Log;
const validate = sarifSchema();
const shop = analysed();
const gap = { kind: 'query' as const, what: 'db(name)', why: 'dynamic', evidence: { file: 'orders/orders.ts', line: 3 } };
const held = hold(analysed({ ...bookshop(), unresolved: [gap] }), { ...firstBaseline(shop), crossings: {} }, {});

describe('SARIF', () => {
  test('is what its schema wants, with a baseline and without', () => {
    for (const text of [sarif(shop), sarif(shop, { base: 'src/', held })]) expect(complaints(validate, JSON.parse(text))).toEqual([]);
  });

  test('is so whatever the source is called, and its addresses are relative', () => {
    fc.assert(fc.property(hostileName, (name) => {
      const log = logOf(sarif(renamedCatalog(name), { base: `${name}/` }));
      expect(complaints(validate, log)).toEqual([]);
      for (const { locations: [{ physicalLocation: { artifactLocation } }] } of log.runs[0].results) expect(artifactLocation.uri).toMatch(/^[\w.!~*'()%-]+(?:\/[\w.!~*'()%-]+)*$/);
    }), { numRuns: 30 });
  });

  test('has a result per crossing, each under its rule, writes and transactions as errors', () => {
    const { results, tool: { driver: { rules } } } = logOf(sarif(shop)).runs[0];
    expect(results.filter(({ ruleId }) => ruleId.startsWith('cross-context-')).reduce((sum, { occurrenceCount }) => sum + occurrenceCount, 0)).toBe(shop.cuts.length);
    expect(results.every(({ ruleId, ruleIndex }) => rules[ruleIndex]?.id === ruleId)).toBe(true);
    expect(new Set(results.filter(({ level }) => level === 'error').map(({ ruleId }) => ruleId))).toEqual(new Set(['cross-context-transaction', 'cross-context-write']));
  });

  test('knows a finding again after its lines have moved', () => {
    const moved = JSON.parse(JSON.stringify(shop), (key, value: unknown) => (key === 'line' ? (value as number) + 40 : value)) as typeof shop;
    const prints = (text: string): string[] => logOf(text).runs[0].results.map(({ partialFingerprints }) => partialFingerprints['strangler/v1'] ?? '').sort();
    expect(prints(sarif(moved))).toEqual(prints(sarif(shop)));
    expect(new Set(prints(sarif(shop))).size).toBe(prints(sarif(shop)).length);
  });

  test('says against a baseline of every result whether it is new, the new ones first', () => {
    const states = logOf(sarif(analysed({ ...bookshop(), unresolved: [gap] }), { base: '', held: hold(analysed(), { ...firstBaseline(shop), crossings: { any: [held.crossings[0]?.identity ?? ''] } }, {}) })).runs[0].results.map(({ baselineState }) => baselineState);
    expect(new Set(states)).toEqual(new Set(['new', 'unchanged']));
    expect(states).toEqual([...states].sort());
  });
});
