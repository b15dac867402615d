import { systemClock, type Clock, type StranglerError, type Finding, type ReplicationConfig } from '@strangler/kernel';
import { withConnection } from '../capture/connect.ts';
import type { Pausing } from '../capture/pausing.ts';
import { requirePublication } from '../capture/publication-watch.ts';
import { objectName } from '../capture/slot.ts';
import { capturedTables, parseTableRef, tableName } from '../capture/table-ref.ts';
import { CopyState, type PausedTable } from './table-copy/state.ts';

/** Tables that have left the stream while the others go on, kept in the state beside the log: what was passed over of them nobody sends again, so they stay out until they are copied again. */
export class PausedTables implements Pausing {
  private readonly state: CopyState;
  private readonly mayPause: boolean;
  private readonly tell: (finding: Finding) => void;
  private readonly clock: Pick<Clock, 'now'>;

  constructor(state: CopyState, { onRefusal }: ReplicationConfig, tell: (finding: Finding) => void, clock: Pick<Clock, 'now'> = systemClock) {
    this.state = state;
    this.clock = clock;
    this.mayPause = onRefusal === 'park';
    this.tell = tell;
    for (const [table, paused] of state.paused) tell(findingOf(table, paused));
  }

  get size(): number {
    return this.state.paused.size;
  }

  has(table: string): boolean {
    return this.state.paused.has(table);
  }

  isNow(table: string): boolean {
    return [...this.state.paused.values()].some(({ now }) => now === table);
  }

  isReplaced(table: string): boolean {
    return this.state.copying.get(table)?.progress.again === true;
  }

  pause(table: string, { code, message, remedy }: StranglerError, now?: string): boolean {
    const known = this.state.paused.get(table);
    if (known !== undefined) {
      if (known.now === undefined && now !== undefined) this.note(table, { ...known, now });
      return true;
    }
    if (!this.mayPause) return false;
    const paused: PausedTable = { code, reason: message, remedy, since: new Date(this.clock.now()).toISOString(), ...(now === undefined ? {} : { now }) };
    this.note(table, paused);
    this.tell(findingOf(table, paused));
    return true;
  }

  private note(table: string, paused: PausedTable): void {
    this.state.pause(table, paused);
    this.state.settled().catch(() => undefined); // the stream waits for it, and hears of it
  }
}

const findingOf = (table: string, { code, reason, remedy }: PausedTable): Finding => ({ severity: 'warning', code, where: table, message: `${reason} ${table} is paused; the other tables go on.`, remedy });

/** Looks for tables that left while nobody read. What else is wrong with the publication is said by the stream. */
export async function pauseWhatLeft(state: CopyState, { name, mapping, sourceUrl }: { readonly name: string; readonly mapping: ReplicationConfig; readonly sourceUrl: string }): Promise<void> {
  if (mapping.onRefusal !== 'park') return;
  const pausing = new PausedTables(state, mapping, () => undefined); // told when the stream begins
  await withConnection(sourceUrl, 'source', (source) => requirePublication(source, objectName(name), capturedTables(mapping), pausing)).catch(() => undefined);
  await state.settled();
}

/** The config without tables that are paused: what has become of them is known, and keeps nobody from starting. */
export const withoutPaused = (mapping: ReplicationConfig, paused: Pick<ReadonlySet<string>, 'has' | 'size'>): ReplicationConfig =>
  (paused.size === 0 ? mapping : { ...mapping, tables: Object.fromEntries(Object.entries(mapping.tables).filter(([name]) => !paused.has(tableName(parseTableRef(name))))) });

/** Tables that have left the stream, with what to do about each; for those who need all of them. `directory` is the replication's log. */
export async function pausedTables(directory: string): Promise<readonly ({ readonly table: string } & PausedTable)[]> {
  const { paused } = await CopyState.load(directory);
  return [...paused].map(([table, each]) => ({ table, ...each }));
}
