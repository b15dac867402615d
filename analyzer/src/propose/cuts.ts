import { byEvidence, compareText, type Evidence } from '../model/evidence.ts';
import type { FunctionRef, SystemModel, TableAccess } from '../model/graph.ts';
import type { Cut, CutKind, Saga, TablePlan } from './analysis.ts';
import type { Territory } from './territory.ts';

/** Relative effort of mending one cut, a call being 1: judgement, shown in the report so that it can be disagreed with. */
export const CUT_COST: Readonly<Record<CutKind, number>> = { type: 0.2, import: 0.5, call: 1, read: 2, foreignKey: 2, join: 3, write: 5, transaction: 8 };

/** Every edge that crosses from one context into another, with its remedy. Edges from and to shared modules are no cuts: a library is linked, not called. */
export function findCuts(model: CuttableModel, tables: readonly TablePlan[], sagas: readonly Saga[], where: Territory): Cut[] {
  const plans = new Map(tables.map((plan) => [plan.table, plan]));
  const joins = joinCuts(model, where);
  return [...callCuts(model, where), ...importCuts(model, where), ...accessCuts(model, where, plans, joins), ...joins, ...keyCuts(model, where), ...sagas.flatMap(transactionCuts)]
    .sort((a, b) => compareText(a.from, b.from) || compareText(a.to, b.to) || CUT_COST[b.kind] - CUT_COST[a.kind] || byEvidence(a.evidence, b.evidence) || compareText(a.what, b.what));
}

/** What can be cut: a whole system, or the part of one around a module. */
export type CuttableModel = Pick<SystemModel, 'calls' | 'imports' | 'accesses' | 'foreignKeys'>;

type Draft = Omit<Cut, 'from' | 'to' | 'cost'>;

function crossing(from: string | undefined, to: string | undefined, draft: Draft): Cut[] {
  return from === undefined || to === undefined || from === to ? [] : [{ ...draft, from, to, cost: CUT_COST[draft.kind] }];
}

const callCuts = (model: CuttableModel, where: Territory): Cut[] => model.calls.flatMap(({ from, to, kind, evidence }) =>
  kind === 'event' ? eventCuts(from, to, evidence, where) : crossing(where.ofModule(from.module), where.ofModule(to.module), {
    kind: 'call', what: `${from.module} calls ${to.name} of ${to.module}`, source: from.module, target: `${to.module}#${to.name}`, evidence, within: from.name,
    remedy: { kind: 'api call', text: `Offer ${to.name} as an endpoint of ${String(where.ofModule(to.module))}; keep the call behind an anti-corruption layer.` },
  }));

/** An event already decouples the two: only its way changes, from inside one process to a broker. */
const eventCuts = (from: FunctionRef, to: FunctionRef, evidence: Evidence, where: Territory): Cut[] =>
  crossing(where.ofModule(from.module), where.ofModule(to.module), {
    kind: 'call', what: `${from.module} raises what ${to.name} of ${to.module} listens to`, source: from.module, target: `${to.module}#${to.name}`, evidence, within: from.name,
    remedy: { kind: 'event', text: `Publish the event through the outbox; ${String(where.ofModule(to.module))} consumes it.` },
  });

/** Imports whose calls were not seen: constants, classes, values, types. Where a call crosses the same two modules, the call says it already. */
function importCuts(model: CuttableModel, where: Territory): Cut[] {
  const called = new Set(model.calls.map(({ from, to }) => `${from.module}\n${to.module}`));
  return model.imports.filter(({ from, to, test }) => !test && !called.has(`${from}\n${to}`)).flatMap(({ from, to, kind, symbols, evidence }) => {
    const names = symbols.length === 0 ? '' : ` (${symbols.join(', ')})`;
    return crossing(where.ofModule(from), where.ofModule(to), kind === 'type'
      ? { kind: 'type', what: `${from} uses types of ${to}${names}`, source: from, target: to, evidence, remedy: { kind: 'published types', text: 'Publish the types with the API, or copy the few fields that are used.' } }
      : { kind: 'import', what: `${from} imports ${to}${names}`, source: from, target: to, evidence, remedy: { kind: 'anti-corruption layer', text: `Copy the values, or ask ${String(where.ofModule(to))} for them behind an anti-corruption layer.` } });
  });
}

/** Reads and writes of a table that another context owns; a read inside a join with a table of one's own counts as a join instead. */
function accessCuts(model: CuttableModel, where: Territory, plans: ReadonlyMap<string, TablePlan>, joins: readonly Cut[]): Cut[] {
  const joined = new Set(joins.map(({ evidence, to }) => `${place(evidence)} ${to}`));
  return model.accesses.flatMap((access) => {
    const owner = where.ofTable(access.table);
    if (access.mode === 'read' && joined.has(`${place(access.evidence)} ${String(owner)}`)) return [];
    const columns = access.columns.length === 0 ? '' : ` (${access.columns.join(', ')})`;
    return crossing(where.ofModule(access.at.module), owner, {
      kind: access.mode, what: `${access.at.module} ${access.mode}s ${access.table}${columns}`, source: access.at.module, target: access.table, evidence: access.evidence, within: access.at.name,
      remedy: access.mode === 'read' ? readRemedy(access, String(owner), plans) : writeRemedy(access, String(owner), plans),
    });
  });
}

const place = ({ file, line }: Evidence): string => `${file}:${String(line)}`;

const readRemedy = ({ table }: TableAccess, owner: string, plans: ReadonlyMap<string, TablePlan>): Cut['remedy'] => plans.get(table)?.role === 'reference'
  ? { kind: 'read model', text: `Replicate ${table} from ${owner}: one writes it, many read it.` }
  : { kind: 'api call', text: `Ask ${owner} for the rows; replicate ${table} if the read is hot.` };

/** A god entity is split only where the evidence says which columns go; else, as everywhere, its owner alone writes it. */
const writeRemedy = ({ table }: TableAccess, owner: string, plans: ReadonlyMap<string, TablePlan>): Cut['remedy'] => (plans.get(table)?.split.length ?? 0) > 1
  ? { kind: 'column split', text: `Split ${table} by who writes which columns; each context keeps its own.` }
  : { kind: 'api call', text: `Send ${owner} a command; only the owner writes ${table}.` };

/** Queries that join a table of the code's own context with somebody else's: once per query and foreign table. */
function joinCuts(model: CuttableModel, where: Territory): Cut[] {
  const seen = new Set<string>();
  return model.accesses.flatMap(({ table, joined, at, evidence }) => {
    const home = where.ofModule(at.module);
    const tables = [table, ...joined];
    const near = tables.find((name) => home !== undefined && where.ofTable(name) === home);
    return near === undefined ? [] : tables.flatMap((far) => {
      const key = `${place(evidence)} ${far}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return crossing(home, where.ofTable(far), {
        kind: 'join', what: `${at.module} joins ${near} with ${far}`, source: at.module, target: far, evidence, within: at.name,
        remedy: { kind: 'read model', text: `Keep a replicated read model of ${far} in ${String(home)}, or compose the answer from two calls.` },
      });
    });
  });
}

const keyCuts = (model: CuttableModel, where: Territory): Cut[] => model.foreignKeys.flatMap(({ from, to, onDelete, evidence }) => {
  const cascades = onDelete !== undefined && /cascade|set null/i.test(onDelete);
  return crossing(where.ofTable(from.table), where.ofTable(to.table), {
    kind: 'foreignKey', what: `${from.table}.${from.columns.join(', ')} refers to ${to.table}${cascades ? ` (on delete ${onDelete.toLowerCase()})` : ''}`, source: `${from.table}.${from.columns.join(', ')}`, target: to.table, evidence,
    remedy: cascades
      ? { kind: 'event', text: `Drop the constraint; ${String(where.ofTable(to.table))} publishes a deletion event and ${String(where.ofTable(from.table))} acts on it.` }
      : { kind: 'drop constraint', text: 'Drop the constraint, keep the id; check for orphans in the background.' },
  });
});

const transactionCuts = ({ orchestrator, steps, evidence, name, kind }: Saga): Cut[] => steps.filter(({ context }) => context !== orchestrator).map((step) => ({
  kind: 'transaction', from: orchestrator, to: step.context, what: `${name} writes ${step.writes.join(', ')} in ${orchestrator}'s transaction`, source: evidence.file, target: [...step.writes].sort(compareText).join(', '), evidence,
  remedy: kind === 'saga'
    ? { kind: 'saga', text: `Make it a step of the saga; ${step.compensation === undefined ? 'retried until it succeeds' : `undone by: ${step.compensation}`}.` }
    : { kind: 'outbox', text: `Write an outbox row in ${orchestrator}'s transaction; ${step.context} consumes it, idempotently.` },
  cost: CUT_COST.transaction,
}));

/** Sum of costs. */
export const costOf = (cuts: readonly Cut[]): number => cuts.reduce((total, { cost }) => total + cost, 0);

