import { renumber } from './louvain.ts';
import { at, bump } from './numbers.ts';
import { eachNeighbour, type WeightedGraph } from './weighted-graph.ts';

/**
 * Joins and splits communities until there are `count` of two nodes or more: joins the pair that modularity gains most (or loses least) by, single nodes first;
 * splits the largest by giving its heaviest pair a community of its own.
 * @param count at most half the number of nodes.
 */
export function toCount(graph: WeightedGraph, labels: Int32Array, count: number): Int32Array {
  let current = renumber(labels).renumbered;
  for (let { communities, single } = shapeOf(current); single || communities > count; { communities, single } = shapeOf(current)) {
    const [into, from] = closestPair(graph, current, communities, single);
    current = renumber(current.map((label) => (label === from ? into : label))).renumbered;
  }
  for (let { communities } = shapeOf(current); communities < count; communities += 1) current = withSplit(graph, current, communities);
  return renumber(current).renumbered;
}

function shapeOf(labels: Int32Array): { communities: number; single: boolean } {
  const sizes = sizesOf(labels);
  return { communities: sizes.length, single: sizes.includes(1) };
}

function sizesOf(labels: Int32Array): number[] {
  const sizes: number[] = [];
  for (const label of labels) sizes[label] = (sizes[label] ?? 0) + 1;
  return sizes;
}

/** Between equals (nodes without edges, say) the smaller pair joins: nothing is known about them, so they shall weigh on nobody. */
function closestPair(graph: WeightedGraph, labels: Int32Array, communities: number, single: boolean): [number, number] {
  const sizes = sizesOf(labels);
  const { degree, between } = sums(graph, labels, communities);
  let best: [number, number] = [0, 1];
  let most = -Infinity;
  for (let a = 0; a < communities; a += 1) {
    for (let b = a + 1; b < communities; b += 1) {
      if (single && sizes[a] !== 1 && sizes[b] !== 1) continue;
      const expected = graph.total === 0 ? 0 : (at(degree, a) * at(degree, b)) / (2 * graph.total);
      const gain = at(between, a * communities + b) - expected - TIE * ((sizes[a] ?? 0) + (sizes[b] ?? 0));
      if (gain > most) [best, most] = [[a, b], gain];
    }
  }
  return best;
}

const TIE = 1e-6;

function sums(graph: WeightedGraph, labels: Int32Array, communities: number): { degree: Float64Array; between: Float64Array } {
  const degree = new Float64Array(communities);
  const between = new Float64Array(communities * communities);
  labels.forEach((label, node) => {
    bump(degree, label, at(graph.degree, node));
    eachNeighbour(graph, node, (to, weight) => { bump(between, label * communities + at(labels, to), weight); });
  });
  return { degree, between };
}

/** Of communities of three at most, two give one node each: a pair out of one would leave a single node behind. */
function withSplit(graph: WeightedGraph, labels: Int32Array, fresh: number): Int32Array {
  const sizes = sizesOf(labels);
  const most = Math.max(...sizes);
  const pair = most >= 4 ? heaviestPair(graph, labels, sizes.indexOf(most)) : [sizes.indexOf(3), sizes.lastIndexOf(3)].map((label) => labels.indexOf(label));
  return labels.map((label, node) => (pair.includes(node) ? fresh : label));
}

function heaviestPair(graph: WeightedGraph, labels: Int32Array, community: number): number[] {
  const members = [...labels.keys()].filter((node) => labels[node] === community);
  let [heaviest, pair] = [0, members.slice(0, 2)];
  for (const node of members) {
    eachNeighbour(graph, node, (to, weight) => { if (labels[to] === community && weight > heaviest) [heaviest, pair] = [weight, [node, to]]; });
  }
  return pair;
}
