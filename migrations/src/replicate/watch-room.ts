import type { Clock, Finding } from '@strangler/kernel';
import { KeptSession } from '../capture/kept-session.ts';
import { judgeSlotRoom, slotRoom, type SlotRoom } from '../capture/slot-room.ts';

export interface WatchRoomOptions {
  readonly sourceUrl: string;
  readonly slot: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onRoom: (room: SlotRoom, findings: readonly Finding[]) => void;
  /** Default 5 s. */
  readonly everyMs?: number;
}

const EVERY_MS = 5_000;

/** Looks at the slot from time to time until aborted; a source that is away now is asked again later. */
export async function watchRoom({ sourceUrl, slot, clock, signal, onRoom, everyMs = EVERY_MS }: WatchRoomOptions): Promise<void> {
  const session = new KeptSession(sourceUrl, 'source');
  try {
    while (!signal.aborted) {
      // A guard that cannot look must not stop what it guards.
      const room = await session.use((client) => slotRoom(client, slot)).catch(() => undefined);
      if (room !== undefined) onRoom(room, judgeSlotRoom(room));
      await clock.sleep(everyMs, signal).catch(() => undefined);
    }
  } finally {
    await session.close();
  }
}
