import { at, bump } from './numbers.ts';

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
export function weightedGraph(size: number, merged: readonly WeightedEdge[]): WeightedGraph {
  const start = rowStarts(size, merged);
  const next = start.slice();
  const to = new Int32Array(at(start, size));
  const weight = new Float64Array(to.length);
  const self = new Float64Array(size);
  const degree = new Float64Array(size);
  const put = (from: number, into: number, value: number): void => {
    to[at(next, from)] = into;
    weight[at(next, from)] = value;
    bump(next, from, 1);
  };
  let total = 0;
  for (const edge of merged) {
    total += edge.weight;
    bump(degree, edge.a, edge.weight);
    bump(degree, edge.b, edge.weight);
    if (edge.a === edge.b) {
      bump(self, edge.a, edge.weight);
    } else {
      put(edge.a, edge.b, edge.weight);
      put(edge.b, edge.a, edge.weight);
    }
  }
  return { size, start, to, weight, self, degree, total };
}

function rowStarts(size: number, edges: readonly WeightedEdge[]): Int32Array {
  const start = new Int32Array(size + 1);
  for (const { a, b } of edges) {
    if (a === b) continue;
    bump(start, a + 1, 1);
    bump(start, b + 1, 1);
  }
  for (let i = 0; i < size; i += 1) bump(start, i + 1, at(start, i));
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

/** Calls `visit(neighbour, weight)` for each neighbour of a node. */
export function eachNeighbour(graph: WeightedGraph, node: number, visit: (to: number, weight: number) => void): void {
  const end = at(graph.start, node + 1);
  for (let i = at(graph.start, node); i < end; i += 1) visit(at(graph.to, i), at(graph.weight, i));
}
