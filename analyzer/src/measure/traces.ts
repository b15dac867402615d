import type { Evidence } from '../model/evidence.ts';
import type { EndpointFact, FunctionRef, SystemModel, TableAccess, Unresolved } from '../model/graph.ts';

/** What one request does to the data, in the order of the source text: the functionality of Mono2Micro (Santos & Rito Silva, "A complexity metric for microservices architecture migration", 2020). */
export interface EndpointTrace {
  readonly endpoint: EndpointFact;
  readonly steps: readonly TraceStep[];
  /** Steps and modules that were left out of the lists above and below, because so many endpoints reach so much; the tables are complete. */
  readonly omitted?: number;
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

/** What a function does, in the order of its text: it touches a table, or calls the function of that number. */
type Act = TraceStep | number;

interface Functions {
  readonly numbers: ReadonlyMap<string, number>;
  readonly modules: readonly string[];
  readonly acts: readonly (readonly Act[])[];
}

/** Steps and modules that all traces together list whole: what a report can hold, and ten times what real systems need, whose endpoints do not all reach everything. */
const BUDGET = 200_000;
const FEWEST_STEPS = 100;

/**
 * Table accesses propagated up the call graph to each endpoint. Every function is entered once per endpoint, so recursion ends and a loop body counts once;
 * both arms of a branch are listed. In the model's order of endpoints.
 */
export function traceEndpoints(model: SystemModel, budget = BUDGET): EndpointTrace[] {
  const functions = numberFunctions(model);
  const all = (most: number): EndpointTrace[] => {
    const seenBy = new Int32Array(functions.acts.length);
    return model.endpoints.map((endpoint, i) => trace(endpoint, functions, { seenBy, turn: i + 1, most }));
  };
  // Each gets an equal share; where others leave enough of theirs, all are listed whole.
  const listed = all(Math.max(FEWEST_STEPS, Math.floor(budget / Math.max(1, model.endpoints.length))));
  const wanted = listed.reduce((total, { steps, modules, omitted = 0 }) => total + steps.length + modules.length + omitted, 0);
  return wanted > budget || listed.every(({ omitted }) => omitted === undefined) ? listed : all(Infinity);
}

export const functionKey = ({ module, name }: FunctionRef): string => `${module}#${name}`;

function numberFunctions({ accesses, calls, endpoints }: SystemModel): Functions {
  const numbers = new Map<string, number>();
  const modules: string[] = [];
  const lines: { line: number; act: Act }[][] = [];
  const numberOf = (at: FunctionRef): number => {
    const key = functionKey(at);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, modules.length);
    modules.push(at.module);
    lines.push([]);
    return modules.length - 1;
  };
  for (const { handlers } of endpoints) handlers.forEach(numberOf);
  for (const access of accesses) lines[numberOf(access.at)]?.push({ line: access.evidence.line, act: stepOf(access) });
  for (const { from, to, evidence } of calls) lines[numberOf(from)]?.push({ line: evidence.line, act: numberOf(to) });
  return { numbers, modules, acts: lines.map((list) => list.sort((a, b) => a.line - b.line).map(({ act }) => act)) };
}

interface Walk {
  /** The last turn in which each function was entered: one array for all endpoints, instead of a set for each. */
  readonly seenBy: Int32Array;
  readonly turn: number;
  readonly most: number;
}

function trace(endpoint: EndpointFact, { numbers, modules, acts }: Functions, { seenBy, turn, most }: Walk): EndpointTrace {
  const record = new Passage(most);
  // A stack of what is still to do, next act last: deep call chains must not end the process.
  const todo: Act[] = endpoint.handlers.map((handler) => numbers.get(functionKey(handler)) ?? 0).reverse();
  for (let act = todo.pop(); act !== undefined; act = todo.pop()) {
    if (typeof act !== 'number') {
      record.step(act);
    } else if (seenBy[act] !== turn) {
      seenBy[act] = turn;
      record.pass(modules[act] ?? '');
      for (const next of (acts[act] ?? []).toReversed()) todo.push(next);
    }
  }
  return { endpoint, ...record.listed() };
}

/** What one request was seen to do, as far as it is listed. */
class Passage {
  readonly #most: number;
  readonly #steps: TraceStep[] = [];
  readonly #modules = new Set<string>();
  readonly #tables = { read: new Set<string>(), write: new Set<string>() };
  #omitted = 0;

  constructor(most: number) {
    this.#most = most;
  }

  step(step: TraceStep): void {
    this.#tables[step.mode].add(step.table);
    if (this.#steps.length < this.#most) this.#steps.push(step);
    else this.#omitted += 1;
  }

  pass(module: string): void {
    if (this.#modules.size < this.#most) this.#modules.add(module);
    else if (!this.#modules.has(module)) this.#omitted += 1;
  }

  listed(): Omit<EndpointTrace, 'endpoint'> {
    const { read, write } = this.#tables;
    return { steps: this.#steps, reads: [...read], writes: [...write], modules: [...this.#modules], ...(this.#omitted === 0 ? {} : { omitted: this.#omitted }) };
  }
}

const stepOf = ({ table, mode, at, transaction, evidence }: TableAccess): TraceStep => ({
  table, mode, module: at.module, evidence, ...(transaction === undefined ? {} : { transaction }),
});

/** One gap for all traces that were shortened: a line for each would bury the rest. */
export function shortenedTraces(traces: readonly EndpointTrace[]): Unresolved[] {
  const shortened = traces.filter(({ omitted }) => omitted !== undefined);
  const [first] = shortened;
  if (first === undefined) return [];
  const most = Math.max(...shortened.map(({ steps, modules }) => Math.max(steps.length, modules.length)));
  return [{
    kind: 'call', what: `${String(shortened.length)} endpoint${shortened.length === 1 ? '' : 's'}`, evidence: first.endpoint.evidence,
    why: `reach more than can be listed: the first ${String(most)} steps and modules of each are, and all of its tables`,
  }];
}
