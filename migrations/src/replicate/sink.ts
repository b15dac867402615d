import type { Clock } from '@strangler/kernel';
import { Applier, type ApplierOptions } from '../apply/applier.ts';
import { Desk, type ParkingRules } from '../apply/desk.ts';
import { REQUEST_CHANNEL, serveRequests } from '../apply/requests.ts';
import type { Checkpoint } from '../apply/checkpoint.ts';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { isPassing } from '../capture/connect.ts';
import type { Lsn } from '../capture/lsn.ts';
import type { ChangeLog } from '../log/change-log.ts';
import { BatchSize } from './batch-size.ts';
import type { Settled } from './running.ts';
import { Unsettled } from './unsettled.ts';

export interface SinkOptions extends ApplierOptions {
  readonly log: Pick<ChangeLog, 'read'>;
  readonly rules: ParkingRules;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `oldestMs`: commit time of the oldest transaction of the batch. */
  readonly onApplying?: (oldestMs: number | undefined) => void;
  /** What has become durable at the target. */
  readonly onApplied?: (applied: Settled) => void;
  /** A lost session was replaced; whatever was not told before it was lost is in this checkpoint, or will be applied again. */
  readonly onTakenOver?: (checkpoint: Checkpoint) => void;
  /** Whether the log holds a transaction after this position. Where it says so, commits do not wait for the target's disk one by one. */
  readonly hasMore?: (after: Lsn) => boolean;
  readonly onTrouble?: (error: unknown, retryInMs: number) => void;
}

const RETRY_MS = { first: 100, longest: 5_000 };

/** Follows the log into the target until aborted, and across restarts of the target's server. The first session is given: it already holds the lock. */
export async function runSink(first: Applier, options: SinkOptions): Promise<void> {
  const { signal, clock } = options;
  first.alongside(options.beside);
  let applier: Applier | undefined = first;
  let retryMs = RETRY_MS.first;
  const size = new BatchSize();
  const aborted = (): boolean => signal.aborted;
  try {
    while (!aborted()) {
      try {
        applier ??= await takeOver(options);
        await attend(applier, options, size, () => { retryMs = RETRY_MS.first; });
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

async function takeOver(options: SinkOptions): Promise<Applier> {
  const applier = await Applier.open(options);
  if (applier.begun !== undefined) options.onTakenOver?.(applier.begun);
  return applier;
}

/** How often a table whose schema had changed is looked at again, milliseconds. */
const LOOK_AGAIN_MS = 2_000;

/** Follows the log, and between two batches sees to what is parked: what people ask for, and tables that were mended. */
async function attend(applier: Applier, options: SinkOptions, size: BatchSize, onProgress: () => void): Promise<void> {
  const desk = await Desk.open(applier, options.rules);
  const life = new AbortController();
  const signal = AbortSignal.any([options.signal, life.signal]);
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const asked = ({ channel, payload }: { channel: string; payload?: string | undefined }): void => { if (channel === REQUEST_CHANNEL && payload === applier.replication) serveRequests(desk).catch(reject); };
  applier.session.on('notification', asked);
  try {
    await applier.session.query(`LISTEN ${REQUEST_CHANNEL}`);
    await serveRequests(desk);
    lookAgain(desk, options.clock, signal).catch(reject);
    await Promise.race([follow(desk, { ...options, signal }, size, onProgress), failed]);
  } finally {
    life.abort();
    applier.session.off('notification', asked);
    await desk.alone(() => Promise.resolve());
  }
}

async function lookAgain(desk: Desk, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const aborted = (): boolean => signal.aborted; !aborted();) {
    await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => undefined);
    if (!aborted() && desk.waitsForSchema) await desk.retry('schema');
  }
}

async function follow(desk: Desk, options: SinkOptions, size: BatchSize, onProgress: () => void): Promise<void> {
  const { log, signal, onApplying, onApplied } = options;
  const unsettled = new Unsettled();
  const tell = (applied: Settled | undefined): void => { if (applied !== undefined) onApplied?.(applied); };
  for await (const batch of log.read({ afterLsn: desk.checkpoint }, { follow: true, signal })) {
    for (const part of size.partsOf(batch)) {
      if (signal.aborted) break;
      await applyPart(part);
      onProgress();
    }
  }
  await settle();

  async function applyPart(part: readonly ChangeTransaction[]): Promise<void> {
    onApplying?.(part[0]?.committedAtMs);
    try {
      const soon = unsettled.mayGrow && followed(part, options);
      const applied = await desk.apply(part, soon ? 'soon' : 'durable');
      if (applied !== undefined) tell(unsettled.add(applied));
      if (!soon) await settle();
    } catch (error) {
      if (isPassing(error)) size.wasLost(part);
      throw error;
    }
    size.wasApplied();
    onApplying?.(undefined);
  }

  /** A batch may have had nothing new, and the end may come while more was expected. */
  async function settle(): Promise<void> {
    if (unsettled.isEmpty) return;
    await desk.settle();
    tell(unsettled.settled());
  }
}

function followed(batch: readonly ChangeTransaction[], { hasMore }: SinkOptions): boolean {
  const last = batch.at(-1);
  return last !== undefined && hasMore?.(last.commitLsn) === true;
}
