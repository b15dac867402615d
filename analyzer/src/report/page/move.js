/** @import { Cut, Facts, Place } from './facts.js' */
/** @import { PageAccess } from '../page-data.ts' */
/** @typedef {Pick<Cut, 'kind' | 'from' | 'to' | 'what' | 'cost' | 'evidence'>} Crossing */
/** @typedef {{ readonly come: readonly Crossing[], readonly gone: readonly Crossing[] }} Change */

/**
 * Which cuts come and which go when one module moves: every edge of the module is judged again by the rules of `propose/cuts.ts`; tables and everything else stay where they are.
 * Transactions are not judged again: that takes the whole analysis, and the command does it.
 * @param {Facts} facts
 * @param {string} module
 * @param {string} to a context
 * @returns {Change}
 */
export function moveModule(facts, module, to) {
  const before = crossings(facts, module, facts.home.get(module));
  const after = crossings(facts, module, to);
  const key = (/** @type {Crossing} */ { kind, from, to: other, what, evidence }) => [kind, from, other, what, evidence.file, evidence.line].join('\n');
  const [was, is] = [new Set(before.map(key)), new Set(after.map(key))];
  return { come: after.filter((cut) => !was.has(key(cut))), gone: before.filter((cut) => !is.has(key(cut))) };
}

/**
 * @param {Facts} facts
 * @param {string} module
 * @param {string | undefined} home where it lies, or would
 * @returns {Crossing[]}
 */
function crossings(facts, module, home) {
  const of = (/** @type {string} */ path) => (path === module ? home : facts.home.get(path));
  /** @type {(from: string | undefined, to: string | null | undefined, kind: Cut['kind'], what: string, evidence: Place) => Crossing[]} */
  const crossing = (from, to, kind, what, evidence) => (from === undefined || to === undefined || to === null || from === to ? [] : [{ from, to, kind, what, evidence, cost: facts.data.cutCost[kind] }]);
  const calls = [...facts.callsFrom().get(module) ?? [], ...(facts.callsTo().get(module) ?? []).filter(({ from }) => from !== module)];
  const called = new Set(calls.map(({ from, to }) => `${from}\n${to}`));
  const imports = [...facts.importsFrom().get(module) ?? [], ...(facts.importsTo().get(module) ?? []).filter(({ from }) => from !== module)];
  const accesses = facts.accessesBy().get(module) ?? [];
  const joins = joinsOf(facts, accesses, home).map(({ far, near, evidence }) => ({ far, near, evidence, owner: facts.tables.get(far)?.owner ?? undefined }));
  const joined = new Set(joins.map(({ evidence, owner }) => `${evidence.file}:${evidence.line} ${owner ?? ''}`));
  return [
    ...calls.flatMap(({ from, to, callee, kind, line }) => crossing(of(from), of(to), 'call', `${from} ${kind === 'event' ? 'raises what' : 'calls'} ${callee} of ${to}${kind === 'event' ? ' listens to' : ''}`, { file: from, line })),
    ...imports.filter(({ from, to }) => !called.has(`${from}\n${to}`)).flatMap(({ from, to, kind, symbols, line }) => crossing(of(from), of(to), kind === 'type' ? 'type' : 'import', `${from} ${kind === 'type' ? 'uses types of' : 'imports'} ${to}${symbols.length === 0 ? '' : ` (${symbols.join(', ')})`}`, { file: from, line })),
    ...accesses.filter(({ mode, table, evidence }) => mode === 'write' || !joined.has(`${evidence.file}:${evidence.line} ${facts.tables.get(table)?.owner ?? ''}`))
      .flatMap(({ table, mode, columns, evidence }) => crossing(home, facts.tables.get(table)?.owner, mode, `${module} ${mode}s ${table}${columns.length === 0 ? '' : ` (${columns.join(', ')})`}`, evidence)),
    ...joins.flatMap(({ far, near, evidence, owner }) => crossing(home, owner, 'join', `${module} joins ${near} with ${far}`, evidence)),
  ];
}

/**
 * Tables of others that a query joins with a table of the module's own context: once per query and table.
 * @param {Facts} facts
 * @param {readonly PageAccess[]} accesses
 * @param {string | undefined} home
 */
function joinsOf(facts, accesses, home) {
  const owner = (/** @type {string} */ table) => facts.tables.get(table)?.owner ?? undefined;
  /** @type {Set<string>} */
  const seen = new Set();
  return accesses.flatMap(({ table, joined, evidence }) => {
    const tables = [table, ...joined];
    const near = tables.find((name) => home !== undefined && owner(name) === home);
    if (near === undefined) return [];
    const fresh = tables.filter((far) => !seen.has(`${evidence.file}:${evidence.line} ${far}`));
    for (const far of fresh) seen.add(`${evidence.file}:${evidence.line} ${far}`);
    return fresh.filter((far) => owner(far) !== undefined && owner(far) !== home).map((far) => ({ near, far, evidence }));
  });
}
