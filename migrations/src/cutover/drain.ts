import { ExitCode, StranglerError } from '@strangler/kernel';
import { CheckpointWatcher } from '../apply/checkpoint.ts';
import { isPassing } from '../capture/connect.ts';
import { KeptSession } from '../capture/kept-session.ts';
import { writeLastMarker } from '../capture/marker.ts';
import type { Lsn } from '../capture/lsn.ts';
import type { Drain } from './ports.ts';

export interface DrainOptions {
  /** The old owner, whose writes are to arrive. */
  readonly sourceUrl: string;
  /** The new owner. */
  readonly targetUrl: string;
  /** The replication that carries them. */
  readonly name: string;
}

/**
 * Drains a replication again and again over two sessions that are opened now: in a cut-over every writer waits while it drains, and connecting would be most of that
 * wait. A session that was lost meanwhile is replaced at its next use.
 * @throws StranglerError STR_DATABASE_UNREACHABLE
 */
export async function openDrain({ sourceUrl, targetUrl, name }: DrainOptions): Promise<Drain & AsyncDisposable> {
  const source = new KeptSession(sourceUrl, 'source');
  const checkpoints = new CheckpointWatcher(targetUrl, name);
  const close = async (): Promise<void> => { await Promise.all([source.close(), checkpoints.close()]); };
  const write = (): Promise<Lsn> => source.use((client) => writeLastMarker(client, `drain ${name}`));
  try {
    await Promise.all([source.open(), checkpoints.open()]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    // A mark written twice does no harm: the later one counts.
    marker: () => write().catch((error: unknown) => {
      if (!isPassing(error)) throw error;
      return write();
    }),
    caughtUp: async (lsn, deadlineMs) => {
      const { parked } = await checkpoints.reach(lsn, { deadlineMs });
      if (parked > 0) throw deadLettersOpen(name, parked);
    },
    [Symbol.asyncDispose]: close,
  };
}

/** What is parked was written by the old owner and is not with the new one: it would be lost to everybody who reads there. */
const deadLettersOpen = (name: string, parked: number): StranglerError => new StranglerError({
  code: 'STR_DEAD_LETTERS_OPEN', exitCode: ExitCode.no,
  message: `${name} has ${String(parked)} dead letter${parked === 1 ? '' : 's'}: transactions of the old owner that the new one has not applied.`,
  remedy: `strangler dead-letters list ${name}; mend what refuses them and retry, or discard them.`,
});
