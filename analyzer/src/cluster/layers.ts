import type { Evidence, ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import type { Measures } from '../measure/measure.ts';
import { programModules } from '../measure/program.ts';
import type { Layer, Link, Switchable } from './link.ts';
import { folderNodes, nameLinks } from './name-layers.ts';
import { tableItem } from './pins.ts';

/** How much each layer counts once all are normalised. Starting values from the published ablations, then tuned on four public systems (bench/README.md). */
export const LAYER_WEIGHTS: Readonly<Record<Layer, number>> = {
  transaction: 3, write: 2.5, endpoint: 1.5, call: 1, import: 2.5, foreignKey: 1, read: 1, coChange: 0.7, names: 0.6, folders: 1, type: 2.5,
};

/** Fewer common commits are chance, or the day the repository was founded (the usual support of association rules on histories, Zimmermann et al. 2005). */
const SUPPORT = 3;

/** Every reason the model holds, raw. Edges that point at a hub are left out: everybody has them. */
export function linksOf(model: SystemModel, measures: Measures, without: ReadonlySet<Switchable>): Link[] {
  const inProgram = new Set<string>(programModules(model));
  const hubs = new Set(measures.hubs.map(({ module }) => module));
  const links = [...importLinks(model, hubs), ...callLinks(model, hubs), ...tableLinks(model, measures), ...endpointLinks(measures, heatOf(model))];
  if (!without.has('history')) links.push(...model.coChanges.filter(({ commits }) => commits >= SUPPORT).map(({ a, b, weight, commits }): Link => ({ a, b, layer: 'coChange', weight, says: `changed together in ${String(commits)} commits` })));
  if (!without.has('names')) links.push(...nameLinks(model, !without.has('folders')));
  if (!without.has('folders')) links.push(...folderNodes([...inProgram]));
  const known = (item: string): boolean => inProgram.has(item) || item.startsWith('table:') || item.startsWith('folder:');
  return links.filter(({ a, b }) => a !== b && known(a) && known(b));
}

/**
 * Normalises each layer by 1/√(dₐ·d_b), so that no layer wins by having more edges and no item by having many friends, then applies the layers' weights.
 */
export function weigh(links: readonly Link[], weights: Readonly<Record<Layer, number>> = LAYER_WEIGHTS): Link[] {
  const degree = new Map<string, number>();
  const key = (layer: Layer, item: string): string => `${layer} ${item}`;
  const add = (at: string, weight: number): void => { degree.set(at, (degree.get(at) ?? 0) + weight); };
  // Added smallest first: floating-point sums must not depend on the order of reading.
  for (const { a, b, layer, weight } of [...links].sort((x, y) => x.weight - y.weight)) {
    add(key(layer, a), weight);
    add(key(layer, b), weight);
  }
  return links.map((link) => {
    const damp = Math.sqrt((degree.get(key(link.layer, link.a)) ?? 1) * (degree.get(key(link.layer, link.b)) ?? 1));
    return { ...link, weight: (weights[link.layer] * link.weight) / damp };
  }).filter(({ weight }) => weight > 0);
}

/** An import weighs 1 ÷ (importers of its target): what two modules share only with each other says most. A call without an import (through injection, say) leans as much on its target. */
function importLinks(model: SystemModel, hubs: ReadonlySet<ModulePath>): Link[] {
  const importers = new Map<ModulePath, number>();
  const imports = model.imports.filter(({ to, test }) => !test && !hubs.has(to));
  const edges = [...imports, ...callsWithoutImport(model, hubs, new Set(imports.map(({ from, to }) => `${from}\n${to}`)))];
  for (const { to } of edges) importers.set(to, (importers.get(to) ?? 0) + 1);
  return edges.map(({ from, to, kind, symbols, evidence }): Link => ({
    a: from, b: to, layer: kind === 'type' ? 'type' : 'import', weight: 1 / (importers.get(to) ?? 1),
    says: `${kind === 'type' ? 'uses the types of' : kind === 'call' ? 'leans on' : 'imports'} ${to}${symbols.length > 0 ? ` (${symbols.slice(0, 3).join(', ')}${symbols.length > 3 ? ', …' : ''})` : ''}`, evidence,
  }));
}

/** One per pair of modules: calls into a module that the caller does not import. */
function callsWithoutImport({ calls }: SystemModel, hubs: ReadonlySet<ModulePath>, imported: ReadonlySet<string>): { from: ModulePath; to: ModulePath; kind: 'call'; symbols: string[]; evidence: Evidence }[] {
  const pairs = new Map(calls.map(({ from, to, evidence }) => [`${from.module}\n${to.module}`, { from: from.module, to: to.module, kind: 'call' as const, symbols: [to.name], evidence }]));
  return [...pairs].filter(([pair, { from, to }]) => from !== to && !hubs.has(to) && !imported.has(pair)).map(([, edge]) => edge);
}

/** Calls between modules count sub-linearly, and less where everybody calls. */
function callLinks(model: SystemModel, hubs: ReadonlySet<ModulePath>): Link[] {
  const callers = new Map<ModulePath, Set<ModulePath>>();
  // Events are how contexts talk to one another without belonging together.
  const edges = model.calls.filter(({ from, to, kind }) => kind !== 'event' && from.module !== to.module && !hubs.has(to.module));
  for (const { from, to } of edges) callers.set(to.module, (callers.get(to.module) ?? new Set()).add(from.module));
  return edges.map(({ from, to, kind, evidence }): Link => ({
    a: from.module, b: to.module, layer: 'call', weight: 1 / (callers.get(to.module)?.size ?? 1),
    says: `${kind === 'construct' ? 'constructs' : kind === 'inject' ? 'is given' : 'calls'} ${to.name} of ${to.module}`, evidence,
  }));
}

function tableLinks(model: SystemModel, measures: Measures): Link[] {
  const known = new Set(measures.tables.map(({ table }) => table));
  const accesses = model.accesses.map(({ at, table, mode, evidence }): Link => ({ a: at.module, b: tableItem(table), layer: mode, weight: 1, says: `${mode}s ${table}`, evidence }));
  const keys = model.foreignKeys.filter(({ from, to }) => known.has(from.table) && known.has(to.table)).map(({ from, to, onDelete, evidence }): Link => ({
    a: tableItem(from.table), b: tableItem(to.table), layer: 'foreignKey', weight: onDelete?.toLowerCase() === 'cascade' ? 2 : 1,
    says: `${from.table}.${from.columns.join(', ')} refers to ${to.table}`, evidence,
  }));
  return [...accesses, ...keys, ...transactionLinks(model)];
}

/** Tables written in one transaction, pair by pair; a transaction over many tables spreads its weight. */
function transactionLinks({ accesses }: SystemModel): Link[] {
  const scopes = new Map<string, Map<string, Evidence>>();
  for (const { table, mode, transaction, evidence } of accesses) {
    if (mode !== 'write' || transaction === undefined) continue;
    const tables = scopes.get(transaction) ?? new Map<string, Evidence>();
    scopes.set(transaction, tables.has(table) ? tables : tables.set(table, evidence));
  }
  return [...scopes].flatMap(([id, tables]) => {
    const all = [...tables];
    return all.flatMap(([a, evidence], i) => all.slice(i + 1).map(([b]): Link => ({
      a: tableItem(a), b: tableItem(b), layer: 'transaction', weight: 1 / (all.length - 1), says: `${a} and ${b} are written in one transaction (${id})`, evidence,
    })));
  });
}

/** A handler belongs with the tables its requests end up touching, writes thrice as much as reads. */
function endpointLinks({ traces }: Measures, heat: (name: string) => number): Link[] {
  return traces.flatMap(({ endpoint, reads, writes }) => {
    const home = endpoint.handlers.at(-1)?.module ?? endpoint.module;
    const name = `${endpoint.method} ${endpoint.path}`;
    const spread = Math.sqrt(reads.length + writes.length);
    const link = (table: string, weight: number, verb: string): Link => ({ a: home, b: tableItem(table), layer: 'endpoint', weight: (weight * heat(name)) / spread, says: `${name} ${verb} ${table}`, evidence: endpoint.evidence });
    return [
      ...writes.map((table) => link(table, 3, 'writes')),
      ...reads.map((table) => link(table, 1, 'reads')),
      { a: endpoint.module, b: home, layer: 'endpoint' as const, weight: 1, says: `${name} is answered by ${home}`, evidence: endpoint.evidence },
    ];
  });
}

/** What nobody asked for while it was watched still counts for so much: it may be asked for tomorrow. */
const COLD = 0.25;

/** How much an endpoint's evidence counts where traffic is known: by the logarithm of its requests, 1 in the mean. Without traffic all count alike. */
function heatOf({ endpoints, traffic }: SystemModel): (name: string) => number {
  if (traffic === undefined || traffic.endpoints.length === 0) return () => 1;
  const heat = new Map(traffic.endpoints.map(({ endpoint, requests }) => [endpoint, Math.log(1 + requests)]));
  const mean = [...heat.values()].reduce((total, one) => total + one, 0) / Math.max(1, endpoints.length);
  return (name) => Math.max(COLD, (heat.get(name) ?? 0) / mean);
}
