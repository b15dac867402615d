import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bookshop } from '../../model/sample-system.ts';
import { cluster } from '../../cluster/cluster.ts';
import type { ContextPins } from '../../cluster/pins.ts';
import { measure } from '../../measure/measure.ts';
import { volumesOf } from '../volumes.ts';
import { parseMoves } from './moves.ts';
import { nearest } from './near.ts';
import { whatIf, type WhatIf } from './what-if.ts';

/** The bookshop as its folders say. */
const PINS: ContextPins = { contexts: Object.fromEntries(['catalog', 'stock', 'orders', 'customers'].map((name) => [name, { modules: [`${name}/**`] }])), together: [['orders/orders.ts', 'order_lines'], ['orders/orders.ts', 'orders'], ['customers/customers.ts', 'customers']] };
const model = bookshop();
const measures = measure(model);
const clustering = cluster(model, measures, { without: [], seed: 1, pins: PINS });
const ask = (text: string, pins: ContextPins = {}): WhatIf => whatIf(text, { model, measures, volumes: volumesOf(model) }, clustering, pins);

const refusal = (text: string): { code?: string; exitCode?: number; findings?: { message: string }[] } => {
  try {
    ask(text);
    return {};
  } catch (error) {
    return error as { code: string; exitCode: number; findings: { message: string }[] };
  }
};

describe('a what-if', () => {
  test('moving a module says which cuts it adds, which it mends, and leaves the question\'s proposal alone', () => {
    const { cuts, before, after } = ask('move tax.ts to customers');
    expect(cuts.removed.map(({ what }) => what)).toEqual(['orders/tax.ts reads addresses', 'orders/tax.ts uses types of customers/addresses.ts']);
    expect(cuts.added.map(({ what }) => what)).toEqual(['orders/checkout.ts calls taxOf of orders/tax.ts']);
    expect(before.cost.cuts - after.cost.cuts).toBe(1);
    expect(ask('move tax.ts to customers').before).toEqual(before);
  });

  test('a merge leaves no cut between the two, and its saga loses a step', () => {
    const { after, cuts, sagas, strains } = ask('merge orders with stock as sales');
    expect(after.contexts.map(({ name }) => name).sort()).toEqual(['catalog', 'customers', 'sales']);
    expect(cuts.added).toEqual([]);
    // What was strained before is not strained anew for the new name; the pins that hold the two apart are.
    expect(strains.added.map(({ rule }) => rule)).toEqual(['a pin holds']);
    expect(sagas.removed).toMatchObject([{ steps: [{ context: 'stock' }, { context: 'orders' }, { context: 'customers' }] }]);
    expect(sagas.added).toMatchObject([{ kind: 'outbox', steps: [{ context: 'sales' }, { context: 'customers' }] }]);
  });

  test('a split makes a context of what it names, and a table goes where it is moved', () => {
    const { after, endpoints } = ask('split orders/tax.ts out of orders as tax; move table addresses to tax');
    expect(after.contexts.find(({ name }) => name === 'tax')).toEqual({ name: 'tax', modules: 1, tables: 1 });
    expect(endpoints).toEqual([]);
  });

  test('a table that is torn from all who write it strains a rule, by name', () => {
    expect(ask('move table shelves to catalog').strains.added.map(({ what }) => what)).toEqual([
      'catalog owns shelves, and only stock writes it',
      'POST /shelves/:id/restock is handled in stock/routes.ts of stock, and catalog owns what it writes (shelves)',
    ]);
  });

  test('what the team pinned and the moves would undo is named', () => {
    expect(ask('move orders/tax.ts to catalog', PINS).strains.added).toContainEqual(expect.objectContaining({ rule: 'a pin holds' }));
  });

  test('one move back takes everything back', () => {
    const modules = model.modules.filter(({ kind, path }) => kind === 'source' && path.includes('/')).map(({ path }) => path);
    fc.assert(fc.property(fc.constantFrom(...modules), fc.constantFrom('catalog', 'stock', 'orders', 'customers'), (module, to) => {
      const home = module.split('/')[0] ?? '';
      fc.pre(home !== to);
      const there = ask(`move ${module} to ${to}`);
      const back = ask(`move ${module} to ${to}; move ${module} to ${home}`);
      expect(back.after).toEqual(back.before);
      expect([back.cuts, back.sagas, back.strains]).toEqual([there.cuts, there.sagas, there.strains].map(() => ({ added: [], removed: [] })));
      expect(there.after.cost.cuts - there.before.cost.cuts).toBe(there.cuts.added.length - there.cuts.removed.length);
    }), { numRuns: 40 });
  });

  test.each([
    ['move orders/tax.ts to catalog', [['orders/tax.ts', 'catalog']]],
    ['merge stock with catalog as goods', [['stock/shelves.ts', 'goods'], ['catalog/books.ts', 'goods']]],
    ['split orders/tax.ts, orders/orders.ts out of orders as ledger', [['orders/tax.ts', 'ledger'], ['orders/orders.ts', 'ledger'], ['orders/checkout.ts', 'orders']]],
    ['move catalog/search.ts to shared', [['catalog/search.ts', undefined]]],
  ])('the pins of “%s” give the same when the code is analysed anew', (text, places) => {
    const { pins } = ask(text);
    const { chosen: { placement }, constraints } = cluster(model, measures, { without: [], seed: 1, pins });
    const nameOf = new Map([...constraints.names].map(([name, item]) => [placement.communityOf.get(item), name]));
    expect(places.map(([module = '']) => [module, nameOf.get(placement.communityOf.get(module))])).toEqual(places);
  });
});

describe('a what-if that cannot be done', () => {
  test('a wrong name is refused with those that are like it', () => {
    expect(refusal('move orders/taxes.ts to catalogue')).toMatchObject({ code: 'STR_BAD_WHAT_IF', exitCode: 2, findings: [{ message: "There is no context 'catalogue'. Did you mean catalog?" }, { message: "There is no module or table 'orders/taxes.ts'. Did you mean orders/tax.ts?" }] });
  });

  test.each([
    ['', undefined], ['tidy up', 'This is no move.'], ['move routes.ts to stock', "'routes.ts' may be catalog/routes.ts or customers/routes.ts or orders/routes.ts: name more of its path."],
    ['move orders/tax.ts to orders', 'orders/tax.ts is in orders already.'], ['merge stock with stock', 'stock cannot be merged with itself.'], ['move table shelves to shared', 'A table needs an owner: shelves cannot be shared.'],
    ['split stock/alerts.ts out of orders as alerts', 'stock/alerts.ts is not in orders but in stock.'], ['split stock/alerts.ts out of stock as catalog', 'There is a context catalog already.'], ['move x/**.ts to stock', "No module matches 'x/**.ts'."],
  ])('“%s” is refused', (text, message) => {
    const { code, findings = [] } = refusal(text);
    expect([code, findings[0]?.message]).toEqual(['STR_BAD_WHAT_IF', message]);
  });
});

describe('the words of a move', () => {
  test('lists, quotes and case are as people write them', () => {
    expect(parseMoves('Move a.ts, "my file.ts" and b.ts to x; MERGE a AND b').moves).toEqual([
      { kind: 'move', what: 'any', items: ['a.ts', 'my file.ts', 'b.ts'], to: 'x' }, { kind: 'merge', contexts: ['a', 'b'] },
    ]);
  });

  test('what was meant is told by the end of a path before its letters', () => {
    expect(nearest('tax.ts', ['orders/tax.ts', 'orders/max.ts', 'readme.md'])).toEqual(['orders/tax.ts', 'orders/max.ts']);
  });
});
