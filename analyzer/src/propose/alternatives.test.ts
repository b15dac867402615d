import { describe, expect, test } from '@jest/globals';
import type { SystemModel } from '../model/graph.ts';
import { bookshop, systemOf } from '../model/sample-system.ts';
import { Affinity } from '../cluster/affinity.ts';
import { cluster } from '../cluster/cluster.ts';
import { parse } from 'yaml';
import { checkPins } from '../cluster/pins-shape.ts';
import type { ContextPins } from '../cluster/pins.ts';
import { measure } from '../measure/measure.ts';
import type { Analysis } from './analysis.ts';
import { joinedForFewerCuts } from './fewer-cuts.ts';
import { flipOf } from './flip.ts';
import { propose } from './propose.ts';
import { differences, keptNames } from './rival-differences.ts';

const PINS: ContextPins = { contexts: Object.fromEntries(['catalog', 'stock', 'orders', 'customers'].map((name) => [name, { modules: [`${name}/**`] }])), together: [['orders/orders.ts', 'order_lines'], ['orders/orders.ts', 'orders'], ['customers/customers.ts', 'customers']] };
const measured = (model: SystemModel, pins: ContextPins): { analysis: Analysis; clustering: ReturnType<typeof cluster> } => {
  const measures = measure(model);
  const clustering = cluster(model, measures, { without: ['names'], seed: 1, pins });
  return { analysis: propose(model, measures, clustering, { without: ['names'], seed: 1 }), clustering };
};
const { analysis: shop, clustering } = measured(bookshop(), PINS);
const context = (name: string, text: string): { name: string; modules: string[]; tables: string[] } => ({ name, modules: text.split(' '), tables: [] });

describe('what would move a module', () => {
  test('cutting the ties it names makes the runner-up the stronger side, and one tie fewer does not', () => {
    const flips = shop.contexts.flatMap(({ name, members }) => members.flatMap(({ module, flip }) => (flip?.by === 'removal' ? [{ name, module, flip }] : [])));
    expect(flips.length).toBeGreaterThan(0);
    const number = new Map(shop.contexts.map(({ name }, i) => [name, i]));
    for (const { name, module, flip } of flips) {
      const ends = new Set(flip.ties.map(({ a, b }) => (a === module ? b : a)));
      const leaning = (gone: ReadonlySet<string>): number => {
        const left = clustering.links.filter(({ a, b, layer }) => ![a, b].includes(module) || layer === 'coChange' || !gone.has((a === module ? b : a).replace(/^table:/, '')));
        const sides = new Map(new Affinity(left, new Map(clustering.chosen.placement.communityOf)).leaning(module));
        return (sides.get(number.get(flip.to) ?? -1) ?? 0) - (sides.get(number.get(name) ?? -1) ?? 0);
      };
      expect([module, leaning(ends) > 0]).toEqual([module, true]);
      expect([module, leaning(new Set([...ends].slice(0, -1))) > 0]).toEqual([module, false]);
      expect(flip.says).toContain(`it would move to ${flip.to}`);
    }
  });

  const link = (b: string, weight: number): { a: string; b: string; layer: 'import'; weight: number; says: string } => ({ a: 'tax.ts', b, layer: 'import', weight, says: `imports ${b}` });
  test('where adding takes less than cutting, adding is the answer; where its ties lean elsewhere already, that is said', () => {
    const own = { name: 'orders', weight: 3, links: [link('a.ts', 1), link('b.ts', 1), link('c.ts', 1)] };
    expect(flipOf('tax.ts', { own, other: { name: 'pricing', weight: 2.8, links: [link('p.ts', 2.8)] } }).says).toBe('if it no longer imports a.ts, it would move to pricing');
    expect(flipOf('tax.ts', { own, other: { name: 'pricing', weight: 0.9, links: [link('p.ts', 0.9)] } })).toMatchObject({ by: 'removal', ties: [{ b: 'a.ts' }, { b: 'b.ts' }, { b: 'c.ts' }] });
    expect(flipOf('tax.ts', { own: { ...own, links: [{ ...link('a.ts', 3), layer: 'names' }] }, other: { name: 'pricing', weight: 2, links: [link('p.ts', 2)] } })).toMatchObject({ by: 'addition', more: 1, says: 'with 1 more tie like “it imports p.ts”, it would move to pricing' });
    expect(flipOf('tax.ts', { own, other: { name: 'pricing', weight: 4, links: [link('p.ts', 4)] } }).by).toBe('leans already');
  });
});

describe('a decision for the team', () => {
  const model = systemOf({
    modules: Object.fromEntries(['a/a1.ts', 'a/a2.ts', 'a/a3.ts', 'b/b1.ts', 'b/b2.ts', 'b/b3.ts', 'tax.ts'].map((path) => [path, []])),
    imports: ['a/a1.ts > a/a2.ts', 'a/a2.ts > a/a3.ts', 'b/b1.ts > b/b2.ts', 'b/b2.ts > b/b3.ts', 'a/a1.ts > tax.ts', 'b/b1.ts > tax.ts', 'a/a2.ts > tax.ts', 'b/b2.ts > tax.ts'],
  });
  const pins: ContextPins = { contexts: { ordering: { modules: ['a/**'] }, billing: { modules: ['b/**'] } } };
  const { analysis: { decisions } } = measured(model, pins);

  test('is a question with two answers, each with its price', () => {
    expect(decisions.map(({ question }) => question)).toEqual([expect.stringMatching(/^Does tax\.ts belong to (?:ordering or to billing|billing or to ordering)\?$/)]);
    expect(decisions[0]?.answers).toMatchObject([{ cuts: 2, cost: 1 }, { cuts: 2, cost: 1 }]);
    expect(decisions[0]?.answers[1]?.consequence).toMatch(/2 imports/);
  });

  test('each answer\'s pin, pasted, puts the module there', () => {
    for (const { context: name, pin } of decisions[0]?.answers ?? []) {
      const { pins: pasted, problems } = checkPins(parse(pin));
      expect(problems).toEqual([]);
      const { analysis: anew } = measured(model, { contexts: { ...pins.contexts, ...pasted.contexts } });
      expect(anew.contexts.find((one) => one.name === name)?.modules).toContain('tax.ts');
    }
  });
});

describe('rivals', () => {
  const proposal = [context('orders', 'o1 o2 o3 o4'), context('stock', 's1 s2 s3'), context('catalog', 'c1 c2 c3 c4')];

  test('say what they merge, split and move', () => {
    const rival = [context('sales', 'o1 o2 o3 o4 s1 s2'), context('books', 'c1 c2'), context('authors', 'c3 c4 s3')];
    expect(differences(proposal, rival).map(({ says }) => says)).toEqual(['merges orders and stock into sales', 'splits catalog into authors (2) and books (2)', 'puts 1 module of stock with authors']);
  });

  test('keep the proposal\'s name for what is mostly the same', () => {
    expect([...keptNames(proposal, [context('', 'o1 o2 o3 s1'), context('', 's2 s3'), context('', 'c1')])]).toEqual([[0, 'orders'], [1, 'stock']]);
  });

  test('the one with fewer cuts joins where a border costs most, never what is held apart, and no half of the system', () => {
    const pair = (from: string, to: string, cost: number): Parameters<typeof joinedForFewerCuts>[1][number] => ({ from, to, cost, counts: {}, remedies: [] });
    const four = ['orders', 'stock', 'catalog', 'mail'].map((name) => context(name, 'm1 m2 m3 m4 m5'));
    const pairs = [pair('orders', 'stock', 20), pair('catalog', 'orders', 9), pair('stock', 'orders', 5), pair('mail', 'catalog', 1)];
    expect(joinedForFewerCuts([...four, context('rest', 'r1 r2 r3 r4 r5 r6 r7 r8')], pairs, () => false)).toEqual([0, 0, 2, 3, 4]);
    expect(joinedForFewerCuts([...four, context('rest', 'r1 r2 r3 r4 r5 r6 r7 r8')], pairs, (a, b) => [a, b].sort().join() === 'orders,stock')).toEqual([0, 1, 0, 3, 4]);
    expect(joinedForFewerCuts(four, pairs, () => false)).toEqual([0, 1, 2, 3]);
  });

  test('of a real proposal cost what they say, and the one with fewer cuts has fewer', () => {
    const fewer = shop.rivals.find(({ kind }) => kind === 'fewer cuts');
    if (fewer !== undefined) expect(fewer.cost.cuts).toBeLessThan(shop.cost.cuts);
    for (const { members, contexts } of shop.rivals) expect(members).toHaveLength(contexts);
  });
});

describe('hubs, strains and those who know', () => {
  test('are named with places in the source', () => {
    expect(shop.hubs.map(({ kind, subject }) => `${kind}: ${subject}`)).toEqual(['technical utility: util.ts']);
    for (const { evidence, users } of shop.hubs) expect([evidence.length > 0, users.length > 2]).toEqual([true, true]);
  });

  test('a context is known by those who changed it most', () => {
    expect(shop.contexts.find(({ name }) => name === 'orders')?.authors).toEqual([{ name: 'Ada', commits: 27, share: 0.73 }, { name: 'Grace', commits: 10, share: 0.27 }]);
  });
});
