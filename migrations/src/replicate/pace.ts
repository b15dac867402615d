import type { Clock } from '@strangler/kernel';

/** Waits as long as the rows so far are more than the time so far allows; not at all where there is no bound. */
export function evenly(perSecond: number | undefined, clock: Clock, signal: AbortSignal): (rows: number) => Promise<void> {
  if (perSecond === undefined) return () => Promise.resolve();
  const startedMs = clock.now();
  let rows = 0;
  return async (more) => {
    rows += more;
    const early = startedMs + rows / perSecond * 1_000 - clock.now();
    if (early > 0) await clock.sleep(early, signal).catch(() => undefined);
  };
}
