/**
 * An order of the nodes that depends on the graph alone, so that neither names nor the order of reading steer the clustering:
 * colour refinement (Weisfeiler & Leman 1968) on weights. Nodes that even this cannot tell apart keep their given order.
 */
export function canonicalOrder(size: number, edges: readonly { readonly a: number; readonly b: number; readonly weight: number }[]): number[] {
  const around: [number, number][][] = Array.from({ length: size }, () => []);
  for (const { a, b, weight } of edges) {
    around[a]?.push([b, weight]);
    around[b]?.push([a, weight]);
  }
  let colours = new Array<number>(size).fill(0);
  let kinds = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const signatures = around.map((near, node) => signature(colours[node] ?? 0, near.map(([to, weight]) => mix(colours[to] ?? 0, weight))));
    colours = signatures;
    const now = new Set(colours).size;
    if (now === kinds) break;
    kinds = now;
  }
  return Array.from({ length: size }, (_, i) => i).sort((a, b) => (colours[a] ?? 0) - (colours[b] ?? 0) || a - b);
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
