import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { isPassing, textRows, withConnection } from '../capture/connect.ts';
import { KeptSession } from '../capture/kept-session.ts';
import { parseLsn, printLsn, type Lsn } from '../capture/lsn.ts';

/** How far a target has applied, durably. It changes in the same transaction as the rows. */
export interface Checkpoint {
  readonly replication: string;
  /** `starting`: nothing is promised yet. `snapshotting`: rows up to `snapshotLsn` are still coming. `streaming`: the target is the source as of `lsn`. */
  readonly phase: 'starting' | 'snapshotting' | 'streaming' | 'replaying' | 'replayed';
  readonly lsn: Lsn;
  /** Commit time at the source of the last transaction applied; undefined before the first. */
  readonly committedAtMs?: number;
  /** The slot's consistent point, where the snapshot ends. */
  readonly snapshotLsn?: Lsn;
  /** The change log the target is fed from. */
  readonly logId?: string;
  /** Counts the sinks that have held this checkpoint; an older one is fenced off. */
  readonly epoch: bigint;
  readonly eventsApplied: number;
  readonly transactionsApplied: number;
  readonly rowsSnapshotted: number;
  /** Dead letters open: transactions that are passed over, not applied. */
  readonly parked: number;
}

const TABLE = `CREATE SCHEMA IF NOT EXISTS strangler;
CREATE TABLE IF NOT EXISTS strangler.checkpoint (
  replication text PRIMARY KEY, phase text NOT NULL, commit_lsn pg_lsn NOT NULL DEFAULT '0/0', committed_at_ms bigint, snapshot_lsn pg_lsn, log_id text,
  epoch bigint NOT NULL DEFAULT 0, events_applied bigint NOT NULL DEFAULT 0, transactions_applied bigint NOT NULL DEFAULT 0,
  rows_snapshotted bigint NOT NULL DEFAULT 0, updated_at timestamptz NOT NULL DEFAULT now()
)`;

type Row = Record<'replication' | 'phase' | 'lsn' | 'committed_at_ms' | 'snapshot_lsn' | 'log_id' | 'epoch' | 'events_applied' | 'transactions_applied' | 'rows_snapshotted' | 'parked', string | null>;

/** Creates the table where it is missing; two may try at once. */
export async function ensureCheckpointTable(target: pg.ClientBase): Promise<void> {
  const [there] = await textRows<'there'>(target, "SELECT to_regclass('strangler.checkpoint') AS there");
  if (typeof there?.there === 'string') return;
  await target.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('strangler.checkpoint', 0)); ${TABLE}; COMMIT`);
}

export async function loadCheckpoint(target: pg.ClientBase, replication: string): Promise<Checkpoint | undefined> {
  const { rows } = await target.query<Row>(`SELECT replication, phase, commit_lsn AS lsn, committed_at_ms, snapshot_lsn, log_id, epoch, events_applied, transactions_applied, rows_snapshotted,
    coalesce(to_jsonb(c) ->> 'parked', '0') AS parked FROM strangler.checkpoint AS c WHERE replication = $1`, [replication]);
  const [row] = rows;
  return row === undefined ? undefined : checkpoint(row);
}

function checkpoint(row: Row): Checkpoint {
  return {
    replication: row.replication ?? '', phase: (row.phase ?? 'starting') as Checkpoint['phase'], lsn: parseLsn(row.lsn ?? '0/0'), epoch: BigInt(row.epoch ?? '0'),
    eventsApplied: Number(row.events_applied), transactionsApplied: Number(row.transactions_applied), rowsSnapshotted: Number(row.rows_snapshotted), parked: Number(row.parked),
    ...(row.committed_at_ms === null ? {} : { committedAtMs: Number(row.committed_at_ms) }),
    ...(row.snapshot_lsn === null ? {} : { snapshotLsn: parseLsn(row.snapshot_lsn) }),
    ...(row.log_id === null ? {} : { logId: row.log_id }),
  };
}

/** Begins anew from nothing: counters at zero, one epoch on, and no transaction of the earlier life is wanted any more. */
export async function startCheckpoint(target: pg.ClientBase, replication: string, phase: Checkpoint['phase'], logId: string | undefined, lsn: Lsn): Promise<void> {
  await target.query(`INSERT INTO strangler.checkpoint AS c (replication, phase, log_id, commit_lsn, epoch) VALUES ($1, $2, $3, $4::pg_lsn, 1)
    ON CONFLICT (replication) DO UPDATE SET phase = excluded.phase, log_id = excluded.log_id, commit_lsn = excluded.commit_lsn, epoch = c.epoch + 1, snapshot_lsn = NULL,
      committed_at_ms = NULL, parked = 0, events_applied = 0, transactions_applied = 0, rows_snapshotted = 0, updated_at = now()`, [replication, phase, logId ?? null, printLsn(lsn)]);
  for (const table of ['dead_letter', 'source_table']) await target.query(`DELETE FROM strangler.${table} WHERE replication = $1`, [replication]);
}

export async function noteSnapshot(target: pg.ClientBase, replication: string, snapshotLsn: Lsn): Promise<void> {
  await target.query('UPDATE strangler.checkpoint SET snapshot_lsn = $2::pg_lsn WHERE replication = $1', [replication, printLsn(snapshotLsn)]);
}

/** Marks a replay as done; one that failed keeps its place and goes on from there. */
export async function finishReplay(target: pg.ClientBase, replication: string): Promise<void> {
  await target.query("UPDATE strangler.checkpoint SET phase = 'replayed' WHERE replication = $1", [replication]);
}

/** Where a replication stands, or undefined when this target knows none of that name. */
export async function readCheckpoint(targetUrl: string, replication: string): Promise<Checkpoint | undefined> {
  return withConnection(targetUrl, 'target', async (client) => {
    const [there] = await textRows<'there'>(client, "SELECT to_regclass('strangler.checkpoint') AS there");
    return typeof there?.there === 'string' ? loadCheckpoint(client, replication) : undefined;
  });
}

export interface WaitOptions {
  /** Milliseconds from the call. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Resolves once the target has durably applied everything up to `lsn`; asked every few milliseconds, because writers stand still meanwhile.
 * @throws StranglerError STR_DRAIN_TIMEOUT at the deadline, with how far it got
 */
export async function waitForCheckpoint(targetUrl: string, replication: string, lsn: Lsn, options: WaitOptions): Promise<Checkpoint> {
  const watcher = new CheckpointWatcher(targetUrl, replication);
  try {
    return await watcher.reach(lsn, options);
  } finally {
    await watcher.close();
  }
}

/** Looks again and again over one connection, and over a new one when the server was away. */
export class CheckpointWatcher {
  private latest: Checkpoint | undefined;
  private readonly session: KeptSession;
  private readonly replication: string;

  constructor(targetUrl: string, replication: string) {
    this.session = new KeptSession(targetUrl, 'target');
    this.replication = replication;
  }

  /** Connects before anybody waits for it. @throws StranglerError STR_DATABASE_UNREACHABLE */
  async open(): Promise<void> {
    await this.session.open();
  }

  /** As `waitForCheckpoint`; the next call needs no new connection. */
  async reach(lsn: Lsn, { deadlineMs, signal }: WaitOptions): Promise<Checkpoint> {
    for (const until = performance.now() + deadlineMs; performance.now() < until;) {
      signal?.throwIfAborted();
      const latest = await this.look();
      if (latest?.phase === 'streaming' && latest.lsn >= lsn) return latest;
      await delay(1, undefined, signal === undefined ? {} : { signal });
    }
    throw drainTimeout(this.replication, lsn, deadlineMs, this.latest);
  }

  private async look(): Promise<Checkpoint | undefined> {
    try {
      this.latest = await this.session.use((client) => loadCheckpoint(client, this.replication));
    } catch (error) {
      if (!this.session.everOpened || !isPassing(error)) throw error;
    }
    return this.latest;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

const drainTimeout = (replication: string, lsn: Lsn, deadlineMs: number, latest: Checkpoint | undefined): StranglerError => new StranglerError({
  code: 'STR_DRAIN_TIMEOUT',
  message: `${replication} did not reach ${printLsn(lsn)} within ${String(deadlineMs)} ms; it is ${latest === undefined ? 'unknown to the target' : `at ${printLsn(latest.lsn)} (${latest.phase})`}.`,
  remedy: 'Look at its lag (`strangler status`); try again when it is small.',
  exitCode: ExitCode.no,
});
