import type { Grain } from './consensus.ts';

/** The readings beside the chosen one: a coarser and a finer one that differ by half or more in number, where the sweep has them. */
export function rivalsOf(chosen: Grain, grains: readonly Grain[]): Grain[] {
  const coarser = [...grains].reverse().find(({ communities }) => communities > 1 && communities * 1.5 <= chosen.communities);
  const finer = grains.find(({ communities }) => communities >= chosen.communities * 1.5);
  return [coarser, finer].filter((grain) => grain !== undefined);
}
