import { setTimeout as delay } from 'node:timers/promises';

export interface Sweeper {
  /** Ends it, after the sweep that is running. */
  stop(): Promise<void>;
}

/** Takes up abandoned checkouts, at once and then every `everyMs`, never twice at the same time. A failed sweep is reported and the next comes. */
export function startSweeper(sweep: () => Promise<number>, everyMs: number, report: (error: unknown) => void): Sweeper {
  const abort = new AbortController();
  const loop = async (): Promise<void> => {
    do {
      await sweep().catch(report);
    } while (await delay(everyMs, true, { signal: abort.signal }).catch(() => false));
  };
  const running = loop();
  return {
    stop: async () => {
      abort.abort();
      await running;
    },
  };
}
