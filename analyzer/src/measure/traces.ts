import type { Evidence } from '../model/evidence.ts';
import type { EndpointFact, FunctionRef, SystemModel, TableAccess } from '../model/graph.ts';

/** What one request does to the data, in the order of the source text: the functionality of Mono2Micro (Santos & Rito Silva, "A complexity metric for microservices architecture migration", 2020). */
export interface EndpointTrace {
  readonly endpoint: EndpointFact;
  readonly steps: readonly TraceStep[];
  /** Distinct tables, in order of first use. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Modules the request passes through, in order of first use. */
  readonly modules: readonly string[];
}

export interface TraceStep {
  readonly table: string;
  readonly mode: 'read' | 'write';
  readonly module: string;
  readonly transaction?: string;
  readonly evidence: Evidence;
}

type Act = { readonly line: number } & ({ readonly access: TableAccess } | { readonly call: FunctionRef });

/**
 * Table accesses propagated up the call graph to each endpoint. Every function is entered once per endpoint, so recursion ends and a loop body counts once;
 * both arms of a branch are listed. In the model's order of endpoints.
 */
export function traceEndpoints(model: SystemModel): EndpointTrace[] {
  const acts = actsByFunction(model);
  return model.endpoints.map((endpoint) => trace(endpoint, acts));
}

export const functionKey = ({ module, name }: FunctionRef): string => `${module}#${name}`;

function actsByFunction({ accesses, calls }: SystemModel): Map<string, Act[]> {
  const acts = new Map<string, Act[]>();
  const push = (at: FunctionRef, act: Act): void => {
    const list = acts.get(functionKey(at));
    if (list === undefined) acts.set(functionKey(at), [act]);
    else list.push(act);
  };
  for (const access of accesses) push(access.at, { line: access.evidence.line, access });
  for (const { from, to, evidence } of calls) push(from, { line: evidence.line, call: to });
  for (const list of acts.values()) list.sort((a, b) => a.line - b.line);
  return acts;
}

function trace(endpoint: EndpointFact, acts: ReadonlyMap<string, readonly Act[]>): EndpointTrace {
  const steps: TraceStep[] = [];
  const modules = new Set<string>();
  const seen = new Set<string>();
  // A stack of what is still to do, next act last: deep call chains must not end the process.
  const todo: Act[] = [...endpoint.handlers].reverse().map((call) => ({ line: 0, call }));
  for (let act = todo.pop(); act !== undefined; act = todo.pop()) {
    if ('access' in act) {
      steps.push(stepOf(act.access));
      continue;
    }
    const key = functionKey(act.call);
    if (seen.has(key)) continue;
    seen.add(key);
    modules.add(act.call.module);
    const inner = acts.get(key) ?? [];
    for (let i = inner.length - 1; i >= 0; i -= 1) {
      const next = inner[i];
      if (next !== undefined) todo.push(next);
    }
  }
  const tables = (mode: 'read' | 'write'): string[] => [...new Set(steps.filter((step) => step.mode === mode).map(({ table }) => table))];
  return { endpoint, steps, reads: tables('read'), writes: tables('write'), modules: [...modules] };
}

const stepOf = ({ table, mode, at, transaction, evidence }: TableAccess): TraceStep => ({
  table, mode, module: at.module, evidence, ...(transaction === undefined ? {} : { transaction }),
});
