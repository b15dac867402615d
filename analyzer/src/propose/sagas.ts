import { byEvidence, compareText } from '../model/evidence.ts';
import type { SystemModel, TableAccess, TransactionScope } from '../model/graph.ts';
import type { EndpointPlan, Saga, SagaStep } from './analysis.ts';
import type { Territory } from './territory.ts';
import type { Volumes } from './volumes.ts';

/**
 * What replaces each transaction whose writes would fall into two or more contexts: a saga of local transactions (Garcia-Molina & Salem 1987), in the order of the code.
 * Steps before the pivot (the orchestrator's last write) are compensated, steps after it are retried.
 * Two contexts, the other one last and written once: an outbox is enough.
 */
export function planSagas(model: SystemModel, endpoints: readonly EndpointPlan[], where: Territory, volumes: Volumes): Saga[] {
  const scopes = new Map<string, TableAccess[]>();
  for (const access of model.accesses) {
    if (access.transaction === undefined || access.mode !== 'write' || where.ofTable(access.table) === undefined) continue;
    const list = scopes.get(access.transaction);
    if (list === undefined) scopes.set(access.transaction, [access]);
    else list.push(access);
  }
  const runs = runsByScope(endpoints);
  return model.transactions.flatMap((scope) => {
    const its = runs.get(scope.id) ?? [];
    const accesses = scopes.get(scope.id) ?? [];
    const writes = inOrder(accesses, its[0]);
    // A seed or a repair script needs no saga: it stays with the monolith and leaves with it.
    const served = its.length > 0 || [scope, ...accesses].some(({ at }) => where.ofModule(at.module) !== undefined);
    return served && new Set(writes.map(({ table }) => where.ofTable(table))).size > 1 ? [sagaOf(scope, writes, its, { where, volumes })] : [];
  });
}

/** Which endpoints run which transaction, in the model's order. */
function runsByScope(endpoints: readonly EndpointPlan[]): Map<string, EndpointPlan[]> {
  const runs = new Map<string, EndpointPlan[]>();
  for (const plan of endpoints) {
    for (const id of new Set(plan.trace.steps.flatMap(({ transaction }) => transaction ?? []))) {
      const list = runs.get(id);
      if (list === undefined) runs.set(id, [plan]);
      else list.push(plan);
    }
  }
  return runs;
}

function sagaOf({ id, at, evidence }: TransactionScope, writes: readonly TableAccess[], runs: readonly EndpointPlan[], { where, volumes }: { where: Territory; volumes: Volumes }): Saga {
  const volume = volumes.through(at);
  const orchestrator = mostWritten(writes, where.ofModule(at.module), where);
  const steps = localTransactions(writes, where);
  const kind = steps.length === 2 && steps[0]?.context === orchestrator ? 'outbox' : 'saga';
  return {
    id, evidence, name: nameOf(at.name, runs), orchestrator, kind, steps: withCompensations(steps, orchestrator, kind),
    endpoints: [...new Set(runs.map((plan) => plan.id))].sort(compareText), complexity: Math.max(0, ...runs.map(({ complexity }) => complexity)), ...(volume === undefined ? {} : { volume }),
  };
}

/** One endpoint runs it: its name. Several do: the function's, for which of them it is named would be chance. */
const nameOf = (name: string, runs: readonly EndpointPlan[]): string => (new Set(runs.map(({ id }) => id)).size === 1 ? runs[0]?.id ?? name : name);

/** The code's own context if it owns a table that is written; else the owner of most of them. */
function mostWritten(writes: readonly TableAccess[], home: string | undefined, where: Territory): string {
  const counts = new Map<string, number>();
  for (const { table } of writes) {
    const owner = where.ofTable(table) ?? '';
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  if (home !== undefined && counts.has(home)) return home;
  return [...counts].sort(([a, x], [b, y]) => y - x || compareText(a, b))[0]?.[0] ?? '';
}

/** Neighbouring writes of one owner become one local transaction. */
function localTransactions(writes: readonly TableAccess[], where: Territory): { context: string; writes: string[] }[] {
  const steps: { context: string; writes: string[] }[] = [];
  for (const { table } of writes) {
    const context = where.ofTable(table) ?? '';
    const last = steps.at(-1);
    if (last?.context !== context) steps.push({ context, writes: [table] });
    else if (!last.writes.includes(table)) last.writes.push(table);
  }
  return steps;
}

function withCompensations(steps: readonly { context: string; writes: readonly string[] }[], orchestrator: string, kind: Saga['kind']): SagaStep[] {
  const pivot = steps.map(({ context }) => context).lastIndexOf(orchestrator);
  return steps.map(({ context, writes }, i) => ({
    context, writes, does: `write ${writes.join(', ')}`,
    ...(kind === 'saga' && i < pivot ? { compensation: `undo the write of ${[...writes].reverse().join(', ')} by the saga's id` } : {}),
  }));
}

/** As a request performs them, where an endpoint runs the transaction; else as they stand in the source. */
function inOrder(writes: readonly TableAccess[], run: EndpointPlan | undefined): TableAccess[] {
  const place = ({ file, line }: TableAccess['evidence']): string => `${file}:${String(line)}`;
  const turn = new Map((run?.trace.steps ?? []).map(({ evidence }, i) => [place(evidence), i]));
  return [...writes].sort((a, b) => (turn.get(place(a.evidence)) ?? turn.size) - (turn.get(place(b.evidence)) ?? turn.size) || byEvidence(a.evidence, b.evidence));
}
