import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { Affinity } from '../cluster/affinity.ts';
import type { Link } from '../cluster/link.ts';
import type { BoundaryDecision, Cut, DecisionAnswer, Reason, ServiceCandidate } from './analysis.ts';
import { costOf, findCuts, type CuttableModel } from './cuts.ts';
import { anchorOf, pinLines } from './pin-lines.ts';
import { reasonOf } from './reasons.ts';
import type { Settled } from './settle.ts';

const SHOWN_PER_SIDE = 3;
/** Below this a module's place is a decision for people. */
const UNSURE = 0.15;

/** Modules that lean almost as much on another context, least certain first, as questions with the consequences of either answer. */
export function boundaryDecisions(model: SystemModel, links: readonly Link[], contexts: readonly ServiceCandidate[], settled: Settled): BoundaryDecision[] {
  const affinity = new Affinity(links, new Map(settled.communityOf));
  const around = edgesAround(model);
  const side = (module: ModulePath, context: string): Reason[] => affinity.linksAt(module)
    .filter(({ a, b }) => settled.names[settled.communityOf.get(a === module ? b : a) ?? -1] === context).slice(0, SHOWN_PER_SIDE).map(reasonOf);
  return contexts.flatMap(({ name, members }) => members.flatMap(({ module, confidence, runnerUp, flip }) => runnerUp === undefined || confidence >= UNSURE ? [] : [{
    module, context: name, runnerUp, confidence, stays: side(module, name), moves: side(module, runnerUp),
    question: `Does ${module} belong to ${name} or to ${runnerUp}?`, ...(flip === undefined ? {} : { flip }),
    answers: [name, runnerUp].map((context) => answer({ module, context, at: around(module), contexts, settled })),
  }])).sort((a, b) => a.confidence - b.confidence || compareText(a.module, b.module));
}

interface Question {
  readonly module: ModulePath;
  readonly context: string;
  /** What the module has to do with others. */
  readonly at: CuttableModel;
  readonly contexts: readonly ServiceCandidate[];
  readonly settled: Settled;
}

function answer({ module, context, at, contexts, settled: { where, tables, endpoints } }: Question): DecisionAnswer {
  const cuts = findCuts(at, tables, [], { ...where, ofModule: (path) => (path === module ? context : where.ofModule(path)) });
  const strayed = endpoints.filter(({ trace: { endpoint, writes }, context: its }) => writes.length > 0 && its !== undefined && its !== context && (endpoint.handlers.at(-1)?.module ?? endpoint.module) === module);
  const anchor = anchorOf(contexts, context, module);
  return {
    context, cuts: cuts.length, cost: Math.round(costOf(cuts) * 100) / 100,
    consequence: [crossings(cuts), ...strayed.slice(0, 1).map(({ id, context: its }) => `${id}${strayed.length > 1 ? ` and ${String(strayed.length - 1)} more` : ''} would still be answered by ${String(its)}, which owns what ${strayed.length > 1 ? 'they write' : 'it writes'}`)].join('; '),
    pin: pinLines({ contexts: { [context]: anchor === undefined ? { modules: [module] } : { modules: [anchor, module] } } }),
  };
}

/** `3 calls and 1 read cross to orders, 1 type to billing` */
function crossings(cuts: readonly Cut[]): string {
  if (cuts.length === 0) return 'nothing of it crosses a boundary';
  const counts = new Map<string, Map<string, number>>();
  for (const { from, to, kind } of cuts) {
    const key = `${from} → ${to}`;
    const kinds = counts.get(key) ?? new Map<string, number>();
    counts.set(key, kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
  }
  return [...counts].map(([key, kinds]) => `${key}: ${[...kinds].map(([kind, n]) => `${String(n)} ${kind === 'foreignKey' ? 'foreign key' : kind}${n === 1 ? '' : 's'}`).join(', ')}`).join('; ');
}

/** The edges at one module, found once for all of them. */
function edgesAround({ calls, imports, accesses }: SystemModel): (module: ModulePath) => CuttableModel {
  const callsAt = grouped(calls, ({ from, to }) => [from.module, to.module]);
  const importsAt = grouped(imports, ({ from, to }) => [from, to]);
  const accessesAt = grouped(accesses, ({ at }) => [at.module]);
  return (module) => ({ calls: callsAt.get(module) ?? [], imports: importsAt.get(module) ?? [], accesses: accessesAt.get(module) ?? [], foreignKeys: [] });
}

function grouped<T>(edges: readonly T[], endsOf: (edge: T) => readonly ModulePath[]): Map<ModulePath, T[]> {
  const found = new Map<ModulePath, T[]>();
  for (const edge of edges) {
    for (const end of new Set(endsOf(edge))) {
      const list = found.get(end);
      if (list === undefined) found.set(end, [edge]);
      else list.push(edge);
    }
  }
  return found;
}
