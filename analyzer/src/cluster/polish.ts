import { at, bump } from './numbers.ts';
import { seededRandom, shuffled } from './random.ts';

const MOST_SWEEPS = 30;
const SWAPS_PER_NODE = 2;
const FEWEST = 2;
const EPSILON = 1e-12;

/**
 * Moves single nodes to the community where the objective is highest, and tries random swaps, until neither gains: hill climbing that keeps the number of
 * communities and leaves none with fewer than two nodes.
 */
export function polish(labels: Int32Array, communities: number, objective: (labels: Int32Array) => number, seed: number): Int32Array {
  const current = labels.slice();
  const sizes = new Int32Array(communities);
  for (const label of current) bump(sizes, label, 1);
  const random = seededRandom(seed);
  let value = objective(current);
  for (let sweep = 0, better = true; sweep < MOST_SWEEPS && better; sweep += 1) {
    const before = value;
    for (const node of shuffled(current.length, random)) move(node);
    for (let i = 0; i < current.length * SWAPS_PER_NODE; i += 1) swap(Math.floor(random() * current.length), Math.floor(random() * current.length));
    better = value > before;
  }
  return current;

  function move(node: number): void {
    const own = at(current, node);
    if (at(sizes, own) <= FEWEST) return;
    let best = own;
    for (let label = 0; label < communities; label += 1) {
      if (label === own) continue;
      current[node] = label;
      const next = objective(current);
      if (next > value + EPSILON) [best, value] = [label, next];
    }
    current[node] = best;
    bump(sizes, own, -1);
    bump(sizes, best, 1);
  }

  function swap(a: number, b: number): void {
    const [x, y] = [at(current, a), at(current, b)];
    if (x === y) return;
    [current[a], current[b]] = [y, x];
    const next = objective(current);
    if (next > value + EPSILON) value = next;
    else [current[a], current[b]] = [x, y];
  }
}
