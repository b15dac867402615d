import { StranglerError, systemClock, type Clock } from '@strangler/kernel';
import type pg from 'pg';
import { quoteTable, tableRef } from '../verify/sql.ts';
import { EPOCH_TABLE } from './epoch.ts';

/** SQLSTATE of a refused write (a class of our own), for applications that want to tell it from other errors. */
export const FENCED_SQLSTATE = 'STF01';
const TRIGGER = 'strangler_fence';
/** Shorter than deadlock_timeout (1 s), so that it is we who give way, and never the application's transaction. */
const LOCK_SLICE_MS = 250;
const PAUSE_BETWEEN_MS = 50;

export interface FenceOptions {
  /** `schema.table`, or `table` in `public`. */
  readonly tables: readonly string[];
  /** Who owns the tables from now on; the refusal names it. */
  readonly owner: string;
  /** How long transactions that already wrote may take to end, milliseconds. */
  readonly deadlineMs: number;
  readonly clock?: Clock;
  /** A statement that fails unless the caller may still move fences; in the same transaction. */
  readonly guard?: string;
}

/** The trigger function behind every fence, in the schema `strangler`, which must be there. */
export const FENCE_FUNCTION = `
CREATE OR REPLACE FUNCTION strangler.refuse_write() RETURNS trigger LANGUAGE plpgsql AS $fence$
BEGIN
  RAISE EXCEPTION 'STR_FENCED: table %.% is owned by %', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0]
    USING ERRCODE = '${FENCED_SQLSTATE}', HINT = 'Write through ' || TG_ARGV[0] || ', or roll the cut-over back with strangler cutover.';
END
$fence$`;

/** Creates the trigger function. Apart from the fence itself, so that a cut-over has it done before anybody waits. */
export async function installFence(client: pg.Client): Promise<void> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS strangler; ${FENCE_FUNCTION}; ${EPOCH_TABLE}`);
}

/**
 * From its return on nobody writes the tables but replication: triggers refuse every INSERT, UPDATE, DELETE and TRUNCATE unless `session_replication_role` is
 * `replica`. A transaction that wrote before is waited out (SHARE ROW EXCLUSIVE conflicts with its lock), so what is in the WAL now is all there will be.
 * DDL and not a flag in a table: a REPEATABLE READ transaction would go on reading the old flag, whereas a trigger is seen by whoever locks the table next.
 * Raising it again is harmless. It survives restarts.
 * @throws StranglerError STR_FENCE_TIMEOUT, naming who holds the tables; nothing is fenced then.
 */
export async function raiseFence(client: pg.Client, { tables, owner, deadlineMs, clock = systemClock, guard }: FenceOptions): Promise<{ readonly waitedMs: number }> {
  const started = clock.now();
  const all = await withPartitions(client, tables);
  for (;;) {
    const left = deadlineMs - (clock.now() - started);
    if (left <= 0) throw await fenceTimeout(client, tables, deadlineMs);
    if (await attempt(client, Math.min(LOCK_SLICE_MS, left), [...guarded(guard), `LOCK TABLE ${all.map(quoted).join(', ')} IN SHARE ROW EXCLUSIVE MODE`, ...fenceStatements(all, owner)])) return { waitedMs: clock.now() - started };
    await clock.sleep(Math.min(PAUSE_BETWEEN_MS, Math.max(0, left)));
  }
}

/** Lets writes in again. Disables the triggers, since dropping them would wait for every reader; a fence that is not there is lifted already. */
export async function liftFence(client: pg.Client, { tables, deadlineMs, clock = systemClock, guard }: Omit<FenceOptions, 'owner'>): Promise<void> {
  const started = clock.now();
  const all = await withPartitions(client, tables);
  for (;;) {
    const left = deadlineMs - (clock.now() - started);
    if (left <= 0) throw await fenceTimeout(client, tables, deadlineMs);
    if (await attempt(client, Math.min(LOCK_SLICE_MS, left), [...guarded(guard), disable(all)])) return;
    await clock.sleep(Math.min(PAUSE_BETWEEN_MS, left));
  }
}

const guarded = (guard: string | undefined): string[] => guard === undefined ? [] : [guard];

/** Looks and acts in one round trip: writers wait meanwhile. A table without a fence is not even locked. */
const disable = (tables: readonly string[]): string => `DO $lift$ DECLARE name text; BEGIN
  FOR name IN SELECT t.tgrelid::regclass::text FROM pg_trigger t WHERE t.tgname = '${TRIGGER}' AND t.tgenabled <> 'D'
    AND t.tgrelid = ANY (ARRAY[${tables.map((table) => `to_regclass(${quoteLiteral(quoted(table))})`).join(', ')}]::oid[]) ORDER BY 1
  LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ${TRIGGER}', name); END LOOP; END $lift$`;

/** Removes every trace of the fence from the tables. For the day the cut-over is no longer undone. */
export async function removeFence(client: pg.Client, tables: readonly string[]): Promise<void> {
  for (const table of await withPartitions(client, tables)) await client.query(`DROP TRIGGER IF EXISTS ${TRIGGER} ON ${quoted(table)}`);
}

/** The tables whose writes are refused now, each with the owner its fence names. */
export async function fencedTables(client: pg.Client, tables: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; owner: string }>(`
    SELECT wanted.name, convert_from(substring(t.tgargs FOR length(t.tgargs) - 1), 'UTF8') AS owner
      FROM unnest($1::text[], $2::text[]) AS wanted(name, qualified) JOIN pg_trigger t ON t.tgrelid = to_regclass(wanted.qualified)
     WHERE t.tgname = $3 AND t.tgenabled <> 'D'`, [tables, tables.map(quoted), TRIGGER]);
  return new Map(rows.map(({ name, owner }) => [name, owner]));
}

/** One transaction: all tables are fenced, or none. False when somebody else holds a lock for longer than `lockMs`. */
async function attempt(client: pg.Client, lockMs: number, statements: readonly string[]): Promise<boolean> {
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${String(Math.max(1, Math.floor(lockMs)))}; ${statements.join('; ')}; COMMIT`);
    return true;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (['55P03', '40P01'].includes(sqlState(error) ?? '')) return false; // lock_not_available, deadlock_detected
    throw error;
  }
}

/** Statement triggers: they fire once, also for a statement that touches no row, and CREATE OR REPLACE enables a fence that had been lifted. */
const fenceStatements = (tables: readonly string[], owner: string): string[] => tables.map((table) =>
  `CREATE OR REPLACE TRIGGER ${TRIGGER} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${quoted(table)} FOR EACH STATEMENT EXECUTE FUNCTION strangler.refuse_write('${owner.replaceAll("'", "''")}')`);

/** A write that names a partition fires that partition's statement triggers only, so each gets its own. Sorted: locks are always taken in one order. */
async function withPartitions(client: pg.Client, tables: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string | null; wanted: string }>(`
    WITH RECURSIVE family AS (
      SELECT wanted, to_regclass(qualified) AS oid FROM unnest($1::text[], $2::text[]) AS w(wanted, qualified)
      UNION ALL SELECT f.wanted, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.oid)
    SELECT f.wanted, n.nspname || '.' || c.relname AS name FROM family f LEFT JOIN pg_class c ON c.oid = f.oid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace`,
  [tables, tables.map(quoted)]);
  const absent = rows.filter(({ name }) => name === null).map(({ wanted }) => wanted);
  if (absent.length > 0) throw new StranglerError({ code: 'STR_UNKNOWN_TABLE', message: `There is no table ${absent.join(', ')} to fence.`, remedy: 'Check the names in the replication mapping; they are `schema.table`, or `table` in public.' });
  return [...new Set(rows.flatMap(({ name }) => name ?? []))].sort();
}

async function fenceTimeout(client: pg.Client, tables: readonly string[], deadlineMs: number): Promise<StranglerError> {
  const { rows } = await client.query<{ who: string }>(`
    SELECT DISTINCT format('pid %s (%s, %s, for %s s: %s)', a.pid, coalesce(nullif(a.application_name, ''), a.usename), a.state, extract(epoch FROM now() - a.xact_start)::int, left(a.query, 80)) AS who
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.granted AND l.relation = ANY (SELECT to_regclass(q) FROM unnest($1::text[]) AS q) AND a.pid <> pg_backend_pid()
       AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`, [tables.map(quoted)]);
  return new StranglerError({
    code: 'STR_FENCE_TIMEOUT', exitCode: 1,
    message: `After ${String(deadlineMs)} ms ${tables.join(', ')} were still being written by ${rows.map(({ who }) => who).join('; ') || 'a transaction that has just ended'}.`,
    remedy: 'Let that transaction end (or end it), then try again; a longer --deadline waits longer.',
  });
}

const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const quoted = (table: string): string => quoteTable(tableRef(table));
const sqlState = (error: unknown): string | undefined => error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
