import { consensus } from './consensus.ts';
import { modularity } from './louvain.ts';
import { polish } from './polish.ts';
import { toCount } from './to-count.ts';
import { weightedGraph, type WeightedEdge } from './weighted-graph.ts';

export interface DivideOptions {
  /** Exactly as many communities, each of two nodes or more. */
  readonly communities: number;
  readonly seed: number;
  /** What is better, of two divisions into as many communities. Newman's modularity where nothing else is said. */
  readonly objective?: (labels: Int32Array) => number;
}

const RESOLUTIONS = [0.2, 0.5, 1, 2, 4, 8];
const RUNS = 10;
const STARTS = 2;

/**
 * Divides a plain weighted graph into exactly as many communities as asked, none of them a single node: the consensus at several resolutions, joined or split to
 * the number, polished by moves of single nodes and swaps; the best by the objective. For comparison with published divisions of a given number; where the number
 * is open, `cluster` finds it. Deterministic. Polishing asks the objective about nodes × communities times per sweep: meant for some hundreds of nodes.
 * @param edges one per pair (`mergeParallel`), without self-edges.
 * @returns a community (0…n−1) per node, or undefined where there are too few nodes for so many communities.
 */
export function divide(size: number, edges: readonly WeightedEdge[], { communities, seed, objective }: DivideOptions): Int32Array | undefined {
  if (communities < 1 || communities * 2 > size) return undefined;
  const graph = weightedGraph(size, edges);
  const score = objective ?? ((labels: Int32Array): number => modularity(graph, labels, 1));
  let best: { labels: Int32Array; value: number } | undefined;
  for (let start = 0; start < STARTS; start += 1) {
    for (const grain of consensus(size, edges, { seed: seed + start, resolutions: RESOLUTIONS, runs: RUNS, apart: [] })) {
      const labels = polish(toCount(graph, grain.labels, communities), communities, score, seed + start);
      const value = score(labels);
      if (best === undefined || value > best.value + EPSILON) best = { labels, value };
    }
  }
  return best?.labels;
}

const EPSILON = 1e-12;
