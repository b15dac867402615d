import { floatAt, intAt } from './numbers.ts';

/** Undirected weighted edges as columns: what is built and merged a hundred times over is not made of objects. */
export interface EdgeColumns {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly weight: Float64Array;
  /** How many rows are filled. */
  count: number;
}

/** Adds an edge with its smaller end first. */
export function addEdge(edges: EdgeColumns, a: number, b: number, weight: number): void {
  edges.a[edges.count] = Math.min(a, b);
  edges.b[edges.count] = Math.max(a, b);
  edges.weight[edges.count] = weight;
  edges.count += 1;
}

/**
 * One edge per pair, sorted by pair; parallel edges add up in ascending order of weight, so that the sum does not depend on the order of the input.
 * @param size both ends are below it. Linear but for the weights of one pair: a counting sort by each end.
 */
export function mergeColumns(size: number, edges: EdgeColumns): EdgeColumns {
  const order = sortedBy(edges.a, size, sortedBy(edges.b, size, Int32Array.from({ length: edges.count }, (_, i) => i)));
  const merged: EdgeColumns = { a: new Int32Array(edges.count), b: new Int32Array(edges.count), weight: new Float64Array(edges.count), count: 0 };
  const parallel = new Float64Array(edges.count);
  let from = 0;
  while (from < order.length) {
    const first = intAt(order, from);
    const [a, b] = [intAt(edges.a, first), intAt(edges.b, first)];
    let to = from;
    for (let row = first; to < order.length && intAt(edges.a, row) === a && intAt(edges.b, row) === b; row = intAt(order, to)) {
      parallel[to - from] = floatAt(edges.weight, row);
      to += 1;
    }
    addEdge(merged, a, b, ascendingSum(parallel.subarray(0, to - from)));
    from = to;
  }
  return merged;
}

/** Sorts in place. */
function ascendingSum(weights: Float64Array): number {
  if (weights.length > 2) weights.sort(); // two come out the same either way
  let sum = 0;
  for (let i = 0; i < weights.length; i += 1) sum += floatAt(weights, i);
  return sum;
}

/** The rows in the order of their key, rows of equal key as they were. */
function sortedBy(key: Int32Array, size: number, rows: Int32Array): Int32Array {
  const next = new Int32Array(size + 1);
  for (const row of rows) next[intAt(key, row) + 1] = intAt(next, intAt(key, row) + 1) + 1;
  for (let i = 0; i < size; i += 1) next[i + 1] = intAt(next, i + 1) + intAt(next, i);
  const sorted = new Int32Array(rows.length);
  for (const row of rows) {
    const place = intAt(next, intAt(key, row));
    sorted[place] = row;
    next[intAt(key, row)] = place + 1;
  }
  return sorted;
}
