import { intAt } from './numbers.ts';
import { mergeParallel, type WeightedEdge } from './weighted-graph.ts';

type Pair = readonly [number, number];

/** A graph in which groups of nodes have become one node each. */
export interface Contracted {
  readonly size: number;
  readonly edges: readonly WeightedEdge[];
  readonly apart: readonly Pair[];
  /** The small graph's node of each group; undefined where all of it stays itself. */
  readonly groups: readonly (number | undefined)[];
  /** From the small graph's labels back to the nodes'. */
  readonly expand: (labels: Int32Array) => Int32Array;
}

/**
 * Makes each group one node. A node that must stay apart from another stays itself: what people ban outweighs what a group says.
 * @param groups nodes per group; a node is in one group at most.
 */
export function contract(size: number, edges: readonly WeightedEdge[], apart: readonly Pair[], groups: readonly (readonly number[])[]): Contracted {
  const banned = new Set(apart.flat());
  const leader = Int32Array.from({ length: size }, (_, node) => node);
  for (const group of groups) {
    const members = group.filter((node) => !banned.has(node));
    const first = Math.min(...members);
    for (const node of members) leader[node] = first;
  }
  const numbers = new Map<number, number>();
  const to = leader.map((node) => {
    const number = numbers.get(node) ?? numbers.size;
    numbers.set(node, number);
    return number;
  });
  return {
    size: numbers.size,
    edges: mergeParallel(edges.map(({ a, b, weight }) => ({ a: intAt(to, a), b: intAt(to, b), weight })).filter(({ a, b }) => a !== b)),
    apart: apart.map(([a, b]) => [intAt(to, a), intAt(to, b)] as const),
    groups: groups.map((group) => { const member = group.find((node) => !banned.has(node)); return member === undefined ? undefined : intAt(to, member); }),
    expand: (labels) => to.map((node) => intAt(labels, node)),
  };
}
