import { divide } from '../../src/cluster/divide.ts';
import { mergeParallel, type WeightedEdge } from '../../src/cluster/weighted-graph.ts';
import type { Labels } from '../../src/measure/agreement.ts';
import { quality, type Flow } from '../../src/measure/quality.ts';
import { businessContexts } from './business-contexts.ts';
import type { PaperSystem } from './systems.ts';
import { tableObjective, type TableInput } from './table-objective.ts';

export const METRICS = ['SM', 'SM as published', 'ICP', 'IFN', 'NED', 'BCS'] as const;
export type Objective = 'modularity' | 'the metrics themselves';

/** Our division beside a published one: the same classes, the same number of communities. */
export interface Comparison {
  readonly system: string;
  readonly method: string;
  readonly files: readonly string[];
  readonly communities: number;
  /** Per metric, how much better we are: positive where better, whichever way the metric points. */
  readonly margin: readonly number[];
}

const SEED = 1;
const EPSILON = 1e-9;

/** Every published partition against ours, except those of one community and those of so many that some must be single classes. */
export function compare(system: PaperSystem, objective: Objective): Comparison[] {
  const known = new Map<string, Labels | undefined>();
  return system.partitions.flatMap(({ files, labels, method }) => {
    const communities = new Set(labels.values()).size;
    const items = [...labels.keys()].sort();
    const key = `${String(communities)} ${items.join()}`;
    if (!known.has(key)) known.set(key, communities < 2 ? undefined : ours(system, items, communities, objective));
    const own = known.get(key);
    if (own === undefined) return [];
    const theirs = figures(labels, system);
    return [{ system: system.name, method, files, communities, margin: figures(own, system).map((value, i) => value - (theirs[i] ?? 0)) }];
  });
}

export const atLeastEqual = (margin: number): boolean => margin >= -EPSILON;
export const better = (margin: number): boolean => margin > EPSILON;

/** Signs turned so that more is better. */
function figures(labels: Labels, { contexts, flows }: PaperSystem): number[] {
  const { icp, ifn, ned, sm, smAsPublished } = quality(labels, flows);
  return [sm, smAsPublished, -icp, -ifn, -ned, -businessContexts(labels, contexts)];
}

/** The engine sees calls alone: their volume as a logarithm, for a loop that calls a million times ties no tighter than one that calls a thousand. */
function ours(system: PaperSystem, items: readonly string[], communities: number, objective: Objective): Labels | undefined {
  const edges = edgesAmong(items, system.flows);
  const byModularity = divide(items.length, edges, { communities, seed: SEED });
  if (byModularity === undefined) return undefined;
  const named = (labels: Int32Array | undefined): Labels => new Map(items.map((item, node) => [item, String(labels?.[node] ?? 0)]));
  if (objective === 'modularity') return named(byModularity);
  return named(divide(items.length, edges, { communities, seed: SEED, objective: tableObjective(tableInput(system, items, edges, communities), byModularity) }));
}

export function edgesAmong(items: readonly string[], flows: readonly Flow[]): WeightedEdge[] {
  const number = new Map(items.map((item, node) => [item, node]));
  return mergeParallel(flows.flatMap(({ from, to, weight }) => {
    const [a, b] = [number.get(from), number.get(to)];
    return a === undefined || b === undefined || a === b ? [] : [{ a, b, weight: Math.log(weight) + 1 }];
  }));
}

export function tableInput({ contexts }: PaperSystem, items: readonly string[], pairs: readonly WeightedEdge[], communities: number): TableInput {
  const all = [...new Set(items.flatMap((item) => contexts.get(item) ?? ['Unknown']))];
  return { size: items.length, pairs, communities, contexts: items.map((item) => (contexts.get(item) ?? ['Unknown']).map((context) => all.indexOf(context))) };
}

