import type { Clock, ReplicationConfig } from '@strangler/kernel';
import { printBytes, type SlotRoom } from '../capture/slot-room.ts';

/** What a copy leaves to others: it waits, or gives its snapshot back, above these. */
export interface CopyBounds {
  /** Of what is in the log and not applied. */
  readonly lagBytes: number;
  /** Of the WAL that the source keeps for us; undefined where only the server's own limit counts. */
  readonly walBytes: number | undefined;
}

const MEGABYTE = 1_000_000;
const DEFAULT = { lagMegabytes: 256, readers: 2 };

export const copyBounds = ({ pauseAbove = {} }: NonNullable<ReplicationConfig['copy']> = {}): CopyBounds => ({
  lagBytes: (pauseAbove.lagMegabytes ?? DEFAULT.lagMegabytes) * MEGABYTE,
  walBytes: pauseAbove.walMegabytes === undefined ? undefined : pauseAbove.walMegabytes * MEGABYTE,
});

/** Connections that read the first copy at once. */
export const copyReaders = ({ readers = DEFAULT.readers }: NonNullable<ReplicationConfig['copy']> = {}): number => readers;

/** Pure. Why a copy should not add to the target's lag now; undefined when it may. */
export const tooFarBehind = (lagBytes: number, bounds: CopyBounds): string | undefined =>
  lagBytes > bounds.lagBytes ? `for the target, which is ${printBytes(lagBytes)} behind` : undefined;

/** Pure. Why the slot should move before more is copied: it keeps more than the config allows, or more than the server will keep longer (half of its limit). */
export function tooMuchWal({ keptBytes, safeBytes = Infinity }: SlotRoom, { walBytes = Infinity }: CopyBounds): string | undefined {
  return keptBytes > walBytes || keptBytes > safeBytes ? `for the slot, which keeps ${printBytes(keptBytes)} of WAL` : undefined;
}

const LOOK_EVERY_MS = 20;

/** Waits as long as there is a reason to; tells one that stays, once. */
export async function whileThereIs(reason: () => string | undefined, clock: Clock, signal: AbortSignal, tell: (reason: string) => void = () => undefined): Promise<void> {
  for (let looks = 1, why = reason(); why !== undefined && !signal.aborted; looks += 1, why = reason()) {
    if (looks === 100) tell(why);
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}
