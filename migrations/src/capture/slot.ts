import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { textRows, withConnection } from './connect.ts';
import { parseLsn, printLsn, type Lsn } from './lsn.ts';
import { changePublication } from './publication-mark.ts';
import { quoteName, quoteTable, tableName, type CapturedTables } from './table-ref.ts';

/** The slot, publication and origin of a replication share one name. Replication names hold no underscore, so two never meet. */
export const objectName = (replication: string): string => `strangler_${replication.replaceAll('-', '_')}`;

export interface SlotState {
  readonly database: string;
  readonly confirmed: Lsn;
  /** `lost` when the server has thrown away WAL the slot still needed. */
  readonly walStatus: string;
  readonly activePid: string | null;
}

export async function slotState(source: pg.ClientBase, slot: string): Promise<SlotState | undefined> {
  const [row] = await textRows<'database' | 'confirmed' | 'wal_status' | 'active_pid'>(source,
    'SELECT database, confirmed_flush_lsn AS confirmed, wal_status, active_pid FROM pg_replication_slots WHERE slot_name = $1', [slot]);
  return row === undefined ? undefined : { database: row.database, confirmed: parseLsn(row.confirmed), walStatus: row.wal_status, activePid: row.active_pid };
}

/** Makes the publication name exactly the configured tables. Partitions are published under their root, as the config names them. */
export async function ensurePublication(source: pg.ClientBase, publication: string, tables: CapturedTables): Promise<void> {
  const wanted = [...tables.values()].map(({ ref }) => quoteTable(ref)).sort().join(', ');
  const [exists] = await textRows<'one'>(source, 'SELECT 1 AS one FROM pg_publication WHERE pubname = $1', [publication]);
  await changePublication(source, publication, [exists === undefined
    ? `CREATE PUBLICATION ${quoteName(publication)} FOR TABLE ${wanted} WITH (publish_via_partition_root = true)`
    : `ALTER PUBLICATION ${quoteName(publication)} SET TABLE ${wanted}`]);
}

/** Tables the publication names, as `schema.table`; undefined when there is no such publication. */
export async function publishedTables(source: pg.ClientBase, publication: string): Promise<ReadonlySet<string> | undefined> {
  const rows = await textRows<'schema' | 'table'>(source, `SELECT t.schemaname AS schema, t.tablename AS table FROM pg_publication p
    LEFT JOIN pg_publication_tables t USING (pubname) WHERE p.pubname = $1`, [publication]);
  return rows.length === 0 ? undefined : new Set(rows.map(tableName));
}

/** A slot from here on, without a snapshot: what commits after this call returns will be streamed. Waits for transactions that are running now. */
export async function createSlotNow(source: pg.ClientBase, slot: string): Promise<Lsn> {
  const [row] = await orSayWhoIsWaitedFor(source, source, () => textRows<'lsn'>(source, "SELECT lsn FROM pg_create_logical_replication_slot($1, 'pgoutput')", [slot]));
  if (row === undefined) throw new Error('pg_create_logical_replication_slot answered nothing');
  return parseLsn(row.lsn);
}

/** How long a slot may wait for transactions of others before they are named. */
const SLOT_PATIENCE = '30s';

/**
 * A slot begins where every transaction that runs now, in any database of the server, has ended; a forgotten one would keep us waiting without a word.
 * @param session creates the slot @param witness may look around meanwhile
 * @throws StranglerError STR_SLOT_WAITS
 */
export async function orSayWhoIsWaitedFor<T>(session: Pick<pg.ClientBase, 'query'>, witness: pg.ClientBase, create: () => Promise<T>, patience = SLOT_PATIENCE): Promise<T> {
  await session.query(`SET lock_timeout = '${patience}'`);
  try {
    return await create();
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error;
    const running = await textRows<'who'>(witness, `SELECT format('pid %s (%s, database %s, %s, for %s s)', pid, coalesce(nullif(application_name, ''), usename), datname, state, extract(epoch FROM now() - xact_start)::int) AS who
      FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start`).catch(() => []);
    throw new StranglerError({
      code: 'STR_SLOT_WAITS', exitCode: ExitCode.environment, cause: error,
      message: `After ${patience} a replication slot still waited for transactions that were open before it: ${running.map(({ who }) => who).join('; ') || 'one that has just ended, or a prepared one (pg_prepared_xacts)'}.`,
      remedy: 'Let them end, or end them (SELECT pg_terminate_backend(PID)), then start again. They count whatever database of the server they are in.',
    });
  }
}

/** Drops the slot, and whoever still reads it. True when there was one. */
export async function dropSlot(source: pg.ClientBase, slot: string): Promise<boolean> {
  for (let attempt = 0; ; attempt += 1) {
    const state = await slotState(source, slot);
    if (state === undefined) return false;
    await requireOwnDatabase(source, slot, state);
    if (state.activePid !== null) await source.query('SELECT pg_terminate_backend($1)', [state.activePid]);
    try {
      await source.query('SELECT pg_drop_replication_slot($1)', [slot]);
      return true;
    } catch (error) {
      // A walsender lets go of its slot a moment after it was told to.
      if ((error as { code?: string }).code !== '55006' || attempt >= 100) throw error;
      await delay(50);
    }
  }
}

/** Slots are the server's: one of the same name may serve another database, and its reader would lose changes. */
async function requireOwnDatabase(source: pg.ClientBase, slot: string, { database }: SlotState): Promise<void> {
  const [here] = await textRows<'name'>(source, 'SELECT current_database() AS name');
  if (here?.name !== database) throw foreignSlot(slot, database);
}

export const foreignSlot = (slot: string, database: string): StranglerError => new StranglerError({
  code: 'STR_SLOT_FOREIGN', exitCode: ExitCode.environment,
  message: `The slot ${slot} belongs to the database ${database} on the same server.`,
  remedy: 'Give this replication another name: the names of slots and origins are shared by all databases of a server. Leave that slot alone.',
});

export async function dropPublication(source: pg.ClientBase, publication: string): Promise<boolean> {
  const there = await publishedTables(source, publication) !== undefined;
  await source.query(`DROP PUBLICATION IF EXISTS ${quoteName(publication)}`);
  return there;
}

/** Drops a replication origin; true when there was one. The session that wrote with it may take a moment to end. */
export async function dropOrigin(targetUrl: string, origin: string): Promise<boolean> {
  return withConnection(targetUrl, 'target', async (client) => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return ((await client.query("SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin WHERE roname = $1 OR roname LIKE replace($1, $2, $3) || ':%'", [origin, '_', String.raw`\_`])).rowCount ?? 0) > 0;
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === '42501') return false; // only a superuser may by default; a left origin harms nobody and is used again
        if (code !== '55006' || attempt >= 100) throw error;
        await delay(50);
      }
    }
  });
}

/**
 * A slot that is gone, lost or further than we ever confirmed means changes nobody will send again. It is never made anew in silence.
 * @throws StranglerError STR_SLOT_MISSING, STR_SLOT_LOST, STR_SLOT_ADVANCED
 */
export function requireSlot(slot: string, state: SlotState | undefined, confirmedByUs: Lsn): void {
  if (state === undefined) throw slotError('STR_SLOT_MISSING', `The replication slot ${slot} is gone: what the source wrote since it was dropped will not be sent.`);
  if (state.walStatus === 'lost') throw slotError('STR_SLOT_LOST', `The server has removed WAL that the slot ${slot} still needed (max_slot_wal_keep_size): changes are missing.`);
  if (state.confirmed > confirmedByUs) {
    throw slotError('STR_SLOT_ADVANCED', `The slot ${slot} is further than this log ever confirmed: somebody else has read from it, or it was made anew, or the log's directory is an old copy.`);
  }
}

/**
 * A server whose WAL ends before what we have received from it is an older copy of itself: what it commits next would bear positions that we count as received, and be passed over.
 * @throws StranglerError STR_SOURCE_REWOUND
 */
export async function requireNotRewound(source: pg.ClientBase, received: Lsn): Promise<void> {
  const [row] = await textRows<'lsn'>(source, 'SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn');
  if (row === undefined || parseLsn(row.lsn) >= received) return;
  throw new StranglerError({
    code: 'STR_SOURCE_REWOUND', exitCode: ExitCode.environment,
    message: `The source's WAL ends at ${row.lsn}, before ${printLsn(received)}, which has been received from it: it was restored from an older copy, or another server answers at its address.`,
    remedy: 'The target may hold rows that the source no longer has. Find out which of the two is right; then remove the replication (`strangler replicate NAME --remove`), empty the copy, start again, verify.',
  });
}

/** @throws StranglerError STR_TABLES_CHANGED when the running publication and the config name different tables. */
export function requireTables(publication: string, published: ReadonlySet<string> | undefined, tables: CapturedTables): void {
  const missing = [...tables].filter(([name, { leaving }]) => leaving !== true && published?.has(name) !== true).map(([name]) => name);
  const extra = [...(published ?? [])].filter((name) => tables.get(name)?.leaving !== true && !tables.has(name));
  if (missing.length === 0 && extra.length === 0) return;
  const said = [missing.length > 0 ? `it lacks ${missing.join(', ')}` : '', extra.length > 0 ? `it has ${extra.join(', ')} besides` : ''].filter((part) => part !== '').join('; ');
  throw new StranglerError({
    code: 'STR_TABLES_CHANGED',
    message: `The publication ${publication} does not name the configured tables: ${said}. Rows written meanwhile may be missing.`,
    remedy: `Set the config back; or ${[missing.length > 0 ? missingRemedy(missing) : '', extra.length > 0 ? `let the old out (\`--drop-table ${extra.join(' --drop-table ')}\`)` : ''].filter((part) => part !== '').join(' and ')}; each prints its plan first.`,
    exitCode: ExitCode.environment,
  });
}

/** Whether it is a new table of the config, or one that somebody has taken out of the publication, only the target knows. */
const missingRemedy = (tables: readonly string[]): string =>
  `let the new in (\`strangler replicate REPLICATION ${tables.map((name) => `--add-table ${name}`).join(' ')}\`), or, where somebody has taken it out of the publication, copy it again (\`--again ${tables.join(' --again ')}\`)`;

const slotError = (code: `STR_${string}`, message: string): StranglerError => new StranglerError({
  code, message,
  remedy: 'Remove the replication (`strangler replicate --remove`) and start it again: it takes a new snapshot. Then `strangler verify`.',
  exitCode: ExitCode.environment,
});

