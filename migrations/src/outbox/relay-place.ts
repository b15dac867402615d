import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { connect, isPassing, textRows } from '../capture/connect.ts';
import { parseLsn, printLsn, type Lsn } from '../capture/lsn.ts';

/** How far a service's events have been delivered. `reading`: what the outbox held at the start is still being read, and nothing is delivered yet. */
export interface Place {
  readonly phase: 'reading' | 'following';
  readonly logId: string;
  readonly lsn: Lsn;
  readonly delivered: number;
}

/** An event the broker refuses for what it is, or one that waits behind such a one. */
export interface ParkedEvent {
  readonly position: string;
  readonly eventId: string;
  readonly aggregate: string;
  /** Why the broker refused it; null for one that waits behind. */
  readonly reason: string | null;
  /** The message as JSON. */
  readonly message: string;
  readonly parkedAt: string;
}

export const RELAY_TABLES = `CREATE SCHEMA IF NOT EXISTS strangler;
CREATE TABLE IF NOT EXISTS strangler.relay (
  service text PRIMARY KEY, phase text NOT NULL, log_id text NOT NULL, lsn pg_lsn NOT NULL DEFAULT '0/0', destination text NOT NULL, epoch bigint NOT NULL DEFAULT 1,
  delivered bigint NOT NULL DEFAULT 0, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS strangler.relay_parked (
  service text NOT NULL, event_id text NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY, aggregate text NOT NULL, message text NOT NULL, reason text,
  parked_at timestamptz NOT NULL DEFAULT now(), discarded_at timestamptz, discarded_by text, discarded_because text, PRIMARY KEY (service, event_id))`;

/** A killed relay's session lives until its server notices; so long we wait before we say that another relay is active. */
const LOCK_PATIENCE_MS = 3_000;
const RETRY_MS = 100;

/**
 * The one relay of a service's outbox, as its database knows it: an advisory lock while the session lives, and an epoch that fences off a relay whose session was
 * lost and which another has replaced meanwhile. All of it lies in the service's own database, where the outbox is.
 */
export class RelayPlace {
  private readonly url: string;
  private readonly service: string;
  private readonly onTrouble: (error: unknown) => void;
  private readonly signal: AbortSignal;
  private client: pg.Client | undefined;
  private epoch = '0';

  constructor(url: string, service: string, signal: AbortSignal, onTrouble: (error: unknown) => void) {
    this.url = url;
    this.service = service;
    this.signal = signal;
    this.onTrouble = onTrouble;
  }

  /** Takes the lock and the next epoch. @throws StranglerError STR_RELAY_ACTIVE, STR_DATABASE_UNREACHABLE */
  async open(): Promise<Place | undefined> {
    const client = await this.session();
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('strangler.relay', 0)); ${RELAY_TABLES}; COMMIT`);
    const [row] = await textRows<'phase' | 'log_id' | 'lsn' | 'delivered' | 'epoch'>(client,
      'UPDATE strangler.relay SET epoch = epoch + 1 WHERE service = $1 RETURNING phase, log_id, lsn, delivered, epoch', [this.service]);
    if (row === undefined) return undefined;
    this.epoch = row.epoch;
    return { phase: row.phase as Place['phase'], logId: row.log_id, lsn: parseLsn(row.lsn), delivered: Number(row.delivered) };
  }

  /** Begins anew: whatever is half done after a crash, this row says that it may be thrown away. */
  async begin(logId: string, destination: string): Promise<void> {
    const [row] = await this.rows<'epoch'>(`INSERT INTO strangler.relay AS r (service, phase, log_id, destination) VALUES ($1, 'reading', $2, $3)
      ON CONFLICT (service) DO UPDATE SET phase = 'reading', log_id = excluded.log_id, destination = excluded.destination, lsn = '0/0', epoch = r.epoch + 1, delivered = 0 RETURNING epoch`, [this.service, logId, destination]);
    this.epoch = row?.epoch ?? '0';
  }

  async follow(destination: string): Promise<void> {
    await this.fenced("UPDATE strangler.relay SET phase = 'following', destination = $3, updated_at = now() WHERE service = $1 AND epoch = $2", [destination]);
  }

  /** Notes that everything up to `lsn` is safe at the broker. @throws StranglerError STR_RELAY_ACTIVE when another relay has taken over */
  async advance(lsn: Lsn, events: number): Promise<void> {
    await this.fenced('UPDATE strangler.relay SET lsn = greatest(lsn, $3::pg_lsn), delivered = delivered + $4, updated_at = now() WHERE service = $1 AND epoch = $2', [printLsn(lsn), events]);
  }

  /** Puts an event aside, durably. False when it had been discarded before: then nothing waits behind it. */
  async park({ eventId, aggregate, message, reason }: Omit<ParkedEvent, 'position' | 'parkedAt'>): Promise<boolean> {
    await this.fenced(`WITH mine AS (SELECT 1 FROM strangler.relay WHERE service = $1 AND epoch = $2), put AS (INSERT INTO strangler.relay_parked (service, event_id, aggregate, message, reason)
      SELECT $1, $3, $4, $5, $6 FROM mine ON CONFLICT DO NOTHING) SELECT 1 FROM mine`, [eventId, aggregate, message, reason]);
    const [row] = await this.rows<'kept'>('SELECT (discarded_at IS NULL) AS kept FROM strangler.relay_parked WHERE service = $1 AND event_id = $2', [this.service, eventId]);
    return row?.kept !== 'f';
  }

  async parked(): Promise<ParkedEvent[]> {
    return this.with((client) => parkedEvents(client, this.service));
  }

  async unpark(eventId: string): Promise<void> {
    await this.rows('DELETE FROM strangler.relay_parked WHERE service = $1 AND event_id = $2 AND discarded_at IS NULL', [this.service, eventId]);
  }

  async rows<Column extends string>(sql: string, values: readonly unknown[]): Promise<Record<Column, string>[]> {
    return this.with((client) => textRows<Column>(client, sql, values));
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async fenced(sql: string, values: readonly unknown[]): Promise<void> {
    const changed = await this.with((client) => client.query(sql, [this.service, this.epoch, ...values]));
    if (changed.rowCount === 0) throw relayActive(this.service);
  }

  /** Across a restart of the service's database: the lock is taken again, and the epoch says whether somebody else held it meanwhile. */
  private async with<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    for (let retryMs = RETRY_MS; ; retryMs = Math.min(2 * retryMs, 5_000)) {
      try {
        return await work(await this.session());
      } catch (error) {
        if (!isPassing(error) || this.signal.aborted) throw error;
        await this.close();
        this.onTrouble(error);
        await new Promise((resolve) => { setTimeout(resolve, retryMs); });
      }
    }
  }

  private async session(): Promise<pg.Client> {
    if (this.client !== undefined) return this.client;
    const client = await connect(this.url, 'source');
    try {
      for (const until = performance.now() + LOCK_PATIENCE_MS; ;) {
        const [row] = await textRows<'taken'>(client, "SELECT pg_try_advisory_lock(hashtextextended('strangler.relay:' || $1, 0)) AS taken", [this.service]);
        if (row?.taken === 't') break;
        if (performance.now() > until) throw relayActive(this.service);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.client = client;
    return client;
  }
}

export async function parkedEvents(client: pg.ClientBase, service: string): Promise<ParkedEvent[]> {
  const rows = await textRows<'position' | 'event_id' | 'aggregate' | 'reason' | 'message' | 'parked_at'>(client,
    'SELECT position, event_id, aggregate, reason, message, parked_at FROM strangler.relay_parked WHERE service = $1 AND discarded_at IS NULL ORDER BY position', [service]);
  return rows.map((row) => ({ position: row.position, eventId: row.event_id, aggregate: row.aggregate, reason: row.reason, message: row.message, parkedAt: row.parked_at }));
}

const relayActive = (service: string): StranglerError => new StranglerError({
  code: 'STR_RELAY_ACTIVE', exitCode: ExitCode.environment,
  message: `Another process relays the outbox of ${service}.`,
  remedy: 'One outbox has one relay, or its events would lose their order. Stop the other one first; a killed one lets go within seconds.',
});
