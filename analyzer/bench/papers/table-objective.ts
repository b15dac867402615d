import { at } from '../../src/cluster/numbers.ts';
import type { WeightedEdge } from '../../src/cluster/weighted-graph.ts';

export interface TableInput {
  readonly size: number;
  /** One per pair; weight is what ICP adds up. */
  readonly pairs: readonly WeightedEdge[];
  /** Use cases of each node, numbered. */
  readonly contexts: readonly (readonly number[])[];
  readonly communities: number;
}

/** SM as published, ICP, IFN, NED and BCS of one division, in this order; signs turned so that more is better. */
export type Figures = readonly number[];

/** The papers' metrics on dense arrays: hill climbing asks some hundred thousand times. `quality` and `businessContexts` say the same, and a test holds them together. */
export function figuresOf({ communities, contexts, pairs, size }: TableInput, labels: Int32Array): Figures {
  const sizes = new Int32Array(communities);
  const touching = Array.from({ length: communities }, () => new Set<number>());
  labels.forEach((label, node) => {
    sizes[label] = at(sizes, label) + 1;
    for (const context of contexts[node] ?? []) touching[label]?.add(context);
  });
  const { across, cohesion, coupling, crossing, volume } = tied(pairs, labels, sizes);
  const couples = Math.max((communities * (communities - 1)) / 2, 1);
  const extreme = sizes.reduce((total, n) => total + (n < 5 || n > 20 ? n : 0), 0);
  const purity = touching.reduce((total, { size: n }) => total + Math.log(Math.max(n, 1)), 0);
  return [cohesion / communities - (2 * coupling) / couples, -across / Math.max(volume, 1e-9), -crossing / communities, -extreme / size, -purity / communities];
}

/** What ties within communities and between them, summed over the pairs. */
function tied(pairs: readonly WeightedEdge[], labels: Int32Array, sizes: Int32Array): Record<'across' | 'cohesion' | 'coupling' | 'crossing' | 'volume', number> {
  let [cohesion, coupling, volume, across, crossing] = [0, 0, 0, 0, 0];
  for (const { a, b, weight } of pairs) {
    const [x, y] = [at(labels, a), at(labels, b)];
    const area = at(sizes, x) * at(sizes, y);
    volume += weight;
    if (x === y) {
      cohesion += 1 / area;
    } else {
      coupling += 1 / (2 * area);
      across += weight;
      crossing += 1;
    }
  }
  return { across, cohesion, coupling, crossing, volume };
}

/**
 * The table as its own objective: the sum of the five figures, each in units of what the division by modularity has (never less than a twentieth, so that a figure
 * near zero does not decide alone). Openly circular; it shows what these metrics are worth as judges.
 */
export function tableObjective(input: TableInput, reference: Int32Array): (labels: Int32Array) => number {
  const units = figuresOf(input, reference).map((value) => Math.max(Math.abs(value), 0.05));
  return (labels) => figuresOf(input, labels).reduce((total, value, i) => total + value / (units[i] ?? 1), 0);
}
