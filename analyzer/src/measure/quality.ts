import type { Labels } from './agreement.ts';

/** A directed, weighted edge between two items; the weight is a number of calls (or imports, where no calls are known). */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly weight: number;
}

/** The field's structural metrics. They can be gamed (one giant context scores well on some), so they are reported, never optimised. */
export interface Quality {
  /** Newman's modularity Q over the undirected weights: −0.5…1, higher is better. */
  readonly modularity: number;
  /** Structural modularity as defined (Jin et al., FoSCI 2019): mean cohesion μᵢ/Nᵢ² minus mean coupling σᵢⱼ/(2·Nᵢ·Nⱼ) over the pairs. Higher is better. */
  readonly sm: number;
  /** The same as Mono2Micro's published code computes it: a pair linked both ways counts once, and coupling is subtracted twice. */
  readonly smAsPublished: number;
  /** Inter-partition calls as Mono2Micro's published code computes them (Kalia et al. 2021): Σ (ln v + 1) across contexts ÷ Σ over all. Lower is better. */
  readonly icp: number;
  /** Interfaces: pairs of items linked across contexts ÷ contexts. Lower is better. */
  readonly ifn: number;
  /** Non-extreme distribution: share of items in contexts smaller than 5 or larger than 20. Lower is better. */
  readonly ned: number;
  /** Share of items in the largest context, 0–1. */
  readonly largest: number;
}

/** Scores a partition of items by the calls among them; flows with an unlabelled end do not count. */
export function quality(labels: Labels, flows: readonly Flow[]): Quality {
  const sizes = new Map<string, number>();
  for (const label of labels.values()) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const edges = flows.flatMap(({ from, to, weight }) => {
    const a = labels.get(from);
    const b = labels.get(to);
    return a === undefined || b === undefined || from === to ? [] : [{ from, to, weight, a, b }];
  });
  const directed = density(edges, sizes);
  const once = density(oneWay(edges), sizes);
  const volume = (all: typeof edges): number => all.reduce((total, { weight }) => total + Math.log(weight) + 1, 0);
  const across = edges.filter(({ a, b }) => a !== b);
  const items = Math.max(labels.size, 1);
  return {
    modularity: modularity(edges),
    sm: directed.cohesion - directed.coupling,
    smAsPublished: once.cohesion - 2 * once.coupling,
    icp: edges.length === 0 ? 0 : volume(across) / volume(edges),
    ifn: sizes.size === 0 ? 0 : new Set(across.map(({ from, to }) => pairKey(from, to))).size / sizes.size,
    ned: [...sizes.values()].filter((size) => size < 5 || size > 20).reduce((total, size) => total + size, 0) / items,
    largest: Math.max(0, ...sizes.values()) / items,
  };
}

interface LabelledEdge extends Flow {
  readonly a: string;
  readonly b: string;
}

/** One edge per linked pair, whichever way it leads. */
const oneWay = (edges: readonly LabelledEdge[]): LabelledEdge[] => [...new Map(edges.map((edge) => [pairKey(edge.from, edge.to), edge])).values()];

/** Mean cohesion and mean coupling over the contexts and over the pairs of contexts, by number of edges. */
function density(edges: readonly LabelledEdge[], sizes: ReadonlyMap<string, number>): { cohesion: number; coupling: number } {
  const links = new Map<string, number>();
  for (const { a, b } of edges) links.set(pairKey(a, b), (links.get(pairKey(a, b)) ?? 0) + 1);
  const size = (label = ''): number => sizes.get(label) ?? 1;
  const k = sizes.size;
  let cohesion = 0;
  let coupling = 0;
  for (const [pair, n] of links) {
    const [a, b] = pair.split('\n');
    const area = size(a) * size(b);
    if (a === b) cohesion += n / area;
    else coupling += n / (2 * area);
  }
  return { cohesion: k === 0 ? 0 : cohesion / k, coupling: k < 2 ? 0 : coupling / ((k * (k - 1)) / 2) };
}

function modularity(edges: readonly LabelledEdge[]): number {
  let total = 0;
  let inside = 0;
  const degree = new Map<string, number>();
  for (const { a, b, weight } of edges) {
    total += weight;
    if (a === b) inside += weight;
    degree.set(a, (degree.get(a) ?? 0) + weight);
    degree.set(b, (degree.get(b) ?? 0) + weight);
  }
  if (total === 0) return 0;
  return inside / total - [...degree.values()].reduce((sum, d) => sum + (d / (2 * total)) ** 2, 0);
}

const pairKey = (a: string, b: string): string => (a < b ? `${a}\n${b}` : `${b}\n${a}`);
