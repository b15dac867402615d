import { at } from './numbers.ts';

/** An edge as the canonical order sees it: who leans on whom tells nodes apart that look alike otherwise. */
export interface DirectedEdge {
  readonly a: number;
  readonly b: number;
  readonly weight: number;
  /** False where a and b come in no order of their own (alike names, changed together). */
  readonly directed: boolean;
}

/**
 * An order of the nodes that depends on the graph alone, so that neither names nor the order of reading steer the clustering:
 * colour refinement (Weisfeiler & Leman 1968) on weights and directions. Nodes that even this cannot tell apart keep their given order.
 */
export function canonicalOrder(size: number, edges: readonly DirectedEdge[]): number[] {
  const colours = refine(size, edges);
  return Array.from({ length: size }, (_, i) => i).sort((a, b) => at(colours, a) - at(colours, b) || a - b);
}

/** A colour per node; equal where the surroundings are. */
export function refine(size: number, edges: readonly DirectedEdge[]): number[] {
  const around: [to: number, weight: number, side: number][][] = Array.from({ length: size }, () => []);
  for (const { a, b, weight, directed } of edges) {
    around[a]?.push([b, weight, directed ? 1 : 0]);
    around[b]?.push([a, weight, directed ? 2 : 0]);
  }
  let colours = new Array<number>(size).fill(0);
  for (let round = 0, kinds = 0; round < ROUNDS; round += 1) {
    const before = colours;
    colours = around.map((near, node) => signature(at(before, node), near.map(([to, weight, side]) => mix(at(before, to), weight + 16 * side))));
    const now = new Set(colours).size;
    if (now === kinds) break;
    kinds = now;
  }
  return colours;
}

const ROUNDS = 12;

function signature(own: number, near: number[]): number {
  return near.sort((a, b) => a - b).reduce((hash, value) => hashPair(hash, value), hashPair(own, near.length));
}

/** Weights that differ only by rounding count as equal. */
const mix = (colour: number, weight: number): number => hashPair(colour, Math.round(weight * 1e9) % 0xffff_fffb);

function hashPair(a: number, b: number): number {
  let hash = Math.imul((a ^ 0x9e37_79b9) >>> 0, 0x85eb_ca6b) ^ Math.imul((b + 0x7f4a_7c15) >>> 0, 0xc2b2_ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x27d4_eb2f);
  return (hash ^ (hash >>> 13)) >>> 0;
}
