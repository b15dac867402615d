import { setTimeout as delay } from 'node:timers/promises';
import type { Dice } from '@strangler/kernel';
import type { Supervised } from './processes.ts';
import { pick } from './seeded.ts';

/** Who can be killed: everything of the toolkit that runs, and the service. */
export const VICTIMS = ['proxy', 'sink', 'catalog'] as const;

export interface Chaos {
  /** Name → kills so far. */
  kills(): ReadonlyMap<string, number>;
  total(): number;
  /** Resolves once all kills were done. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** kill -9, `kills` times, of a random process at random moments; each is up again before the next dies, as it would be under an orchestrator. */
export function startChaos(kills: number, dice: Dice, find: (name: string) => Supervised | undefined, tell: (text: string) => void): Chaos {
  const count = new Map<string, number>();
  const stop = new AbortController();
  const total = (): number => [...count.values()].reduce((sum, each) => sum + each, 0);
  const run = async (): Promise<void> => {
    while (total() < kills && !stop.signal.aborted) {
      await delay(300 + dice() * 2_000, undefined, { signal: stop.signal }).catch(() => undefined);
      const alive = VICTIMS.filter((name) => find(name)?.isUp() === true);
      if (alive.length === 0) continue;
      const name = pick(dice, alive);
      tell(`kill -9 ${name}`);
      find(name)?.kill();
      count.set(name, (count.get(name) ?? 0) + 1);
    }
  };
  const done = kills === 0 ? Promise.resolve() : run();
  return {
    kills: () => new Map(count), total, done,
    stop: async () => {
      stop.abort();
      await done;
    },
  };
}
