import type { Clock } from '@strangler/kernel';
import { Applier, type Applied, type ApplierOptions } from '../apply/applier.ts';
import { isPassing } from '../capture/connect.ts';
import type { ChangeLog } from '../log/change-log.ts';

export interface SinkOptions extends ApplierOptions {
  readonly log: ChangeLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `oldestMs`: commit time of the oldest transaction of the batch. */
  readonly onApplying?: (oldestMs: number | undefined) => void;
  readonly onApplied?: (applied: Applied) => void;
  readonly onTrouble?: (error: unknown, retryInMs: number) => void;
}

const RETRY_MS = { first: 100, longest: 5_000 };

/** Follows the log into the target until aborted, and across restarts of the target's server. The first session is given: it already holds the lock. */
export async function runSink(first: Applier, options: SinkOptions): Promise<void> {
  const { signal, clock } = options;
  let applier: Applier | undefined = first;
  let retryMs = RETRY_MS.first;
  const aborted = (): boolean => signal.aborted;
  try {
    while (!aborted()) {
      try {
        applier ??= await Applier.open(options);
        await follow(applier, options, () => { retryMs = RETRY_MS.first; });
      } catch (error) {
        if (aborted()) return;
        if (!isPassing(error)) throw error;
        await applier?.close();
        applier = undefined;
        options.onTrouble?.(error, retryMs);
        await clock.sleep(retryMs, signal).catch(() => undefined);
        retryMs = Math.min(retryMs * 2, RETRY_MS.longest);
      }
    }
  } finally {
    await applier?.close();
  }
}

async function follow(applier: Applier, { log, signal, onApplying, onApplied }: SinkOptions, onProgress: () => void): Promise<void> {
  for await (const batch of log.read({ afterLsn: applier.checkpoint }, { follow: true, signal })) {
    onApplying?.(batch[0]?.committedAtMs);
    const applied = await applier.apply(batch);
    if (applied !== undefined) onApplied?.(applied);
    onApplying?.(undefined);
    onProgress();
  }
}

