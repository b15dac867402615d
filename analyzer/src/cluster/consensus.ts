import { agreement } from '../measure/agreement.ts';
import { louvain } from './louvain.ts';
import { at } from './numbers.ts';
import { seededRandom } from './random.ts';
import { weightedGraph, type WeightedEdge } from './weighted-graph.ts';

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
  /** For every edge, the share of runs in which both ends lay together. */
  readonly together: Float64Array;
}

/** Share of edges that each run does without. */
const DROPPED = 0.1;
/** An edge whose ends never lay together keeps this much of its weight. */
const FLOOR = 0.05;

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
    const labels = louvain(weightedGraph(size, weighed), { resolution, random: seededRandom(options.seed), apart: options.apart });
    return { resolution, stability: meanAgreement(runs), labels, communities: new Set(labels).size, together };
  });
}

function perturbedRun(size: number, edges: readonly WeightedEdge[], resolution: number, { seed, apart }: ConsensusOptions, run: number): Int32Array {
  const random = seededRandom(Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(run + 1, 0x85eb_ca77));
  const kept = edges.filter(() => random() >= DROPPED);
  return louvain(weightedGraph(size, kept), { resolution, random, apart });
}

function coAssociation(edges: readonly WeightedEdge[], runs: readonly Int32Array[]): Float64Array {
  return Float64Array.from(edges, ({ a, b }) => runs.filter((labels) => at(labels, a) === at(labels, b)).length / Math.max(runs.length, 1));
}

/** Every run against the next: as telling as all pairs, and linear. */
function meanAgreement(runs: readonly Int32Array[]): number {
  const asMap = runs.map((labels) => new Map(Array.from(labels, (label, node) => [String(node), String(label)])));
  const scores = asMap.slice(1).map((labels, i) => agreement(labels, asMap[i] ?? labels).ari);
  return scores.length === 0 ? 1 : scores.reduce((total, score) => total + score, 0) / scores.length;
}
