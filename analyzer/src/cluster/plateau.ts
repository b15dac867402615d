import type { Grain } from './consensus.ts';

/**
 * The resolution to propose, then up to two rivals (a coarser and a finer one that differ by half or more in number).
 * A resolution is as good as it is stable, and its neighbours with it: a lone peak is luck, a plateau is structure.
 */
export function chooseGrain(grains: readonly Grain[]): readonly [Grain, ...Grain[]] {
  const score = (i: number): number => {
    const near = [grains[i - 1], grains[i], grains[i + 1]].filter((grain) => grain !== undefined);
    return near.reduce((total, { stability }) => total + stability, 0) / near.length;
  };
  const real = grains.map((grain, i) => ({ grain, score: score(i) })).filter(({ grain }) => grain.communities > 1);
  const best = real.reduce<{ grain: Grain; score: number } | undefined>((top, next) => (top === undefined || next.score > top.score + 1e-9 ? next : top), undefined)?.grain ?? grains[0];
  if (best === undefined) throw new Error('a sweep needs at least one resolution');
  const coarser = [...grains].reverse().find(({ communities }) => communities > 1 && communities * 1.5 <= best.communities);
  const finer = grains.find(({ communities }) => communities >= best.communities * 1.5);
  return [best, ...[coarser, finer].filter((grain) => grain !== undefined)];
}
