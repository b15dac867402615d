import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SystemModel } from '../model/graph.ts';
import { bookshop, systemOf } from '../model/sample-system.ts';
import { agreement } from '../measure/agreement.ts';
import { measure } from '../measure/measure.ts';
import { cluster, moduleLabels, type ClusterOptions, type Clustering } from './cluster.ts';
import type { ContextPins } from './pins.ts';

const run = (model: SystemModel, options: Partial<ClusterOptions> = {}): Clustering => cluster(model, measure(model), { without: [], seed: 1, pins: {}, ...options });
const labelsOf = (model: SystemModel, options?: Partial<ClusterOptions>): Map<string, string> => moduleLabels(run(model, options).chosen);
const blind: Partial<ClusterOptions> = { without: ['names', 'folders', 'history'] };

/** Systems of a few groups with dense imports inside and sparse ones between, in shuffled order. */
const systems = fc.record({ groups: fc.integer({ min: 2, max: 4 }), size: fc.integer({ min: 4, max: 7 }), bridges: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 }), seed: fc.nat() })
  .map(({ groups, size, bridges, seed }) => {
    const names = Array.from({ length: groups * size }, (_, i) => `m${String((i * 7919 + seed) % 100_003)}x${String(i)}.ts`);
    const at = (i: number): string => names[i % names.length] ?? '';
    const inside = names.flatMap((from, i) => names.filter((_, j) => i < j && Math.floor(i / size) === Math.floor(j / size) && (i * j + seed) % 5 !== 0).map((to) => `${from} > ${to}`));
    return { names, imports: [...inside, ...bridges.map(([a, b]) => `${at(a)} > ${at(b)}`).filter((text) => text.split(' > ')[0] !== text.split(' > ')[1])] };
  });
const modelOf = (names: readonly string[], imports: readonly string[]): SystemModel => systemOf({ modules: Object.fromEntries(names.map((name) => [name, []])), imports });

describe('contexts of a system', () => {
  test('a bookshop falls into what its maintainers would name', () => {
    const labels = labelsOf(bookshop(), { without: ['folders'] });
    const truth = new Map([...labels.keys()].filter((path) => path.includes('/')).map((path) => [path, path.split('/')[0] ?? '']));
    expect(agreement(labels, truth).ari).toBeGreaterThan(0.6);
  });

  test('two disconnected cliques are the two contexts', () => {
    fc.assert(fc.property(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 3, max: 9 }), (a, b) => {
      const clique = (prefix: string, size: number): string[] => Array.from({ length: size }, (_, i) => `${prefix}${String(i)}.ts`);
      const imports = [clique('a', a), clique('b', b)].flatMap((names) => names.flatMap((from, i) => names.slice(i + 1).map((to) => `${from} > ${to}`)));
      const { communityOf, shared } = run(modelOf([...clique('a', a), ...clique('b', b)], imports), blind).chosen.placement;
      expect(shared).toEqual([]);
      expect(new Set([...communityOf].filter(([path]) => path.startsWith('a')).map(([, label]) => label)).size).toBe(1);
      expect(new Set(communityOf.values()).size).toBe(2);
    }), { numRuns: 25 });
  });

  test('the order in which modules and edges were read plays no part', () => {
    fc.assert(fc.property(systems, fc.nat(), ({ names, imports }, turn) => {
      const model = modelOf(names, imports);
      const turned: SystemModel = { ...model, modules: rotate(model.modules, turn), imports: rotate([...model.imports].reverse(), turn) };
      expect(run(turned).chosen.placement.communityOf).toEqual(run(model).chosen.placement.communityOf);
    }), { numRuns: 20 });
  });

  // Seeded: two modules that nothing tells apart but their names may swap places, and a generator finds such twins once in a long while.
  test('with names hidden, renaming every module changes nothing but the names', () => {
    fc.assert(fc.property(systems, ({ names, imports }) => {
      const opaque = new Map(names.map((name, i) => [name, `n${String((i * 31 + 17) % 1009)}_${String(i)}.ts`]));
      const renamed = modelOf([...opaque.values()], imports.map((text) => text.split(' > ').map((name) => opaque.get(name) ?? '').join(' > ')));
      const before = labelsOf(modelOf(names, imports), blind);
      const after = labelsOf(renamed, blind);
      expect(agreement(new Map([...before].map(([name, label]) => [opaque.get(name) ?? '', label])), after).ari).toBeGreaterThan(0.999);
    }), { numRuns: 40, seed: 7 });
  });

  test('the same seed gives the same answer, and every module is placed exactly once', () => {
    const model = bookshop();
    const [one, two] = [run(model), run(model)];
    expect(two.chosen).toEqual(one.chosen);
    const { communityOf, shared } = one.chosen.placement;
    const placed = [...[...communityOf.keys()].filter((item) => !item.startsWith('table:')), ...shared.map(({ module }) => module)].sort();
    expect(placed).toEqual(model.modules.filter(({ kind }) => kind === 'source').map(({ path }) => path).sort());
  });
});

describe('what the team pinned', () => {
  const pinned = (pins: ContextPins): ReadonlyMap<string, number> => run(bookshop(), { pins }).chosen.placement.communityOf;

  test('modules pinned together stay together, modules pinned apart do not', () => {
    const paths = bookshop().modules.filter(({ kind }) => kind === 'source').map(({ path }) => path);
    fc.assert(fc.property(fc.uniqueArray(fc.constantFrom(...paths), { minLength: 4, maxLength: 4 }), ([a = '', b = '', c = '', d = '']) => {
      const found = pinned({ together: [[a, b]], apart: [[c, d]] });
      expect(found.get(a)).toBe(found.get(b));
      expect(found.get(a)).toBeDefined();
      expect(found.get(c)).not.toBe(found.get(d));
    }), { numRuns: 20 });
  });

  test('a pinned context keeps its modules, its tables and its bans', () => {
    const found = pinned({ contexts: { billing: { modules: ['orders/**'], tables: ['customers'], not: ['orders/../stock/shelves.ts', 'stock/shelves.ts'] } } });
    const billing = found.get('orders/orders.ts');
    expect(['orders/checkout.ts', 'orders/tax.ts', 'orders/routes.ts', 'table:customers'].map((item) => found.get(item))).toEqual([billing, billing, billing, billing]);
    expect(found.get('stock/shelves.ts')).not.toBe(billing);
  });

  test('a pinned library is shared, and a pin that matches nothing is reported', () => {
    const clustering = run(bookshop(), { pins: { shared: ['orders/tax.ts', 'gone.ts'] } });
    expect(clustering.chosen.placement.shared).toContainEqual({ module: 'orders/tax.ts', reason: 'pinned', why: 'pinned as shared' });
    expect(clustering.constraints.idle).toEqual(["shared: nothing matches 'gone.ts'"]);
  });
});

describe('what belongs to no context', () => {
  test('the module that wires all and that nobody imports is composition, the util everybody imports a library', () => {
    expect(run(bookshop()).chosen.placement.shared.find(({ module }) => module === 'app.ts')?.reason).toBe('composition');
    const names = ['a', 'b', 'c', 'd'].flatMap((group) => [1, 2, 3, 4].map((i) => `${group}${String(i)}.ts`));
    const inside = names.flatMap((from) => names.filter((to) => to > from && to.startsWith(from.slice(0, 1))).map((to) => `${from} > ${to}`));
    const model = modelOf([...names, 'log.ts'], [...inside, ...names.map((from) => `${from} > log.ts`)]);
    expect(run(model, blind).chosen.placement.shared).toMatchObject([{ module: 'log.ts', reason: 'utility' }]);
  });

  test('a module that nothing ties to another is named as isolated, not forced anywhere', () => {
    const model = modelOf(['a.ts', 'b.ts', 'c.ts', 'lonely.ts'], ['a.ts > b.ts', 'b.ts > c.ts', 'c.ts > a.ts']);
    expect(run(model, blind).chosen.placement.shared).toMatchObject([{ module: 'lonely.ts', reason: 'isolated' }]);
  });

  test('tables that no code touches make no context of their own, unless somebody pins one', () => {
    const model = systemOf({ modules: { 'films/a.ts': [], 'films/b.ts': [], 'films/c.ts': [] }, imports: ['films/a.ts > films/b.ts', 'films/b.ts > films/c.ts'], tables: ['films: id', 'old_prices: id', 'old_price_logs: id'], accesses: ['films/c.ts#find reads films'], foreignKeys: ['old_price_logs.price_id > old_prices'] });
    const owned = (pins: ContextPins): string[] => [...run(model, { pins }).chosen.placement.communityOf.keys()].filter((item) => item.startsWith('table:'));
    expect(owned({})).toEqual(['table:films']);
    expect(owned({ contexts: { archive: { tables: ['old_prices'] } } })).toContain('table:old_prices');
  });

  test('a seed that writes every table and serves nobody is a script', () => {
    const shop = bookshop();
    const model: SystemModel = { ...shop, modules: [...shop.modules, { path: 'seed.ts', lines: 9, kind: 'source', symbols: [] }],
      accesses: [...shop.accesses, ...shop.tables.map(({ name }, i) => ({ table: name, mode: 'write' as const, at: { module: 'seed.ts', name: 'seed' }, columns: [], via: 'knex' as const, joined: [], evidence: { file: 'seed.ts', line: i + 1 } }))] };
    expect(run(model).chosen.placement.shared.find(({ module }) => module === 'seed.ts')?.reason).toBe('script');
  });
});

function rotate<T>(all: readonly T[], by: number): T[] {
  const at = all.length === 0 ? 0 : by % all.length;
  return [...all.slice(at), ...all.slice(0, at)];
}
