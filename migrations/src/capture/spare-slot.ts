import { setTimeout as delay } from 'node:timers/promises';
import type { ReplicationConfig } from '@strangler/kernel';
import type pg from 'pg';
import type { ChangeTransaction } from './change-event.ts';
import { textRows } from './connect.ts';
import { KeptSession } from './kept-session.ts';
import { printLsn, type Lsn } from './lsn.ts';
import { PgoutputReader } from './pgoutput.ts';
import { objectName, slotState, type SlotState } from './slot.ts';
import { quoteName, type CapturedTables } from './table-ref.ts';
import { ORIGIN_SINCE } from './wal.ts';

/**
 * The name of a replication's spare slot, which nobody streams from: it keeps the WAL of what the target has not applied, so that what a connector has left out can be
 * read from the WAL itself. No other replication's slot has such a name: theirs begin with a letter.
 */
export const spareSlotName = (replication: string): string => objectName(replication).replace(/^strangler_/, 'strangler__spare_');

/** Who needs one: whoever puts whole transactions together from what a connector has sent. */
export const keepsSpare = ({ log, reading }: Pick<ReplicationConfig, 'log' | 'reading'>): boolean => log === 'kafka' && reading !== 'keys';

/** Makes it where the replication's own slot stands, without waiting for anybody's transaction. Harmless when it is there. */
export async function ensureSpareSlot(source: pg.ClientBase, replication: string): Promise<void> {
  const spare = spareSlotName(replication);
  if (await slotState(source, spare) === undefined) await source.query('SELECT pg_copy_logical_replication_slot($1, $2)', [objectName(replication), spare]);
}

export interface SpareSlotOptions {
  readonly sourceUrl: string;
  readonly replication: string;
  readonly tables: CapturedTables;
  /** What was committed up to here is durable at the target, and not wanted again. */
  readonly applied: () => Lsn;
}

/** For a slot that another session still reads. */
const PATIENCE_MS = 60_000;
const OBJECT_IN_USE = '55006';

const PEEK = `SELECT data FROM pg_logical_slot_peek_binary_changes($1, $2::pg_lsn, NULL, VARIADIC $3::text[])`;

/** Reads the WAL of a replication once more. One call at a time: a slot serves one session. */
export class SpareSlot {
  private readonly options: SpareSlotOptions;
  private readonly session: KeptSession;
  private last: Promise<unknown> = Promise.resolve();

  constructor(options: SpareSlotOptions) {
    this.options = options;
    this.session = new KeptSession(options.sourceUrl, 'source');
  }

  /**
   * What was committed behind `after` and up to `upTo` and changed our tables, in commit order; undefined where the server no longer keeps so much, or never did.
   * @throws passing troubles of the source
   */
  read(after: Lsn, upTo: Lsn): Promise<ChangeTransaction[] | undefined> {
    return this.alone(async (client, slot) => {
      // All that lies between slot and `upTo` is decoded: what is applied already need not be.
      await this.follow(client, slot);
      if (!reaches(await slotState(client, slot), after)) return undefined;
      return (await this.peek(client, slot, upTo)).filter(({ commitLsn }) => commitLsn > after && commitLsn <= upTo);
    });
  }

  /** Lets the server forget what is applied. @throws passing troubles of the source */
  advance(): Promise<void> {
    return this.alone((client, slot) => this.follow(client, slot));
  }

  private async follow(client: pg.ClientBase, slot: string): Promise<void> {
    const [state, to] = [await slotState(client, slot), this.options.applied()];
    if (state === undefined || state.walStatus === 'lost' || state.confirmed >= to) return;
    await client.query('SELECT pg_replication_slot_advance($1, $2::pg_lsn)', [slot, printLsn(to)]);
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  private async peek(client: pg.ClientBase, slot: string, upTo: Lsn): Promise<ChangeTransaction[]> {
    const { replication, tables } = this.options;
    const version = Number((await textRows<'v'>(client, "SELECT current_setting('server_version_num') AS v"))[0]?.v ?? '0');
    const parameters = ['proto_version', '1', 'publication_names', quoteName(objectName(replication)), 'messages', 'true', ...(version >= ORIGIN_SINCE ? ['origin', 'none'] : [])];
    const reader = new PgoutputReader(tables);
    const messages = await textRows<'data'>(client, PEEK, [slot, printLsn(upTo), parameters]);
    return messages.flatMap(({ data }) => reader.read(Buffer.from(data.slice(2), 'hex')) ?? []); // bytea prints as \x…
  }

  private alone<T>(work: (client: pg.Client, slot: string) => Promise<T>): Promise<T> {
    const turn = this.last.then(() => this.whenFree(() => this.session.use((client) => work(client, spareSlotName(this.options.replication)))));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** The backend of a sink that was killed may read on for a while. */
  private async whenFree<T>(work: () => Promise<T>): Promise<T> {
    for (const until = performance.now() + PATIENCE_MS; ;) {
      try {
        return await work();
      } catch (error) {
        if ((error as { code?: string }).code !== OBJECT_IN_USE || performance.now() > until) throw error;
        await delay(100);
      }
    }
  }
}

const reaches = (slot: SlotState | undefined, after: Lsn): boolean => slot !== undefined && slot.walStatus !== 'lost' && slot.confirmed <= after;
