import type { Grain } from './consensus.ts';

/** Contexts of maintainers lie at resolutions above this one on every system that was tried; coarser readings are offered as rivals. */
const COARSEST = 1.2;
/** Stability is estimated from a few runs: differences below this are noise, and the coarser reading is the simpler one. */
const NOISE = 0.01;

/**
 * The resolution to propose, then up to two rivals (a coarser and a finer one that differ by half or more in number).
 * Natural seams, where there are any, are `given`; otherwise it is the coarsest resolution that is about as stable as the most stable one.
 */
export function chooseGrain(grains: readonly Grain[], given?: Grain): readonly [Grain, ...Grain[]] {
  const real = grains.filter(({ communities, resolution }) => communities > 1 && resolution >= COARSEST);
  const most = Math.max(...real.map(({ stability }) => stability));
  const best = given ?? real.find(({ stability }) => stability >= most - NOISE) ?? grains[0];
  if (best === undefined) throw new Error('a sweep needs at least one resolution');
  const coarser = [...grains].reverse().find(({ communities }) => communities > 1 && communities * 1.5 <= best.communities);
  const finer = grains.find(({ communities }) => communities >= best.communities * 1.5);
  return [best, ...[coarser, finer].filter((grain) => grain !== undefined)];
}

/** Less than this of the structure's weight crosses a natural seam. */
const ALMOST_FREE = 0.05;
const STEADY = 0.65;
const LARGEST = 0.4;
const FEWEST = 3;

/**
 * The division along which a system falls apart by itself: packages of a workspace that meet over the wire only, say. There, finer structure is a service's own
 * affair. Asked of the structure alone, for names repeat from service to service. Undefined for a monolith that hangs together.
 */
export function naturalSeams(grains: readonly Grain[]): Grain | undefined {
  const seams = grains.filter((grain) => grain.cut <= ALMOST_FREE && grain.stability >= STEADY && evenEnough(grain));
  return seams.reduce<Grain | undefined>((best, next) => (best === undefined || next.stability > best.stability + 1e-9 ? next : best), undefined);
}

/** Three or more communities of size count, and none holds most of the system. What nothing ties to anything does not count. */
function evenEnough({ labels }: Grain): boolean {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const real = [...sizes.values()].filter((size) => size >= 3);
  const all = real.reduce((total, size) => total + size, 0);
  const effective = 1 / real.reduce((total, size) => total + (size / all) ** 2, 0);
  return effective >= FEWEST && Math.max(...real) <= all * LARGEST;
}
