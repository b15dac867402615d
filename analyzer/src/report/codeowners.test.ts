import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analysed, hostileName, renamedCatalog } from '../../test/analysed-shop.ts';
import type { Analysis } from '../propose/analysis.ts';
import { codeowners } from './codeowners.ts';

/** CODEOWNERS as GitHub reads it: patterns of gitignore without `!` and `[ ]`, `\ ` for a space, the last match wins. Undefined: nobody. */
function ownersIn(text: string): (path: string) => string | undefined {
  const rules = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const [, pattern = '', owner] = /^((?:\\.|[^\s\\])+)(?: (@\S+))?$/u.exec(line) ?? [];
    const source = pattern.replace(/\\(.)|(\*\*\/|\*)|(\?)|([.+^${}()|])/gu, (_whole, escaped?: string, star?: string, mark?: string, sign?: string) =>
      escaped ?? (star !== undefined ? (star === '*' ? '[^/]*' : '(?:.*/)?') : mark !== undefined ? '[^/]' : `\\${String(sign)}`));
    expect(pattern).toMatch(/^\/[^[\]!#]*$/);
    return { matches: new RegExp(`^${source.slice(1)}${pattern.endsWith('/') ? '' : '(?:/.*)?$'}`, 'u'), owner };
  });
  return (path) => rules.findLast(({ matches }) => matches.test(path))?.owner;
}

const misplaced = (analysis: Analysis, base = ''): string[] => {
  const ownerOf = ownersIn(codeowners(analysis, { base }));
  const teams = new Map(analysis.contexts.map(({ modules }) => [ownerOf(base + (modules[0] ?? '')), modules]));
  return [
    ...(teams.size === analysis.contexts.length ? [] : ['two contexts share a team']),
    ...[...teams].flatMap(([team, modules]) => modules.filter((module) => team === undefined || ownerOf(base + module) !== team)),
    ...analysis.shared.modules.filter((module) => ownerOf(base + module) !== undefined),
  ];
};

describe('CODEOWNERS', () => {
  test('gives each context exactly its modules, and shared code to nobody', () => {
    expect(misplaced(analysed())).toEqual([]);
  });

  test('does so below a folder of the repository, too', () => {
    expect(misplaced(analysed(), 'packages/my shop/src/')).toEqual([]);
  });

  test('does so whatever contexts and folders are called', () => {
    fc.assert(fc.property(hostileName, (name) => { expect(misplaced(renamedCatalog(name))).toEqual([]); }), { numRuns: 40 });
  });

  test('of a layered system is a pattern per word, and still gives each context exactly its modules', () => {
    const shop = analysed();
    const layered = { ...shop, contexts: shop.contexts.map((context) => ({ ...context, modules: ['controllers', 'entities', 'services'].map((layer) => `${layer}/${context.name}.${layer}.ts`) })) };
    expect(misplaced(layered, 'src/')).toEqual([]);
    expect(codeowners(layered, { base: 'src/' }).split('\n').filter((line) => line.startsWith('/'))).toEqual(['/src/**/catalog.* @org/catalog', '/src/**/customers.* @org/customers', '/src/**/orders.* @org/orders', '/src/**/stock.* @org/stock']);
  });

  test('gives no team a folder of which it has the smaller part', () => {
    const shop = analysed();
    const mixed = { ...shop, contexts: shop.contexts.map((context, i) => ({ ...context, modules: Array.from({ length: i === 0 ? 3 : 2 }, (_, n) => `services/${context.name}${String(n)}.ts`) })) };
    expect(misplaced(mixed)).toEqual([]);
    expect(codeowners(mixed)).not.toMatch(/^\/services\/ /m);
  });

  test('says a folder in one line', () => {
    expect(codeowners(analysed()).split('\n').filter((line) => line.startsWith('/'))).toEqual(['/catalog/ @org/catalog', '/customers/ @org/customers', '/orders/ @org/orders', '/stock/ @org/stock']);
  });
});
