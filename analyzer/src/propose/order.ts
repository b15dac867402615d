import { compareText } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import type { Cut, CutKind, ExtractionStep, ServiceCandidate, TablePlan } from './analysis.ts';
import { costOf } from './cuts.ts';
import { preparationsFor } from './preparations.ts';
import type { Settled } from './settle.ts';

/** Added to every cost, so that a context without cuts does not divide by nothing: the price of a pipeline, a database, a deployment. */
const BASE_COST = 10;

/**
 * Which context to take out first: value ÷ cost, greedily; libraries are not taken out. Value is churn × contention × traffic: what changes often, what others reach into and what is
 * asked for most gains most from standing alone. What answers no endpoint waits for those that do: a route is what is switched, and a database adapter or a table of settings has none. A cut that an earlier extraction has mended is paid and costs no more, which is why the order is computed step by step.
 */
export function extractionOrder(model: SystemModel, contexts: readonly ServiceCandidate[], { endpoints, tables, cuts }: Pick<Settled, 'endpoints' | 'tables' | 'cuts'>): ExtractionStep[] {
  const values = valuesOf(model, contexts, { endpoints, tables });
  const gone = new Set<string>();
  const order: ExtractionStep[] = [];
  const services = contexts.filter(({ role }) => role === 'service');
  while (order.length < services.length) {
    const [best] = services.filter(({ name }) => !gone.has(name)).map((context) => {
      const open = cuts.filter(({ from, to }) => (from === context.name || to === context.name) && !gone.has(from) && !gone.has(to));
      const value = values.get(context.name) ?? { total: 0, churn: 0, contention: 0, endpoints: 0, traffic: 0 };
      return { context, open, value, score: value.total / (BASE_COST + costOf(open)) };
    }).sort((a, b) => Number(b.context.endpoints.length > 0) - Number(a.context.endpoints.length > 0) || b.score - a.score || compareText(a.context.name, b.context.name));
    if (best === undefined) break;
    gone.add(best.context.name);
    order.push(stepOf(order.length + 1, best, tables));
  }
  return order;
}

function stepOf(rank: number, { context, open, value, score }: { context: ServiceCandidate; open: readonly Cut[]; value: ExtractionStep['value']; score: number }, tables: readonly TablePlan[]): ExtractionStep {
  const byKind: Partial<Record<CutKind, number>> = {};
  for (const { kind, cost } of open) byKind[kind] = round((byKind[kind] ?? 0) + cost);
  const broken = open.filter(({ kind }) => kind === 'transaction').length;
  const risk = broken > 1 || context.confidence < 0.2 ? 'high' : broken === 1 || context.confidence < 0.4 ? 'medium' : 'low';
  return { rank, context: context.name, score: round(score), value, cost: { total: round(BASE_COST + costOf(open)), byKind }, risk, because: because(open, context), first: preparationsFor(context.name, open, tables) };
}

function because(open: readonly Cut[], { confidence, endpoints }: ServiceCandidate): string {
  const count = (kind: CutKind): number => open.filter((cut) => cut.kind === kind).length;
  const parts = [plural(count('transaction'), 'transaction'), plural(count('write'), 'foreign write'), plural(count('join'), 'join'), plural(count('call'), 'call')].filter((text) => text !== '');
  const routeless = endpoints.length === 0 ? 'answers no endpoint, so nothing can be routed to it: it leaves last, with those that use it; ' : '';
  return `${routeless}${parts.length === 0 ? 'no transaction, write, join or call to mend' : `${parts.join(', ')} to mend`}; confidence ${confidence.toFixed(2)}`;
}

const plural = (n: number, noun: string): string => (n === 0 ? '' : `${String(n)} ${noun}${n === 1 ? '' : 's'}`);

function valuesOf(model: SystemModel, contexts: readonly ServiceCandidate[], { endpoints, tables }: Pick<Settled, 'endpoints' | 'tables'>): Map<string, ExtractionStep['value']> {
  const home = new Map(contexts.flatMap(({ name, modules }) => modules.map((module) => [module, name] as const)));
  const churn = new Map<string, number>();
  for (const { module, churn: weight } of model.history) add(churn, home.get(module), weight);
  const contention = new Map<string, number>();
  for (const { owner, writers, readers } of tables) for (const { context, places } of [...writers, ...readers]) if (context !== owner) add(contention, owner, places);
  const requests = new Map<string, number>();
  for (const { context, volume } of endpoints) add(requests, context, volume?.requests ?? 0);
  const answered = new Map(contexts.map(({ name, endpoints: its }) => [name, its.length]));
  const [c, t, e, r] = [churn, contention, answered, model.traffic === undefined ? answered : requests].map(shares);
  return new Map(contexts.map(({ name }) => {
    const parts = { churn: c?.(name) ?? 0, contention: t?.(name) ?? 0, endpoints: e?.(name) ?? 0, traffic: r?.(name) ?? 0 };
    return [name, { ...parts, total: round(geometric([parts.churn, parts.contention, parts.traffic])) }];
  }));
}

/** Each + 1, so that what is not known (no history, nothing contended) does not wipe out the rest. */
const geometric = (shareOf: readonly number[]): number => shareOf.reduce((product, share) => product * (share + 1), 1) ** (1 / shareOf.length) - 1;

function add(sums: Map<string, number>, key: string | undefined, value: number): void {
  if (key !== undefined) sums.set(key, (sums.get(key) ?? 0) + value);
}

/** Share of the whole in percent; 0 when there is nothing to share. */
function shares(values: ReadonlyMap<string, number>): (name: string) => number {
  const all = [...values.values()].reduce((total, value) => total + value, 0);
  return (name) => (all === 0 ? 0 : round((100 * (values.get(name) ?? 0)) / all));
}

const round = (value: number): number => Math.round(value * 100) / 100;
