import { compare, groupBy, round } from './dom.js';

/** @import { PageData, PageModule, PageCall, PageImport, PageAccess } from '../page-data.ts' */
/** @typedef {PageData['contexts'][number]} Context */
/** @typedef {PageData['cuts'][number]} Cut */
/** @typedef {PageData['endpoints'][number]} EndpointRow */
/** @typedef {PageData['tables'][number]} TableRow */
/** @typedef {PageData['contexts'][number]['why'][number]} Reason */
/** @typedef {{ readonly file: string, readonly line: number }} Place */
/** @typedef {{ readonly from: string, readonly to: string, readonly cuts: readonly Cut[], readonly cost: number, readonly heavy: boolean }} Boundary All cuts from one context to another. `heavy`: a transaction or a foreign write crosses. */
/**
 * Everything a view asks for, looked up once.
 * @typedef {object} Facts
 * @property {PageData} data
 * @property {ReadonlyMap<string, Context>} contexts by name
 * @property {ReadonlyMap<string, string>} home module → context; absent when shared
 * @property {ReadonlyMap<string, PageModule>} modules
 * @property {ReadonlyMap<string, TableRow>} tables
 * @property {readonly Boundary[]} boundaries costliest first
 * @property {(name: string) => number} hue 0–359
 * @property {() => ReadonlyMap<string, readonly PageCall[]>} callsFrom
 * @property {() => ReadonlyMap<string, readonly PageCall[]>} callsTo
 * @property {() => ReadonlyMap<string, readonly PageImport[]>} importsFrom
 * @property {() => ReadonlyMap<string, readonly PageImport[]>} importsTo
 * @property {() => ReadonlyMap<string, readonly PageAccess[]>} accessesBy by module
 * @property {() => ReadonlyMap<string, readonly PageAccess[]>} accessesOf by table
 * @property {() => ReadonlyMap<string, readonly Cut[]>} cutsIn by the file that says so
 */

/**
 * @param {PageData} data
 * @returns {Facts}
 */
export function gather(data) {
  const names = data.contexts.map(({ name }) => name).sort(compare);
  // As far apart as their number allows: around the circle by the golden angle. Colour only repeats what the name beside it says.
  const hues = new Map(names.map((name, i) => [name, Math.round(i * 137.508 + 205) % 360]));
  return {
    data,
    contexts: new Map(data.contexts.map((context) => [context.name, context])),
    home: new Map(data.contexts.flatMap(({ name, modules }) => modules.map((module) => [module, name]))),
    modules: new Map(data.modules.map((module) => [module.path, module])),
    tables: new Map(data.tables.map((table) => [table.name, table])),
    boundaries: boundariesOf(data.cuts),
    hue: (name) => hues.get(name) ?? 0,
    callsFrom: once(() => groupBy(data.calls, ({ from }) => from)),
    callsTo: once(() => groupBy(data.calls, ({ to }) => to)),
    importsFrom: once(() => groupBy(data.imports, ({ from }) => from)),
    importsTo: once(() => groupBy(data.imports, ({ to }) => to)),
    accessesBy: once(() => groupBy(data.accesses, ({ module }) => module)),
    accessesOf: once(() => groupBy(data.accesses, ({ table }) => table)),
    cutsIn: once(() => groupBy(data.cuts, ({ evidence }) => evidence.file)),
  };
}

/**
 * @template T
 * @param {() => T} make
 * @returns {() => T}
 */
export function once(make) {
  /** @type {{ value: T } | undefined} */
  let made;
  return () => (made ??= { value: make() }).value;
}

/**
 * @param {readonly Cut[]} cuts
 * @returns {Boundary[]}
 */
function boundariesOf(cuts) {
  return [...groupBy(cuts, ({ from, to }) => `${from}\n${to}`).values()].map((its) => ({
    from: its[0]?.from ?? '', to: its[0]?.to ?? '', cuts: its, cost: costOf(its), heavy: its.some(({ kind }) => kind === 'transaction' || kind === 'write'),
  })).sort((a, b) => b.cost - a.cost || compare(a.from, b.from) || compare(a.to, b.to));
}

/** @param {readonly { readonly cost: number }[]} cuts */
export const costOf = (cuts) => round(cuts.reduce((total, { cost }) => total + cost, 0));

/** Cut kinds from the dearest to the cheapest, in words. */
export const KINDS = /** @type {const} */ ([['transaction', 'transaction'], ['write', 'foreign write'], ['join', 'join'], ['foreignKey', 'foreign key'], ['read', 'foreign read'], ['call', 'call'], ['import', 'import'], ['type', 'type use']]);
/** @type {ReadonlyMap<string, string>} */
export const KIND_WORDS = new Map(KINDS);

/**
 * How many cuts of each kind, dearest kind first.
 * @param {readonly Cut[]} cuts
 * @returns {{ kind: string, word: string, n: number, cost: number }[]}
 */
export function byKind(cuts) {
  const groups = groupBy(cuts, ({ kind }) => kind);
  return KINDS.flatMap(([kind, word]) => {
    const its = groups.get(kind);
    return its === undefined ? [] : [{ kind, word, n: its.length, cost: costOf(its) }];
  });
}
