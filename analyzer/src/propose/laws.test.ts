import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SystemModel } from '../model/graph.ts';
import { systemOf } from '../model/sample-system.ts';
import { cluster } from '../cluster/cluster.ts';
import type { ContextPins } from '../cluster/pins.ts';
import { measure } from '../measure/measure.ts';
import type { Analysis } from './analysis.ts';
import { propose } from './propose.ts';

/** Random systems: some modules in folders, calls any which way, tables read and written inside and outside transactions, endpoints on any module, some pinned. */
const module = (n: number, modules: number): string => `${'abcdef'.charAt(n % Math.min(6, Math.ceil(modules / 3)))}/m${String(n % modules)}.ts`;
const systems = fc.record({
  modules: fc.integer({ min: 4, max: 18 }), tables: fc.integer({ min: 1, max: 7 }), edges: fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { maxLength: 40 }),
  accesses: fc.array(fc.tuple(fc.nat(99), fc.nat(99), fc.boolean(), fc.option(fc.nat(3), { nil: undefined })), { maxLength: 30 }),
  endpoints: fc.array(fc.nat(99), { maxLength: 10 }), pinned: fc.array(fc.nat(99), { maxLength: 4 }), keys: fc.array(fc.tuple(fc.nat(99), fc.nat(99)), { maxLength: 5 }),
}).map((drawn) => {
  const all = Array.from({ length: drawn.modules }, (_, i) => module(i, drawn.modules));
  const at = (n: number): string => all[n % all.length] ?? '';
  const table = (n: number): string => `t${String(n % drawn.tables)}`;
  const edges = drawn.edges.filter(([a, b]) => at(a) !== at(b));
  const model = systemOf({
    modules: Object.fromEntries(all.map((path) => [path, ['f']])), imports: edges.map(([a, b]) => `${at(a)} > ${at(b)}`), calls: edges.map(([a, b]) => `${at(a)}#f > ${at(b)}#f`),
    endpoints: drawn.endpoints.map((n, i) => `${['GET', 'POST', 'DELETE'][i % 3] ?? 'GET'} /e${String(i)} > ${at(n)}#f`), tables: Array.from({ length: drawn.tables }, (_, i) => `t${String(i)}: id, x`),
    accesses: drawn.accesses.map(([m, t, write, scope]) => `${at(m)}#f ${write ? 'writes' : 'reads'} ${table(t)}${write && scope !== undefined ? ` in tx${String(scope)}` : ''}`),
    foreignKeys: drawn.keys.map(([a, b]) => `${table(a)}.x > ${table(b)}`),
  });
  const pins: ContextPins = { contexts: Object.fromEntries([...new Set(drawn.pinned.map(at))].map((path, i) => [`pinned-${String(i)}`, { modules: [path] }])) };
  return { model, pins };
});

const analysisOf = ({ model, pins }: { model: SystemModel; pins: ContextPins }): Analysis => {
  const measures = measure(model);
  return propose(model, measures, cluster(model, measures, { without: [], seed: 1, pins }), { without: [], seed: 1 });
};
const holds = (law: (analysis: Analysis, pins: ContextPins) => void): void => {
  fc.assert(fc.property(systems, (system) => { law(analysisOf(system), system.pins); }), { numRuns: 15 });
};

describe('whatever the system', () => {
  test('every table has at most one owner, and a table that a context touches has one', () => {
    holds(({ contexts, shared, tables }) => {
      const owned = contexts.flatMap((context) => context.tables);
      expect([...owned, ...shared.tables].sort()).toEqual(tables.map(({ table }) => table).sort());
      for (const { owner, writers, readers } of tables) if (writers.length + readers.length > 0) expect(owner).toBeDefined();
    });
  });

  test('an endpoint that writes is answered by an owner of what it writes, by one who owns most of it', () => {
    holds(({ endpoints, tables }) => {
      const owner = new Map(tables.map((plan) => [plan.table, plan.owner]));
      for (const { context, trace: { writes } } of endpoints) {
        const owners = writes.flatMap((table) => owner.get(table) ?? []);
        const count = (name: string | undefined): number => owners.filter((one) => one === name).length;
        if (owners.length > 0) expect(count(context)).toBe(Math.max(...owners.map(count)));
      }
    });
  });

  test('tables written in one transaction that end in two contexts have a saga that writes every one of them', () => {
    holds(({ model, contexts, sagas, tables }) => {
      const owner = new Map(tables.map((plan) => [plan.table, plan.owner]));
      const placed = new Set(contexts.flatMap(({ modules }) => modules));
      for (const { id } of model.transactions) {
        const writes = model.accesses.filter(({ transaction, mode }) => transaction === id && mode === 'write');
        const owners = new Set(writes.flatMap(({ table }) => owner.get(table) ?? []));
        const saga = sagas.find((one) => one.id === id);
        if (owners.size > 1 && writes.some(({ at }) => placed.has(at.module))) expect(new Set(saga?.steps.flatMap((step) => step.writes))).toEqual(new Set(writes.map(({ table }) => table)));
        else if (owners.size < 2) expect(saga).toBeUndefined();
        for (const { context, writes: its } of saga?.steps ?? []) for (const table of its) expect(owner.get(table)).toBe(context);
      }
    });
  });

  test('pinned names hold, in the proposal and in every rival', () => {
    holds(({ contexts, rivals }, { contexts: pinned = {} }) => {
      for (const [name, { modules = [] }] of Object.entries(pinned)) {
        for (const division of [contexts, ...rivals.map(({ members }) => members)]) expect(division.find((context) => context.name === name)?.modules).toEqual(expect.arrayContaining([...modules]));
      }
    });
  });

  test('names are given once, and a rival places what the proposal places or sets aside', () => {
    holds(({ contexts, rivals, model }) => {
      for (const division of [contexts, ...rivals.map(({ members }) => members)]) {
        expect(new Set(division.map(({ name }) => name)).size).toBe(division.length);
        const modules = division.flatMap((context) => context.modules);
        expect(new Set(modules).size).toBe(modules.length);
        for (const path of modules) expect(model.modules.some((one) => one.path === path)).toBe(true);
      }
    });
  });

  test('pairs, order and preparations account for every cut', () => {
    holds(({ cuts, pairs, order, cost, contexts }) => {
      expect(pairs.reduce((total, { counts }) => total + Object.values(counts).reduce((sum, n) => sum + n, 0), 0)).toBe(cuts.length);
      expect(cost.cost).toBeCloseTo(pairs.reduce((total, pair) => total + pair.cost, 0), 1);
      const services = new Set(order.map(({ context }) => context));
      const among = cuts.filter(({ from, to }) => services.has(from) || services.has(to));
      expect(order.reduce((total, { first }) => total + first.reduce((sum, { cuts: its }) => sum + its, 0), 0)).toBe(among.length);
      expect([...services].sort()).toEqual(contexts.filter(({ role }) => role === 'service').map(({ name }) => name).sort());
    });
  });

  test('an endpoint has a saga\'s complexity only where several contexts serve it', () => {
    holds(({ endpoints, tables }) => {
      const owner = new Map(tables.map((plan) => [plan.table, plan.owner]));
      for (const { complexity, trace: { steps } } of endpoints) if (new Set(steps.flatMap(({ table }) => owner.get(table) ?? [])).size < 2) expect(complexity).toBe(0);
    });
  });
});
