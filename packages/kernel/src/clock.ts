import { setTimeout as delay } from 'node:timers/promises';

/** Time as a dependency, so that a test can stand still. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Chance as a dependency: uniform in [0, 1). */
export type Dice = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => { await delay(ms, undefined, signal === undefined ? {} : { signal }); },
};

export const systemDice: Dice = () => Math.random();
