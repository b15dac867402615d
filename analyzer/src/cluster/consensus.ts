import { louvain, modularity } from './louvain.ts';
import { at, bump } from './numbers.ts';
import { seededRandom } from './random.ts';
import { weightedGraph, type WeightedEdge, type WeightedGraph } from './weighted-graph.ts';

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
  readonly communities: number;
  /** Share of the evidence's weight that crosses between communities. */
  readonly cut: number;
}

/** Share of edges that each run does without. */
const DROPPED = 0.1;
/** An edge whose ends never lay together keeps this much of its weight. */
const FLOOR = 0.05;
const STARTS = 5;

/**
 * Ensemble clustering of graphs (Poulin & Théberge 2019), once per resolution: Louvain on perturbed copies; each edge is then weighed by how often its ends lay
 * together, and the consensus is Louvain on that graph. Co-association is kept on the edges only, so that it stays sparse.
 * @param edges one per pair, in canonical order: the result is a function of this order and the seed.
 */
export function consensus(size: number, edges: readonly WeightedEdge[], options: ConsensusOptions): Grain[] {
  return options.resolutions.map((resolution, index) => {
    const runs = Array.from({ length: options.runs }, (_, run) => perturbedRun(size, edges, resolution, options, index * 1000 + run));
    const together = coAssociation(edges, runs);
    const weighed = edges.map((edge, i) => ({ ...edge, weight: edge.weight * (FLOOR + (1 - FLOOR) * at(together, i)) }));
    const labels = bestOf(weightedGraph(size, weighed), resolution, options);
    return { resolution, stability: meanAgreement(runs), labels, communities: new Set(labels).size, cut: cutOf(edges, labels) };
  });
}

/** Louvain's best answer over a few starts. */
function bestOf(graph: WeightedGraph, resolution: number, { seed, apart }: ConsensusOptions): Int32Array {
  const answers = Array.from({ length: STARTS }, (_, start) => louvain(graph, { resolution, random: seededRandom(seed + start), apart }));
  const scored = answers.map((labels) => ({ labels, score: modularity(graph, labels, resolution) }));
  return scored.reduce((best, next) => (next.score > best.score + 1e-12 ? next : best)).labels;
}

function perturbedRun(size: number, edges: readonly WeightedEdge[], resolution: number, { seed, apart }: ConsensusOptions, run: number): Int32Array {
  const random = seededRandom(Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(run + 1, 0x85eb_ca77));
  const kept = edges.filter(() => random() >= DROPPED);
  return louvain(weightedGraph(size, kept), { resolution, random, apart });
}

function coAssociation(edges: readonly WeightedEdge[], runs: readonly Int32Array[]): Float64Array {
  return Float64Array.from(edges, ({ a, b }) => runs.filter((labels) => at(labels, a) === at(labels, b)).length / Math.max(runs.length, 1));
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
