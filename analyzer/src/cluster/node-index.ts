import { canonicalOrder } from './canonical.ts';
import type { Layer, Link } from './link.ts';
import type { Constraints } from './pins.ts';
import { mergeParallel, type WeightedEdge } from './weighted-graph.ts';

/** Items folded into nodes (must-linked items share one) and numbered canonically. */
export interface NodeIndex {
  readonly size: number;
  readonly nodeOf: ReadonlyMap<string, number>;
  readonly apart: readonly (readonly [number, number])[];
}

/**
 * Turns weighed links into a graph of numbered nodes. Items that pins hold together become one node; the numbering depends on the graph's shape, not on names.
 * @param items every item, sorted.
 */
export function indexNodes(items: readonly string[], links: readonly Link[], constraints: Constraints): NodeIndex {
  const root = unite(items, constraints.together);
  const first = new Map<string, number>();
  for (const item of items) if (!first.has(root(item))) first.set(root(item), first.size);
  const node = (item: string): number => first.get(root(item)) ?? 0;
  const raw = links.map(({ a, b, layer, weight }) => ({ a: node(a), b: node(b), weight, directed: !MUTUAL.has(layer) })).filter(({ a, b }) => a !== b);
  const number = new Int32Array(first.size);
  canonicalOrder(first.size, raw).forEach((old, now) => { number[old] = now; });
  const to = (item: string): number => number[node(item)] ?? 0;
  return {
    size: first.size,
    nodeOf: new Map(items.map((item) => [item, to(item)])),
    apart: constraints.apart.map(([a, b]) => [to(a), to(b)] as const).filter(([a, b]) => a !== b),
  };
}

/** The links as edges between nodes, one per pair, in the nodes' order. */
export const edgesOf = ({ nodeOf }: NodeIndex, links: readonly Link[]): WeightedEdge[] => mergeParallel(
  links.map(({ a, b, weight }) => ({ a: nodeOf.get(a) ?? 0, b: nodeOf.get(b) ?? 0, weight })).filter(({ a, b }) => a !== b),
);

/** Layers whose links have no direction. */
const MUTUAL: ReadonlySet<Layer> = new Set(['names', 'coChange', 'transaction', 'folders']);

/** Union–find over the must-links; the smallest item of a set stands for it. */
function unite(items: readonly string[], pairs: readonly (readonly [string, string])[]): (item: string) => string {
  const parent = new Map(items.map((item) => [item, item]));
  const root = (item: string): string => {
    let at = item;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    return at;
  };
  for (const [a, b] of pairs) {
    const [x, y] = [root(a), root(b)];
    if (x < y) parent.set(y, x);
    else parent.set(x, y);
  }
  return root;
}
