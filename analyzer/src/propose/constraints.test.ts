import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cluster } from '../cluster/cluster.ts';
import type { ContextPins } from '../cluster/pins.ts';
import { measure } from '../measure/measure.ts';
import { systemOf } from '../model/sample-system.ts';
import type { SystemModel } from '../model/graph.ts';
import type { Analysis } from './analysis.ts';
import { propose } from './propose.ts';

const proposalOf = (model: SystemModel, pins: ContextPins = {}): Analysis => {
  const measures = measure(model);
  return propose(model, measures, cluster(model, measures, { without: [], seed: 1, pins }), { without: [], seed: 1 });
};

const WARDS = ['admission', 'surgery', 'pharmacy', 'billing'];
const FILES = ['a', 'b', 'c', 'd'];
const paths = WARDS.flatMap((ward) => FILES.map((file) => `${ward}-${file}.ts`));
const tables = ['patients', 'beds', 'operations', 'prescriptions', 'drugs', 'invoices'];
const module = fc.constantFrom(...paths);
const table = fc.constantFrom(...tables);

/** Clinics of four wards whose code imports, writes, joins in transactions and serves as it likes. */
const clinics: fc.Arbitrary<SystemModel> = fc.record({
  bridges: fc.array(fc.tuple(module, module), { maxLength: 12 }),
  accesses: fc.array(fc.tuple(module, fc.constantFrom('reads', 'writes'), table, fc.option(fc.constantFrom('t1', 't2', 't3'), { nil: undefined })), { minLength: 1, maxLength: 24 }),
  endpoints: fc.uniqueArray(module, { maxLength: 6 }),
}).map(({ accesses, bridges, endpoints }) => systemOf({
  modules: Object.fromEntries(paths.map((path) => [path, []])),
  imports: [...WARDS.flatMap((ward) => ['b', 'c', 'd'].map((file) => `${ward}-a.ts > ${ward}-${file}.ts`)), ...bridges.filter(([a, b]) => a !== b).map(([a, b]) => `${a} > ${b}`)],
  tables: tables.map((name) => `${name}: id`),
  accesses: accesses.map(([at, mode, of, transaction]) => `${at}#f ${mode} ${of}${mode === 'writes' && transaction !== undefined ? ` in ${transaction}` : ''}`),
  endpoints: endpoints.map((path, i) => `POST /${String(i)} > ${path}#f`),
}));

describe('what holds for every proposal', () => {
  test('each table has one owner, and where contexts write it the owner is one of them', () => {
    fc.assert(fc.property(clinics, (model) => {
      const { contexts, tables: plans } = proposalOf(model);
      const owned = contexts.flatMap((context) => context.tables);
      expect(new Set(owned).size).toBe(owned.length);
      for (const { owner, table: name, writers } of plans) {
        expect(contexts.filter((context) => context.tables.includes(name)).map((context) => context.name)).toEqual(owner === undefined ? [] : [owner]);
        const writing = writers.map(({ context }) => context).filter((context) => context !== 'shared');
        if (writing.length > 0) expect(writing).toContain(owner);
      }
    }), { numRuns: 25 });
  });

  test('an endpoint that writes is answered by the owner of the most tables it writes', () => {
    fc.assert(fc.property(clinics, (model) => {
      const { endpoints, tables: plans } = proposalOf(model);
      const ownerOf = new Map(plans.map(({ owner, table: name }) => [name, owner]));
      for (const { context, trace } of endpoints) {
        const counts = new Map<string, number>();
        for (const name of trace.writes) { const owner = ownerOf.get(name); if (owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1); }
        if (counts.size > 0) expect(counts.get(context ?? '')).toBe(Math.max(...counts.values()));
      }
    }), { numRuns: 25 });
  });

  test('tables written in one transaction share an owner, or a saga is proposed for it', () => {
    fc.assert(fc.property(clinics, (model) => {
      const { sagas, tables: plans } = proposalOf(model);
      const ownerOf = new Map(plans.map(({ owner, table: name }) => [name, owner]));
      for (const { id } of model.transactions) {
        const writes = model.accesses.filter(({ mode, transaction }) => mode === 'write' && transaction === id);
        const owners = new Set(writes.map(({ table: name }) => ownerOf.get(name)).filter((owner) => owner !== undefined));
        if (owners.size > 1) expect(sagas.map((saga) => saga.id)).toContain(id);
      }
    }), { numRuns: 25 });
  });

  test('what the team pinned and named is there again after the code has changed', () => {
    fc.assert(fc.property(fc.tuple(clinics, clinics), fc.uniqueArray(module, { minLength: 5, maxLength: 5 }), ([before, after], [a = '', b = '', c = '', d = '', e = '']) => {
      const pins: ContextPins = { contexts: { 'the ward': { modules: [a, b] }, stores: { modules: [c] } }, apart: [[d, e]] };
      for (const model of [before, after]) {
        const { contexts } = proposalOf(model, pins);
        const home = (path: string): string | undefined => contexts.find(({ modules }) => modules.includes(path))?.name;
        expect([home(a), home(b), home(c)]).toEqual(['the ward', 'the ward', 'stores']);
        if (home(d) !== undefined) expect(home(d)).not.toBe(home(e));
      }
    }), { numRuns: 15 });
  });
});
