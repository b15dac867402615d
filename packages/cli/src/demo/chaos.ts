import { setTimeout as delay } from 'node:timers/promises';
import type { Dice } from '@strangler/kernel';
import type { Supervised } from './processes.ts';
import { pick } from './seeded.ts';

/** Who can be killed: everything of the toolkit that runs, and the service. */
export const VICTIMS = ['proxy', 'sink', 'catalog'] as const;

export interface Chaos {
  /** Lets that share (0 to 1) of all kills happen from now on; what a short step left over is carried into the next. */
  allow(share: number): void;
  /** Name → kills so far. */
  kills(): ReadonlyMap<string, number>;
  /** Allows the rest, and resolves once all kills were done. */
  finish(): Promise<void>;
  stop(): Promise<void>;
}

/** kill -9, `kills` times, of a random process at random moments of the steps; it is started again at once, as by an orchestrator. */
export function startChaos(kills: number, dice: Dice, find: (name: string) => Supervised | undefined, tell: (text: string) => void): Chaos {
  const count = new Map<string, number>();
  const stop = new AbortController();
  let allowed = 0;
  let done = 0;
  const pause = (ms: number): Promise<unknown> => delay(ms, undefined, { signal: stop.signal }).catch(() => undefined);
  const killOne = (): void => {
    const alive = VICTIMS.filter((name) => find(name)?.isUp() === true);
    if (alive.length === 0) return;
    const name = pick(dice, alive);
    tell(`kill -9 ${name}`);
    find(name)?.kill();
    count.set(name, (count.get(name) ?? 0) + 1);
    done += 1;
  };
  const run = async (): Promise<void> => {
    while (done < kills && !stop.signal.aborted) {
      await pause(50 + dice() * 1_000);
      if (done + 1 <= allowed + 1e-9) killOne();
    }
  };
  const running = run();
  return {
    allow: (share) => { allowed += share * kills; },
    kills: () => new Map(count),
    finish: async () => {
      allowed = kills;
      await running;
    },
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}
