import type { EdgeColumns } from './edge-columns.ts';
import { addFloat, addInt, floatAt, intAt } from './numbers.ts';

/** An undirected weighted edge between nodes 0…n−1. */
export interface WeightedEdge {
  readonly a: number;
  readonly b: number;
  readonly weight: number;
}

/** An undirected weighted graph in compressed rows: the neighbours of i are `to[start[i]] … to[start[i + 1] − 1]`. */
export interface WeightedGraph {
  readonly size: number;
  readonly start: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
  /** Weight of each node's edge to itself, which arises when communities are folded into nodes. */
  readonly self: Float64Array;
  /** Sum of weights at each node, a self-edge counted twice. */
  readonly degree: Float64Array;
  /** Sum of all edge weights. */
  readonly total: number;
}

/** Builds the graph from edges that `mergeParallel` has made one per pair. */
export const weightedGraph = (size: number, merged: readonly WeightedEdge[]): WeightedGraph => graphOf(size, columnsOf(merged));

export const columnsOf = (edges: readonly WeightedEdge[]): EdgeColumns => ({
  a: Int32Array.from(edges, ({ a }) => a), b: Int32Array.from(edges, ({ b }) => b), weight: Float64Array.from(edges, ({ weight }) => weight), count: edges.length,
});

/** Builds the graph from edges, one per pair. */
export function graphOf(size: number, { a, b, weight, count }: EdgeColumns): WeightedGraph {
  const start = rowStarts(size, { a, b, weight, count });
  const next = start.slice();
  const graph = { size, start, to: new Int32Array(intAt(start, size)), weight: new Float64Array(intAt(start, size)), self: new Float64Array(size), degree: new Float64Array(size) };
  let total = 0;
  for (let i = 0; i < count; i += 1) {
    const [from, into, value] = [intAt(a, i), intAt(b, i), floatAt(weight, i)];
    total += value;
    addFloat(graph.degree, from, value);
    addFloat(graph.degree, into, value);
    if (from === into) {
      addFloat(graph.self, from, value);
    } else {
      put(from, into, value);
      put(into, from, value);
    }
  }
  return { ...graph, total };

  function put(from: number, into: number, value: number): void {
    const place = intAt(next, from);
    graph.to[place] = into;
    graph.weight[place] = value;
    next[from] = place + 1;
  }
}

function rowStarts(size: number, { a, b, count }: EdgeColumns): Int32Array {
  const start = new Int32Array(size + 1);
  for (let i = 0; i < count; i += 1) {
    if (intAt(a, i) === intAt(b, i)) continue;
    addInt(start, intAt(a, i) + 1, 1);
    addInt(start, intAt(b, i) + 1, 1);
  }
  for (let i = 0; i < size; i += 1) addInt(start, i + 1, intAt(start, i));
  return start;
}

/** One edge per pair, a ≤ b, sorted by pair; parallel edges add up in ascending order of weight, so that the sum does not depend on the order of the input. */
export function mergeParallel(edges: readonly WeightedEdge[]): WeightedEdge[] {
  const sorted = edges.map(({ a, b, weight }) => (a <= b ? { a, b, weight } : { a: b, b: a, weight }))
    .sort((x, y) => x.a - y.a || x.b - y.b || x.weight - y.weight);
  const merged: { a: number; b: number; weight: number }[] = [];
  for (const edge of sorted) {
    const last = merged.at(-1);
    if (last?.a === edge.a && last.b === edge.b) last.weight += edge.weight;
    else merged.push({ ...edge });
  }
  return merged;
}

/** Calls `visit(neighbour, weight)` for each neighbour of a node; the inner loops of the clustering read the rows themselves. */
export function eachNeighbour({ start, to, weight }: WeightedGraph, node: number, visit: (to: number, weight: number) => void): void {
  const end = intAt(start, node + 1);
  for (let i = intAt(start, node); i < end; i += 1) visit(intAt(to, i), floatAt(weight, i));
}
