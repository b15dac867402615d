import { at, bump } from './numbers.ts';
import { shuffled } from './random.ts';
import { eachNeighbour, mergeParallel, weightedGraph, type WeightedEdge, type WeightedGraph } from './weighted-graph.ts';

export interface LouvainOptions {
  /** γ of modularity with resolution (Reichardt & Bornholdt 2006): higher means more, smaller communities. */
  readonly resolution: number;
  readonly random: () => number;
  /** Pairs of nodes that must not share a community. */
  readonly apart?: readonly (readonly [number, number])[];
}

/**
 * Communities by the Louvain method (Blondel et al. 2008), followed by one more pass over single nodes, which mends what early folding fixed too soon.
 * @returns a label per node, numbered by first appearance.
 */
export function louvain(graph: WeightedGraph, options: LouvainOptions): Int32Array {
  let labels = identity(graph.size);
  let level = graph;
  let apart = conflicts(graph.size, options.apart ?? []);
  for (let pass = 0; pass < MOST_LEVELS; pass += 1) {
    const found = moveNodes(level, identity(level.size), options, apart);
    const { renumbered, count } = renumber(found);
    if (count === level.size) break;
    labels = labels.map((label) => at(renumbered, label));
    apart = foldConflicts(apart, renumbered, count);
    level = fold(level, renumbered, count);
  }
  return renumber(moveNodes(graph, labels, options, conflicts(graph.size, options.apart ?? []))).renumbered;
}

const MOST_LEVELS = 20;
const MOST_SWEEPS = 12;

/** Moves single nodes to the neighbouring community with the largest gain until none gains (or the sweeps are used up). Changes `labels`. */
function moveNodes(graph: WeightedGraph, labels: Int32Array, { resolution, random }: LouvainOptions, apart: Conflicts): Int32Array {
  const degreeOf = new Float64Array(graph.size);
  labels.forEach((label, node) => { bump(degreeOf, label, at(graph.degree, node)); });
  const scale = graph.total === 0 ? 0 : resolution / (2 * graph.total);
  const weightTo = new Float64Array(graph.size);
  const order = shuffled(graph.size, random);
  for (let sweep = 0, moved = 1; sweep < MOST_SWEEPS && moved > 0; sweep += 1) {
    moved = 0;
    for (const node of order) if (moveNode(node)) moved += 1;
  }
  return labels;

  function moveNode(node: number): boolean {
    const own = at(labels, node);
    const near = gather(node);
    const degree = at(graph.degree, node);
    bump(degreeOf, own, -degree);
    const banned = forbidden(node, labels, apart);
    const gain = (label: number): number => at(weightTo, label) - scale * degree * at(degreeOf, label);
    let best = own;
    let most = banned.has(own) ? -Infinity : gain(own);
    for (const label of near) {
      const value = banned.has(label) ? -Infinity : gain(label);
      if (value > most + EPSILON) [best, most] = [label, value];
    }
    for (const label of near) weightTo[label] = 0;
    bump(degreeOf, best, degree);
    labels[node] = best;
    return best !== own;
  }

  /** Fills `weightTo` with the node's weight to each neighbouring community. */
  function gather(node: number): number[] {
    const near: number[] = [];
    eachNeighbour(graph, node, (to, weight) => {
      const label = at(labels, to);
      if (at(weightTo, label) === 0) near.push(label);
      bump(weightTo, label, weight);
    });
    return near;
  }
}

const EPSILON = 1e-12;

type Conflicts = readonly (readonly number[])[];

const NO_LABELS: ReadonlySet<number> = new Set();
function forbidden(node: number, labels: Int32Array, apart: Conflicts): ReadonlySet<number> {
  const others = apart[node];
  return others === undefined || others.length === 0 ? NO_LABELS : new Set(others.map((other) => labels[other] ?? -1));
}

function conflicts(size: number, pairs: readonly (readonly [number, number])[]): Conflicts {
  if (pairs.length === 0) return [];
  const apart: number[][] = Array.from({ length: size }, () => []);
  for (const [a, b] of pairs) {
    apart[a]?.push(b);
    apart[b]?.push(a);
  }
  return apart;
}

function foldConflicts(apart: Conflicts, labels: Int32Array, count: number): Conflicts {
  return conflicts(count, apart.flatMap((others, node) => others.filter((other) => node < other).map((other) => [at(labels, node), at(labels, other)] as const)));
}

/** Modularity at a resolution, up to a constant: what `louvain` maximises, so that two of its answers can be compared. */
export function modularity(graph: WeightedGraph, labels: Int32Array, resolution: number): number {
  if (graph.total === 0) return 0;
  const degree = new Float64Array(graph.size);
  let inside = 0;
  labels.forEach((label, node) => {
    bump(degree, label, at(graph.degree, node));
    inside += at(graph.self, node);
    eachNeighbour(graph, node, (to, weight) => { if (node < to && at(labels, to) === label) inside += weight; });
  });
  return inside / graph.total - resolution * degree.reduce((sum, d) => sum + (d / (2 * graph.total)) ** 2, 0);
}

/** Each community becomes one node; what lies inside becomes its self-edge. */
function fold(graph: WeightedGraph, labels: Int32Array, count: number): WeightedGraph {
  const edges: WeightedEdge[] = [];
  for (let node = 0; node < graph.size; node += 1) {
    const a = at(labels, node);
    if (at(graph.self, node) > 0) edges.push({ a, b: a, weight: at(graph.self, node) });
    eachNeighbour(graph, node, (to, weight) => { if (node < to) edges.push({ a, b: at(labels, to), weight }); });
  }
  return weightedGraph(count, mergeParallel(edges));
}

export function renumber(labels: Int32Array): { renumbered: Int32Array; count: number } {
  const numbers = new Map<number, number>();
  const renumbered = labels.map((label) => {
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  });
  return { renumbered, count: numbers.size };
}

const identity = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i);
