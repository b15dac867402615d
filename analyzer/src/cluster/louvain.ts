import { addFloat, floatAt, intAt } from './numbers.ts';
import { shuffled } from './random.ts';
import { addEdge, mergeColumns, type EdgeColumns } from './edge-columns.ts';
import { graphOf, type WeightedGraph } from './weighted-graph.ts';

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
    labels = labels.map((label) => intAt(renumbered, label));
    apart = foldConflicts(apart, renumbered, count);
    level = fold(level, renumbered, count);
  }
  return renumber(moveNodes(graph, labels, options, conflicts(graph.size, options.apart ?? []))).renumbered;
}

const MOST_LEVELS = 20;
const MOST_SWEEPS = 12;

/** Moves single nodes to the neighbouring community with the largest gain until none gains (or the sweeps are used up). Changes `labels`. */
function moveNodes(graph: WeightedGraph, labels: Int32Array, { resolution, random }: LouvainOptions, apart: Conflicts): Int32Array {
  const { size, degree, start, to, weight } = graph;
  const degreeOf = new Float64Array(size);
  for (let node = 0; node < size; node += 1) addFloat(degreeOf, intAt(labels, node), floatAt(degree, node));
  const scale = graph.total === 0 ? 0 : resolution / (2 * graph.total);
  const weightTo = new Float64Array(size);
  // The neighbouring communities of the node at hand, in the order in which they are met.
  const near = new Int32Array(size);
  const order = shuffled(size, random);
  for (let sweep = 0, moved = 1; sweep < MOST_SWEEPS && moved > 0; sweep += 1) {
    moved = 0;
    for (const node of order) if (moveNode(node)) moved += 1;
  }
  return labels;

  // The innermost loop of the whole analysis, run a hundred million times: no closures and no objects in it.
  function moveNode(node: number): boolean {
    const own = intAt(labels, node);
    const count = gather(node);
    const strength = floatAt(degree, node);
    addFloat(degreeOf, own, -strength);
    const banned = forbidden(node, labels, apart);
    const push = scale * strength;
    let best = own;
    let most = banned?.has(own) === true ? -Infinity : floatAt(weightTo, own) - push * floatAt(degreeOf, own);
    for (let i = 0; i < count; i += 1) {
      const label = intAt(near, i);
      const value = banned?.has(label) === true ? -Infinity : floatAt(weightTo, label) - push * floatAt(degreeOf, label);
      if (value > most + EPSILON) {
        best = label;
        most = value;
      }
    }
    for (let i = 0; i < count; i += 1) weightTo[intAt(near, i)] = 0;
    addFloat(degreeOf, best, strength);
    labels[node] = best;
    return best !== own;
  }

  /** Fills `weightTo` with the node's weight to each neighbouring community, and `near` with those; returns how many. */
  function gather(node: number): number {
    let count = 0;
    for (let i = intAt(start, node), end = intAt(start, node + 1); i < end; i += 1) {
      const label = intAt(labels, intAt(to, i));
      const before = floatAt(weightTo, label);
      if (before === 0) near[count++] = label;
      weightTo[label] = before + floatAt(weight, i);
    }
    return count;
  }
}

const EPSILON = 1e-12;

type Conflicts = readonly (readonly number[])[];

function forbidden(node: number, labels: Int32Array, apart: Conflicts): ReadonlySet<number> | undefined {
  const others = apart[node];
  return others === undefined || others.length === 0 ? undefined : new Set(others.map((other) => labels[other] ?? -1));
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
  return conflicts(count, apart.flatMap((others, node) => others.filter((other) => node < other).map((other) => [intAt(labels, node), intAt(labels, other)] as const)));
}

/** Modularity at a resolution, up to a constant: what `louvain` maximises, so that two of its answers can be compared. */
export function modularity(graph: WeightedGraph, labels: Int32Array, resolution: number): number {
  if (graph.total === 0) return 0;
  const degree = new Float64Array(graph.size);
  let inside = 0;
  for (let node = 0; node < graph.size; node += 1) {
    const label = intAt(labels, node);
    addFloat(degree, label, floatAt(graph.degree, node));
    inside += floatAt(graph.self, node);
    for (let i = intAt(graph.start, node), end = intAt(graph.start, node + 1); i < end; i += 1) {
      const to = intAt(graph.to, i);
      if (node < to && intAt(labels, to) === label) inside += floatAt(graph.weight, i);
    }
  }
  return inside / graph.total - resolution * degree.reduce((sum, d) => sum + (d / (2 * graph.total)) ** 2, 0);
}

/** Each community becomes one node; what lies inside becomes its self-edge. */
function fold(graph: WeightedGraph, labels: Int32Array, count: number): WeightedGraph {
  const most = graph.size + graph.to.length / 2;
  const edges: EdgeColumns = { a: new Int32Array(most), b: new Int32Array(most), weight: new Float64Array(most), count: 0 };
  for (let node = 0; node < graph.size; node += 1) {
    const a = intAt(labels, node);
    if (floatAt(graph.self, node) > 0) addEdge(edges, a, a, floatAt(graph.self, node));
    for (let i = intAt(graph.start, node), end = intAt(graph.start, node + 1); i < end; i += 1) {
      const to = intAt(graph.to, i);
      if (node < to) addEdge(edges, a, intAt(labels, to), floatAt(graph.weight, i));
    }
  }
  return graphOf(count, mergeColumns(count, edges));
}

/** Labels numbered by first appearance. */
export function renumber(labels: Int32Array): { renumbered: Int32Array; count: number } {
  const numbers = new Int32Array(labels.reduce((most, label) => Math.max(most, label + 1), 0)).fill(-1);
  const renumbered = new Int32Array(labels.length);
  let count = 0;
  for (let node = 0; node < labels.length; node += 1) {
    const label = intAt(labels, node);
    if (intAt(numbers, label) < 0) numbers[label] = count++;
    renumbered[node] = intAt(numbers, label);
  }
  return { renumbered, count };
}

const identity = (size: number): Int32Array => Int32Array.from({ length: size }, (_, i) => i);
