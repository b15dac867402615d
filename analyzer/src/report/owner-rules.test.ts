import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ownerRules, type OwnerRule } from './owner-rules.ts';

/** The last rule that covers a path decides, as GitHub has it. */
const ownerOf = (rules: readonly OwnerRule[], path: string): string | undefined => rules.findLast((rule) => path === rule.path || (rule.path.endsWith('/') && path.startsWith(rule.path)))?.owner;

const path = fc.array(fc.constantFrom('orders', 'stock', 'films', 'tax'), { minLength: 1, maxLength: 4 }).map((parts) => `${parts.join('/')}.ts`);
const owners = fc.dictionary(path, fc.constantFrom('ada', 'grace', 'edsger', undefined), { maxKeys: 30 }).map((all) => new Map(Object.entries(all)));

describe('rules of ownership', () => {
  test('give every module its owner, whatever the tree', () => {
    fc.assert(fc.property(owners, (its) => {
      const rules = ownerRules(its);
      for (const [module, owner] of its) expect([module, ownerOf(rules, module)]).toEqual([module, owner]);
    }));
  });

  test('are never more than one per module with an owner', () => {
    fc.assert(fc.property(owners, (its) => { expect(ownerRules(its).length).toBeLessThanOrEqual(its.size); }));
  });

  test('need one line for a folder of one owner, and one more for the file that is somebody else\'s', () => {
    const shop = new Map([...['a', 'b', 'c', 'd'].map((name): [string, string] => [`orders/${name}.ts`, 'ada']), ['orders/tax.ts', 'grace']]);
    expect(ownerRules(shop)).toEqual([{ path: 'orders/', owner: 'ada' }, { path: 'orders/tax.ts', owner: 'grace' }]);
  });

  test('name a folder whole when it has one owner, even for a single file', () => {
    expect(ownerRules(new Map([['packages/shop/orders/tax.ts', 'ada'], ['packages/shop/films/film.ts', 'grace']]))).toEqual([{ path: 'packages/shop/films/', owner: 'grace' }, { path: 'packages/shop/orders/', owner: 'ada' }]);
  });

  test('take an owner back where a folder has a module of nobody', () => {
    expect(ownerRules(new Map([['orders/a.ts', 'ada'], ['orders/b.ts', 'ada'], ['orders/c.ts', 'ada'], ['orders/log.ts', undefined]])))
      .toEqual([{ path: 'orders/', owner: 'ada' }, { path: 'orders/log.ts', owner: undefined }]);
  });
});
