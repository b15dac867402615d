import type { Finding } from '@strangler/kernel';
import type pg from 'pg';
import { textRows, withConnection } from '../capture/connect.ts';
import { parseLsn, type Lsn } from '../capture/lsn.ts';
import { judgeSlotRoom, printBytes, slotRoom, type SlotOwner, type SlotRoom } from '../capture/slot-room.ts';
import { openEmbeddedLog } from '../log/embedded-log.ts';
import { fromTheTable, outboxObject, outboxRows } from './outbox-source.ts';
import type { Place } from './relay-place.ts';
import { relayLog } from './run-relay.ts';

/** What is known of a service's relay by those who look from outside. */
export interface RelayReport extends Omit<Place, 'logId'> {
  readonly to: string;
  /** A relay holds the outbox now. */
  readonly running: boolean;
  /** When its place last changed, as ISO 8601. */
  readonly updatedAt: string;
  readonly parked: number;
  /** Taken from the database and not delivered; undefined where its log is not here. */
  readonly waiting?: Waiting;
  /** WAL of the service's database that it has not read yet, whatever is in it. */
  readonly unreadBytes?: number;
  /** Absent where the slot is gone, or lost. */
  readonly slot?: SlotRoom;
}

export interface Waiting {
  /** Counted up to `COUNT_AT_MOST`. */
  readonly events: number;
  readonly more: boolean;
  /** Commit of the oldest, as ISO 8601. */
  readonly since?: string;
}

/** A backlog of days is told well enough by this many. */
const COUNT_AT_MOST = 10_000;

// An advisory lock's 64 bits are shown as two numbers of 32.
const REPORT = `SELECT phase, log_id, lsn, delivered, destination AS "to", (extract(epoch FROM updated_at) * 1000)::bigint AS updated_ms,
    (SELECT count(*) FROM strangler.relay_parked p WHERE p.service = r.service AND discarded_at IS NULL) AS parked,
    EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('strangler.relay:' || r.service, 0)) AS running,
    (SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint FROM pg_replication_slots WHERE slot_name = $2) AS unread
  FROM strangler.relay r WHERE service = $1`;
type Row = Record<'phase' | 'log_id' | 'lsn' | 'delivered' | 'to' | 'updated_ms' | 'parked' | 'running', string> & { readonly unread: string | null };

export interface ReadRelayOptions {
  readonly service: string;
  readonly url: string;
  readonly table: string;
  readonly logDirectory: string;
}

/** Looks, and holds nobody up; undefined where the service's database knows of no relay. @throws StranglerError STR_DATABASE_UNREACHABLE */
export async function readRelay(options: ReadRelayOptions): Promise<RelayReport | undefined> {
  const found = await withConnection(options.url, 'source', (client) => ask(client, options.service));
  if (found === undefined) return undefined;
  const { logId, ...report } = found;
  const waiting = report.phase === 'following' ? await waitingIn(options, logId, report.lsn) : undefined;
  return { ...report, ...(waiting === undefined ? {} : { waiting }) };
}

async function ask(client: pg.ClientBase, service: string): Promise<(RelayReport & Place) | undefined> {
  const [there] = await textRows<'there'>(client, "SELECT to_regclass('strangler.relay_parked') AS there");
  if (there?.there == null) return undefined;
  const [row] = (await client.query<Row>(REPORT, [service, outboxObject(service)])).rows;
  if (row === undefined) return undefined;
  const slot = await slotRoom(client, outboxObject(service));
  return {
    phase: row.phase as Place['phase'], logId: row.log_id, lsn: parseLsn(row.lsn), delivered: Number(row.delivered), to: row.to, running: row.running === 't',
    updatedAt: new Date(Number(row.updated_ms)).toISOString(), parked: Number(row.parked),
    ...(row.unread === null ? {} : { unreadBytes: Number(row.unread) }), ...(slot === undefined ? {} : { slot }),
  };
}

/** Reads beside the relay. A log that is not here, or not this relay's, tells nothing. */
async function waitingIn({ service, table, logDirectory }: ReadRelayOptions, logId: string, afterLsn: Lsn): Promise<Waiting | undefined> {
  const log = await openEmbeddedLog(relayLog(logDirectory, service), { readOnly: true }).catch(() => undefined);
  if (log === undefined) return undefined;
  try {
    if (log.id !== logId) return undefined;
    const counted: { events: number; since?: string } = { events: 0 };
    for await (const batch of log.read({ afterLsn })) {
      for (const transaction of batch) {
        const { length } = outboxRows(transaction, table);
        if (length > 0) counted.since ??= new Date(transaction.committedAtMs).toISOString();
        counted.events += length;
      }
      if (counted.events >= COUNT_AT_MOST) return { ...counted, more: true };
    }
    return { ...counted, more: false };
  } catch {
    return undefined; // retention may take a file away under the reader's hands
  } finally {
    await log.close();
  }
}

/** Pure. What somebody should see to: a relay that does not run, a slot that is gone, or keeps much. */
export function judgeRelay(service: string, { phase, running, slot, waiting, unreadBytes }: RelayReport): Finding[] {
  const where = `services.${service}.outbox`;
  if (slot === undefined && phase === 'following') {
    return [{ code: 'STR_SLOT_MISSING', severity: 'error', where, message: `The slot ${outboxObject(service)} is gone, or the server has given it up: events written since are in the table only.`, remedy: capital(fromTheTable(service)) }];
  }
  const room = judgeSlotRoom(slot, ownerOf(service)).map((finding) => ({ ...finding, where }));
  if (running) return room;
  const behind = [waiting === undefined || waiting.events === 0 ? undefined : `${printWaiting(waiting)} in its log not delivered`, unreadBytes === undefined ? undefined : `${printBytes(unreadBytes)} of WAL not read`].filter((part) => part !== undefined);
  return [...room, {
    code: 'STR_RELAY_STOPPED', severity: 'warning', where, message: `Nobody relays the outbox of ${service}${behind.length === 0 ? '' : `: ${behind.join(', ')}`}.`,
    remedy: `Start it (\`strangler relay ${service}\`); or, if nobody wants its events any more, take it away: \`strangler relay ${service} --remove --execute\`.`,
  }];
}

export const printWaiting = ({ events, more }: Waiting): string => `${more ? 'more than ' : ''}${String(events)} event${events === 1 && !more ? '' : 's'}`;

const ownerOf = (service: string): SlotOwner => ({
  nobodyReads: `Start the relay (\`strangler relay ${service}\`), or take it away: \`strangler relay ${service} --remove --execute\`.`,
  whenLost: 'what the outbox still holds must be delivered once more',
});

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
