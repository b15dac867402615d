import { louvain, renumber } from './louvain.ts';
import { medianPartition } from './median.ts';
import { addEdge, type EdgeColumns } from './edge-columns.ts';
import { at, bump, floatAt, intAt } from './numbers.ts';
import { seededRandom } from './random.ts';
import { columnsOf, graphOf, type WeightedEdge } from './weighted-graph.ts';

export interface ConsensusOptions {
  readonly seed: number;
  readonly resolutions: readonly number[];
  readonly runs: number;
  readonly apart: readonly (readonly [number, number])[];
}

/** What one resolution yields. */
export interface Grain {
  readonly resolution: number;
  /** Mean ARI between runs on perturbed copies of the graph: 1 means that noise changes nothing. */
  readonly stability: number;
  readonly labels: Int32Array;
  /** The labels of every run. */
  readonly runs: readonly Int32Array[];
  readonly communities: number;
  /** Share of the evidence's weight that crosses between communities. */
  readonly cut: number;
}

/** Share of edges that each run does without. */
const DROPPED = 0.1;

/**
 * Ensemble clustering of a graph, once per resolution: Louvain on copies that each miss a tenth of the edges, then the median of the runs, which a tenth of the
 * evidence more or less therefore hardly moves.
 * @param edges one per pair, in canonical order: the result is a function of this order and the seed.
 */
export function consensus(size: number, edges: readonly WeightedEdge[], options: ConsensusOptions): Grain[] {
  const columns = columnsOf(edges);
  return options.resolutions.map((resolution, index) => {
    const runs = Array.from({ length: options.runs }, (_, run) => perturbedRun(size, columns, resolution, options, index * 1000 + run));
    return grainOf(resolution, runs, edges, options);
  });
}

/** One division from several: the median of all their runs. Its resolution is the middle one of theirs. */
export function medianOf(grains: readonly Grain[], edges: readonly WeightedEdge[], options: Pick<ConsensusOptions, 'apart'>): Grain {
  const resolutions = grains.map(({ resolution }) => resolution).sort((a, b) => a - b);
  return grainOf(resolutions[resolutions.length >> 1] ?? 1, grains.flatMap(({ runs }) => runs), edges, options);
}

function grainOf(resolution: number, runs: readonly Int32Array[], edges: readonly WeightedEdge[], { apart }: Pick<ConsensusOptions, 'apart'>): Grain {
  const { renumbered: labels, count } = renumber(medianPartition(runs, apart));
  return { resolution, runs, stability: meanAgreement(runs), labels, communities: count, cut: cutOf(edges, labels) };
}

function perturbedRun(size: number, edges: EdgeColumns, resolution: number, { seed, apart }: ConsensusOptions, run: number): Int32Array {
  const random = seededRandom(Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(run + 1, 0x85eb_ca77));
  const kept = { a: new Int32Array(edges.count), b: new Int32Array(edges.count), weight: new Float64Array(edges.count), count: 0 };
  for (let i = 0; i < edges.count; i += 1) if (random() >= DROPPED) addEdge(kept, intAt(edges.a, i), intAt(edges.b, i), floatAt(edges.weight, i));
  return louvain(graphOf(size, kept), { resolution, random, apart });
}

function cutOf(edges: readonly WeightedEdge[], labels: Int32Array): number {
  let across = 0;
  let total = 0;
  for (const { a, b, weight } of edges) {
    total += weight;
    if (at(labels, a) !== at(labels, b)) across += weight;
  }
  return total === 0 ? 0 : across / total;
}

/** Every run against the next: as telling as all pairs, and linear. */
function meanAgreement(runs: readonly Int32Array[]): number {
  const scores = runs.slice(1).map((labels, i) => ari(labels, runs[i] ?? labels));
  return scores.length === 0 ? 1 : scores.reduce((total, score) => total + score, 0) / scores.length;
}

/** Adjusted Rand index (Hubert & Arabie 1985) of two labellings of the same nodes: the same as `agreement`'s, on dense arrays. */
function ari(one: Int32Array, other: Int32Array): number {
  const n = one.length;
  const cells = new Map<number, number>();
  const [a, b] = [new Float64Array(n), new Float64Array(n)];
  one.forEach((label, node) => {
    const cell = label * n + at(other, node);
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
    bump(a, label, 1);
    bump(b, at(other, node), 1);
  });
  const pairs = (counts: Iterable<number>): number => Array.from(counts).reduce((total, count) => total + (count * (count - 1)) / 2, 0);
  const [together, inOne, inOther] = [pairs(cells.values()), pairs(a), pairs(b)];
  const expected = n < 2 ? 0 : (inOne * inOther) / ((n * (n - 1)) / 2);
  const most = (inOne + inOther) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}
