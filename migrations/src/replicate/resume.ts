import { createHash } from 'node:crypto';
import { systemClock, type ReplicationConfig } from '@strangler/kernel';
import { withConnection } from '../capture/connect.ts';
import { printLsn, type Lsn } from '../capture/lsn.ts';
import { objectName, slotState } from '../capture/slot.ts';
import { SNAPSHOT_COMPLETE, type SnapshotRecord } from '../capture/snapshot.ts';
import type { EmbeddedLog } from '../log/embedded-log.ts';
import { CopyState } from './table-copy/state.ts';

interface Interrupted {
  readonly name: string;
  readonly mapping: ReplicationConfig;
  readonly sourceUrl: string;
}

/**
 * Ends a first snapshot that was interrupted where it stands. Its session is gone and nobody can look through it again; but what the log holds of it is as of the slot's
 * consistent point, everything later comes from the slot, and the rest of the rows can be read at marks in the stream like those of a table that joins (`table-copy/`).
 * So the log is told that the snapshot is complete, and the state beside it what is still to be copied. Doing it twice does no harm.
 * @returns false where the log's part of it is of no use: another mapping made it, no record tells what it holds, or the slot no longer has what came after it
 */
export async function leaveSnapshot({ name, mapping, sourceUrl }: Interrupted, snapshotLsn: Lsn, log: EmbeddedLog, directory: string): Promise<boolean> {
  const { snapshot } = await CopyState.load(directory);
  if (snapshot?.at !== printLsn(snapshotLsn) || snapshot.purpose !== purposeOf(mapping)) return false;
  const slot = await withConnection(sourceUrl, 'source', (source) => slotState(source, objectName(name)));
  if (slot === undefined || slot.walStatus === 'lost' || slot.confirmed > snapshotLsn) return false;
  await log.append([{ commitLsn: snapshotLsn, xid: 0, committedAtMs: systemClock.now(), events: [], marker: SNAPSHOT_COMPLETE }]);
  return true;
}

/** Keeps in the state which parts of the snapshot are in the log. It may lag behind: then a part is read once more. */
export function recordOf(state: CopyState, consistentPoint: Lsn, mapping: ReplicationConfig): SnapshotRecord {
  let [saved, waiting]: [Promise<void>, boolean] = [Promise.resolve(), false];
  const save = (): void => {
    if (waiting) return;
    waiting = true;
    saved = saved.then(() => { waiting = false; return state.save(); });
    saved.catch(() => undefined); // whoever waits for `settled` hears of it
  };
  return {
    begin: (plan) => { state.beginSnapshot({ at: printLsn(consistentPoint), purpose: purposeOf(mapping) }, plan); return state.save(); },
    done: (part, rows) => { state.read(part, rows); save(); },
    settled: () => saved,
  };
}

/** Rows that were copied under another mapping may lie elsewhere, or look otherwise. */
const purposeOf = ({ tables }: ReplicationConfig): string => createHash('sha256').update(JSON.stringify(tables)).digest('hex').slice(0, 16);
