import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analysed, hostileName, renamedCatalog, SHOP_PINS } from '../../test/analysed-shop.ts';
import { hold } from '../hold/hold.ts';
import type { Analysis } from '../propose/analysis.ts';
import { contextMapper } from './context-mapper.ts';
import { markdown } from './markdown.ts';
import { mermaid } from './mermaid.ts';
import { structurizr } from './structurizr.ts';

/** Lines with every string literal emptied: what is left is ours, and must not depend on anybody's names. */
const skeleton = (text: string, literal: RegExp): string[] => text.split('\n').map((line) => line.replace(literal, '""'));
const RUNS = { numRuns: 30 };
const DSL_STRING = /"(?:[^"\\$]|\\"|\$(?!\{))*"/g;
const CML_STRING = /"(?:[^"\\]|\\["\\])*"/g;

describe('a name cannot leave its string', () => {
  test('in Structurizr\'s DSL', () => {
    fc.assert(fc.property(hostileName, (name) => {
      const lines = skeleton(structurizr(renamedCatalog(name)), DSL_STRING);
      expect(lines.filter((line) => line.includes('\\') || line.replaceAll('""', '').includes('"'))).toEqual([]);
      expect(lines.map((line) => line.replace(/context_\w*/g, 'context'))).toEqual(expectedDsl);
    }), RUNS);
  });

  test('in Context Mapper\'s CML', () => {
    fc.assert(fc.property(hostileName, (name) => {
      const lines = skeleton(contextMapper(renamedCatalog(name)), CML_STRING);
      expect(lines.filter((line) => !/^(?: *\/\* .* \*\/| *[\w^ ,=[\](){}>-]*(?:"")?(?:, "")*)$/.test(line))).toEqual([]);
      expect(lines.filter((line) => /\*\/./.test(line.trimEnd()))).toEqual([]);
    }), RUNS);
  });

  test('in a Mermaid label', () => {
    fc.assert(fc.property(hostileName, (name) => {
      for (const line of mermaid(renamedCatalog(name)).trimEnd().split('\n').slice(1)) expect(line).toMatch(/^ {2}(?:c\d+\["<b>[\p{L}\p{N} ./#;-]*<\/b><br\/>[\w ,]+"\]|c\d+ (?:==>|-->)\|\d+\| c\d+)$/u);
    }), RUNS);
  });
});

const expectedDsl = skeleton(structurizr(analysed()), DSL_STRING).map((line) => line.replace(/context_\w*/g, 'context'));

/** As many contexts as it takes, each needing each. */
function manifold(count: number): Analysis {
  const shop = analysed();
  const [context] = shop.contexts;
  const [cut] = shop.cuts;
  if (context === undefined || cut === undefined) throw new Error('the bookshop has contexts and cuts');
  const contexts = Array.from({ length: count }, (_, i) => ({ ...context, name: `context-with-a-long-name-${String(i)}`, modules: Array.from({ length: 40 }, (__, m) => `some/deep/folder/of/context-${String(i)}/module-${String(m)}.ts`) }));
  const cuts = contexts.flatMap(({ name: from }) => contexts.flatMap(({ name: to }) => (from === to ? [] : [{ ...cut, from, to }])));
  return { ...shop, contexts, cuts, decisions: Array.from({ length: 300 }, () => shop.decisions).flat(), model: { ...shop.model, unresolved: Array.from({ length: 2000 }, (_, i) => ({ kind: 'query' as const, what: `db(table${String(i)})`, why: 'dynamic', evidence: { file: 'a.ts', line: i + 1 } })) } };
}

describe('a system of any size', () => {
  const large = manifold(200);

  test('has a Markdown report that a pull request\'s comment can hold, and says what is left out', () => {
    const crowded = hold(large, { schemaVersion: 1, contexts: {}, shared: { libraries: {}, wiring: {} }, crossings: {}, unresolved: [] }, SHOP_PINS);
    const many = Array.from({ length: 500 }, () => crowded.crossings).flat();
    expect(many.length).toBeGreaterThan(1000);
    expect(markdown(large, { base: '', held: { ...crowded, crossings: many } }).length).toBeLessThan(65_536);
    const text = markdown(large);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/more in the JSON and HTML reports\./);
    expect(text.split('<details>').length).toBe(text.split('</details>').length);
  });

  test('has a map within Mermaid\'s limits of 500 edges and 50,000 characters, and says what is left out', () => {
    const text = mermaid(large);
    expect(text.length).toBeLessThan(50_000);
    expect(text.match(/-->|==>/g)?.length).toBeLessThanOrEqual(500);
    expect(text).toMatch(/%% 50 contexts and \d+ cheaper arrows are left out/);
  });
});

describe('the Markdown report', () => {
  test('pings nobody, links no issue and prints no markup, whatever the source is called', () => {
    fc.assert(fc.property(hostileName, (name) => {
      const outside = markdown(renamedCatalog(name)).replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
      expect(outside).not.toMatch(/(?<!&)#\d|@\w/);
      expect(outside.replace(/<\/?(?:details|summary)>/g, '')).not.toMatch(/[<>]/);
    }), RUNS);
  });
});
