import type { Dice } from '@strangler/kernel';

/** mulberry32 (Tommy Ettinger, public domain): the same seed, the same demo. */
export function seeded(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B_79F5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @throws RangeError on an empty list */
export function pick<T>(dice: Dice, from: readonly T[]): T {
  const chosen = from[Math.floor(dice() * from.length)];
  if (chosen === undefined) throw new RangeError('nothing to pick from');
  return chosen;
}
