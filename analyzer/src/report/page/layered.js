import { compare } from './dom.js';

/** @typedef {{ readonly from: number, readonly to: number, readonly weight: number }} Pull Places in the list of nodes. */
/** @typedef {{ readonly x: number, readonly row: number }} Spot `x` counts columns from the middle of the row, `row` from the top. */

const ROUNDS = 120;
const SWEEPS = 10;

/**
 * Rows in which those that need others stand above those that are needed: trophic levels (MacKay, Johnson & Sansom, "How directed is a directed network?", 2020)
 * order the nodes even where they need one another in circles, the order is cut into rows of equal length, and each row is sorted by where its neighbours stand
 * (barycentres, after Sugiyama 1981). No dice: the same input gives the same picture.
 * @param {number} n
 * @param {readonly Pull[]} pulls
 * @param {number} perRow the most that a row may hold
 * @returns {Spot[]}
 */
export function layered(n, pulls, perRow) {
  if (n === 0) return [];
  const wide = Math.max(1, Math.min(perRow, rowLength(n)));
  const level = levels(n, pulls);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => compare(level[a] ?? 0, level[b] ?? 0) || a - b);
  const size = Math.ceil(n / Math.ceil(n / wide));
  /** @type {number[][]} */
  const rows = [];
  for (let at = 0; at < n; at += size) rows.push(order.slice(at, at + size));
  const near = neighbours(n, pulls);
  const x = spread(rows, n);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) for (const row of sweep % 2 === 0 ? rows : [...rows].reverse()) sortRow(row, near, x);
  const rowOf = new Map(rows.flatMap((row, r) => row.map((node) => [node, r])));
  return Array.from({ length: n }, (_, i) => ({ x: x[i] ?? 0, row: rowOf.get(i) ?? 0 }));
}

/**
 * Screens are wider than high; few boxes are better in three short rows than in two long ones.
 * @param {number} n
 */
export const rowLength = (n) => Math.max(1, Math.ceil(Math.sqrt(n * (n > 20 ? 1.8 : 1.1))));

/**
 * How far down each node stands: `to` one step below `from` wherever that can be had for all edges, in least squares. Nodes without an edge come last.
 * @param {number} n
 * @param {readonly Pull[]} pulls
 */
function levels(n, pulls) {
  const level = new Float64Array(n);
  const near = neighbours(n, pulls);
  const weight = near.map((its) => its.reduce((sum, [, w]) => sum + w, 0));
  const lean = Array.from({ length: n }, () => 0);
  for (const { from, to, weight: w } of pulls) {
    lean[from] = (lean[from] ?? 0) - w;
    lean[to] = (lean[to] ?? 0) + w;
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let i = 0; i < n; i += 1) {
      const total = weight[i] ?? 0;
      if (total > 0) level[i] = ((lean[i] ?? 0) + pulled(near[i] ?? [], level)) / total;
    }
  }
  return level.map((value, i) => (weight[i] === 0 ? 1e9 : Math.round(value * 1e6) / 1e6));
}

/**
 * @param {readonly (readonly [number, number])[]} near
 * @param {Float64Array} value
 */
const pulled = (near, value) => near.reduce((sum, [j, w]) => sum + w * (value[j] ?? 0), 0);

/**
 * @param {number} n
 * @param {readonly Pull[]} pulls
 */
function neighbours(n, pulls) {
  /** @type {[number, number][][]} */
  const near = Array.from({ length: n }, () => []);
  for (const { from, to, weight } of pulls) {
    near[from]?.push([to, weight]);
    near[to]?.push([from, weight]);
  }
  return near;
}

/**
 * Every row around the same middle.
 * @param {readonly (readonly number[])[]} rows
 * @param {number} n
 */
function spread(rows, n) {
  const x = new Float64Array(n);
  for (const row of rows) place(row, x);
  return x;
}

/**
 * @param {readonly number[]} row
 * @param {Float64Array} x
 */
function place(row, x) {
  for (const [at, node] of row.entries()) x[node] = at - (row.length - 1) / 2;
}

/**
 * @param {number[]} row
 * @param {readonly (readonly (readonly [number, number])[])[]} near
 * @param {Float64Array} x
 */
function sortRow(row, near, x) {
  const wish = new Map(row.map((node) => {
    const its = near[node] ?? [];
    const total = its.reduce((sum, [, w]) => sum + w, 0);
    return [node, total === 0 ? x[node] ?? 0 : pulled(its, x) / total];
  }));
  row.sort((a, b) => compare(wish.get(a) ?? 0, wish.get(b) ?? 0) || (x[a] ?? 0) - (x[b] ?? 0));
  place(row, x);
}
