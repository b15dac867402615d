import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SystemModel } from '../model/graph.ts';
import { bookshop } from '../model/sample-system.ts';
import { cluster } from '../cluster/cluster.ts';
import type { ContextPins } from '../cluster/pins.ts';
import { measure } from '../measure/measure.ts';
import type { Analysis } from '../propose/analysis.ts';
import { propose } from '../propose/propose.ts';
import { parseBaseline, printBaseline, type Baseline } from './baseline.ts';
import { firstBaseline, hold, knowsAny, type Held } from './hold.ts';

const PINS: ContextPins = {
  contexts: { catalog: { modules: ['catalog/**'], tables: ['books', 'authors'] }, stock: { modules: ['stock/**'], tables: ['shelves'] }, orders: { modules: ['orders/**'], tables: ['orders', 'order_lines'] }, customers: { modules: ['customers/**'], tables: ['customers', 'addresses'] } },
};

function analysisOf(model: SystemModel, pins: ContextPins = PINS): Analysis {
  const measures = measure(model);
  return propose(model, measures, cluster(model, measures, { without: [], seed: 1, pins }), { without: [], seed: 1 });
}
const baseline = firstBaseline(analysisOf(bookshop()));
const held = (model: SystemModel, pins: ContextPins = {}, against: Baseline = baseline): Held => hold(analysisOf(model), against, pins);
const fresh = (result: Held): string[] => result.crossings.filter(({ state }) => state === 'new').map(({ cut, identity }) => `${cut.from} → ${cut.to}: ${identity}`);

/** The bookshop with a call more, and the module it comes from if that is new. */
function withCall(from: string, to: string, name = 'audit'): SystemModel {
  const shop = bookshop();
  const modules = shop.modules.some(({ path }) => path === from) ? shop.modules : [...shop.modules, { path: from, lines: 10, kind: 'source' as const, symbols: [name] }];
  const [module = '', called = ''] = to.split('#');
  const evidence = { file: from, line: 7 };
  return {
    ...shop, modules: [...modules].sort((a, b) => (a.path < b.path ? -1 : 1)),
    imports: [...shop.imports, { from, to: module, kind: 'value', test: false, symbols: [called], through: [], evidence }],
    calls: [...shop.calls, { from: { module: from, name }, to: { module, name: called }, kind: 'call', evidence }],
  };
}

/** Every mention of one path, replaced. */
const renamed = (model: SystemModel, from: string, to: string): SystemModel => JSON.parse(JSON.stringify(model).replaceAll(`"${from}"`, `"${to}"`)) as SystemModel;
const shifted = (model: SystemModel, by: number): SystemModel => JSON.parse(JSON.stringify(model), (key, value: unknown) => (key === 'line' ? (value as number) + by : value)) as SystemModel;

describe('holding a boundary', () => {
  test('the code a baseline was written from crosses nothing newly, and nothing is gone', () => {
    const result = held(bookshop());
    expect(result.crossings.length).toBeGreaterThan(5);
    expect({ fresh: fresh(result), gone: result.gone, placed: result.placed, gaps: result.newGaps }).toEqual({ fresh: [], gone: [], placed: [], gaps: [] });
    expect(result.next).toEqual(baseline);
  });

  test('a module that clustering left alone, in a folder with an owner, is nothing new to its own baseline', () => {
    const shop = bookshop();
    const analysis = analysisOf(shop);
    const alone = { ...analysis, contexts: analysis.contexts.map((context) => ({ ...context, modules: context.modules.filter((path) => path !== 'orders/tax.ts') })), shared: { ...analysis.shared, why: [...analysis.shared.why, { module: 'orders/tax.ts', reason: 'isolated' as const, why: '' }] } };
    expect(fresh(hold(alone, firstBaseline(alone), {}))).toEqual([]);
  });

  test('a call into another context is new, and named with both ends', () => {
    expect(fresh(held(withCall('catalog/search.ts', 'stock/shelves.ts#restock')))).toEqual(['catalog → stock: call catalog/search.ts > stock/shelves.ts#restock']);
  });

  test('moved lines are nothing new', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), (by) => { expect(fresh(held(shifted(bookshop(), by)))).toEqual([]); }), { numRuns: 5 });
  });

  test('a second place of a known crossing is nothing new', () => {
    const [known] = held(bookshop()).crossings.filter(({ cut }) => cut.kind === 'call');
    const again = withCall(known?.cut.source ?? '', known?.cut.target ?? '', 'somewhereElse');
    expect(fresh(held(again))).toEqual([]);
    expect(held(again).crossings.find(({ identity }) => identity === known?.identity)?.places).toBe((known?.places ?? 0) + 1);
  });

  test('a renamed module keeps its owner and its crossings', () => {
    const result = held(renamed(bookshop(), 'orders/checkout.ts', 'purchase/checkout.ts'));
    expect(result.renamed).toEqual([{ from: 'orders/checkout.ts', to: 'purchase/checkout.ts' }]);
    expect({ fresh: fresh(result), gone: result.gone }).toEqual({ fresh: [], gone: [] });
    expect(result.next.contexts['orders']?.modules).toHaveProperty(['purchase/checkout.ts']);
    expect(held(renamed(bookshop(), 'orders/checkout.ts', 'purchase/checkout.ts'), {}, result.next).renamed).toEqual([]);
  });

  test('a module moved into another context\'s folder was handed over', () => {
    expect(held(renamed(bookshop(), 'orders/tax.ts', 'customers/tax.ts')).placed).toEqual([{ module: 'customers/tax.ts', context: 'customers', because: 'folder' }]);
  });

  test('a pin moves a module, and says what that crosses', () => {
    const result = held(bookshop(), { contexts: { customers: { modules: ['orders/tax.ts'] } } });
    expect(fresh(result)).toContain('orders → customers: call orders/checkout.ts > orders/tax.ts#taxOf');
  });

  test('a crossing that went is reported as gone, and stays out of the next baseline', () => {
    const shop = bookshop();
    const result = held({ ...shop, calls: shop.calls.filter(({ to }) => to.name !== 'reserve'), imports: shop.imports.filter(({ from, to }) => !(from === 'orders/checkout.ts' && to === 'stock/shelves.ts')) });
    expect(result.gone).toEqual(['orders → stock: call orders/checkout.ts > stock/shelves.ts#reserve']);
    expect(Object.values(result.next.crossings).flat()).not.toContain('call orders/checkout.ts > stock/shelves.ts#reserve');
  });

  test('no new module, wherever it lies, can carry a call from one context into another unseen', () => {
    const shop = bookshop();
    const owners = Object.entries(baseline.contexts).flatMap(([context, { modules }]) => Object.keys(modules).map((module) => ({ context, module })));
    const known = fc.constantFrom(...owners);
    fc.assert(fc.property(known, known, fc.constantFrom('bridge.ts', 'lib/bridge.ts', 'orders/bridge.ts', 'catalog/deep/bridge.ts'), (a, b, path) => {
      fc.pre(a.context !== b.context);
      const bridge: SystemModel = { ...shop, modules: [...shop.modules, { path, lines: 3, kind: 'source', symbols: ['bridge'] }],
        calls: [...shop.calls, ...[[a.module, path], [path, b.module]].map(([from = '', to = '']) => ({ from: { module: from, name: 'f' }, to: { module: to, name: 'g' }, kind: 'call' as const, evidence: { file: from, line: 900 } }))] };
      expect(fresh(held(bridge)).length).toBeGreaterThan(0);
    }), { numRuns: 25 });
  });

  test('a library that comes to know a context is new; a context that links it is not', () => {
    const withLibrary: Baseline = { ...baseline, shared: { libraries: { 'util.ts': '' }, wiring: baseline.shared.wiring }, contexts: withoutModule(baseline, 'util.ts') };
    expect(fresh(held(withCall('util.ts', 'orders/orders.ts#findOrder'), {}, withLibrary))).toEqual(['shared → orders: call util.ts > orders/orders.ts#findOrder']);
    expect(fresh(held(withCall('orders/orders.ts', 'util.ts#slug'), {}, withLibrary))).toEqual([]);
  });

  test('what newly cannot be resolved is named, for a crossing there is not seen', () => {
    const gap = { kind: 'query' as const, what: 'db(name)', why: 'dynamic', evidence: { file: 'orders/orders.ts', line: 3 } };
    expect(held({ ...bookshop(), unresolved: [gap] }).newGaps).toEqual(['query orders/orders.ts: db(name)']);
    const counted = (what: string): SystemModel => ({ ...bookshop(), unresolved: [{ ...gap, kind: 'call', what }] });
    expect(held(counted('3 calls'), {}, firstBaseline(analysisOf(counted('1 call')))).newGaps).toEqual([]);
  });
});

const withoutModule = ({ contexts }: Baseline, module: string): Baseline['contexts'] => Object.fromEntries(Object.entries(contexts)
  .map(([name, its]) => [name, { ...its, modules: Object.fromEntries(Object.entries(its.modules).filter(([path]) => path !== module)) }]));

describe('a baseline', () => {
  test('is read back as it was written', () => {
    expect(parseBaseline(JSON.parse(printBaseline(baseline)))).toEqual({ baseline });
  });

  test('in which a merge left one module under two contexts is refused, with both places', () => {
    const merged = { ...baseline, contexts: { ...baseline.contexts, tax: { modules: { 'orders/tax.ts': '' }, tables: ['orders'] } } };
    expect(parseBaseline(merged)).toEqual({ problems: [{ where: 'contexts.tax', message: "'orders/tax.ts' is in contexts.orders too" }, { where: 'contexts.tax', message: "'table orders' is in contexts.orders too" }] });
  });

  test('of another directory is told from one whose code moved on', () => {
    expect(knowsAny(bookshop(), baseline)).toBe(true);
    expect(knowsAny({ ...bookshop(), modules: [{ path: 'cinema/films.ts', lines: 1, kind: 'source', symbols: [] }] }, baseline)).toBe(false);
  });
});
