import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode, StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { connect, textRows } from '../capture/connect.ts';
import { objectName } from '../capture/slot.ts';
import { ensureCheckpointTable } from './checkpoint.ts';
import { ensureDeadLetters } from './dead-letter.ts';

/** A killed sink's session lives until its server notices; so long we wait before we say that another sink is active. */
const LOCK_PATIENCE_MS = 3_000;

/**
 * Every statement finds its rows by the key, however few rows the table had when the plan was made: a plan is made once, and a scan of what was an empty table would
 * be kept while it grows. Costs that say "never" would otherwise start the compiler.
 */
const PLANS = ['plan_cache_mode = force_generic_plan', ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin', 'memoize'].map((way) => `enable_${way} = off`), 'jit = off'].map((setting) => `SET ${setting}`).join('; ');

/**
 * Opens the one session that may apply this replication: holds its advisory lock, fires no trigger and checks no foreign key (the source's did), and marks
 * what it writes with a replication origin, so that the way back does not echo it.
 * @throws StranglerError STR_SINK_ACTIVE
 */
export async function openApplySession(targetUrl: string, replication: string): Promise<pg.Client> {
  const client = await connect(targetUrl, 'target', { pipeline: true });
  try {
    await takeLock(client, replication);
    await ensureCheckpointTable(client);
    await ensureDeadLetters(client);
    // A role's synchronous_commit = off would let a crash take back what a cut-over had already counted as drained.
    await client.query("SET session_replication_role = replica; SELECT set_config(name, 'on', false) FROM pg_settings WHERE name = 'synchronous_commit' AND setting = 'off'");
    await client.query(PLANS);
    await setUpOrigin(client, objectName(replication));
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function takeLock(client: pg.Client, replication: string): Promise<void> {
  for (const until = performance.now() + LOCK_PATIENCE_MS; ;) {
    const [row] = await textRows<'taken'>(client, "SELECT pg_try_advisory_lock(hashtextextended('strangler:' || $1, 0)) AS taken", [replication]);
    if (row?.taken === 't') return;
    if (performance.now() > until) throw sinkActive(replication);
    await delay(50);
  }
}

async function setUpOrigin(client: pg.Client, origin: string): Promise<void> {
  const [known] = await textRows<'one'>(client, 'SELECT 1 AS one FROM pg_replication_origin WHERE roname = $1', [origin]);
  if (known === undefined) await client.query('SELECT pg_replication_origin_create($1)', [origin]);
  for (const until = performance.now() + LOCK_PATIENCE_MS; ;) {
    try {
      await client.query('SELECT pg_replication_origin_session_setup($1)', [origin]);
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === '53400') throw originsFull(error);
      if (code !== '55006') throw error;
      if (performance.now() > until) throw originTaken(origin, error);
      await delay(50);
    }
  }
}

/** The lock is ours, so it is no sink of this database: origins, like slots, are shared by all databases of a server. */
const originTaken = (origin: string, cause: unknown): StranglerError => new StranglerError({
  code: 'STR_ORIGIN_TAKEN', exitCode: ExitCode.environment, cause,
  message: `Another database of the target's server is being written by a replication of the same name (origin ${origin}).`,
  remedy: 'Give one of the two another name in its config: the names of slots and origins are shared by all databases of a server.',
});

/** configuration_limit_exceeded; a restart of ours would not mend it. */
const originsFull = (cause: unknown): StranglerError => new StranglerError({
  code: 'STR_NO_FREE_ORIGIN', exitCode: ExitCode.environment, cause, message: "The target's server has no room for another replication origin.",
  remedy: 'Drop those nobody writes with (SELECT * FROM pg_replication_origin_status; SELECT pg_replication_origin_drop(…)), or raise max_replication_slots (max_active_replication_origins from PostgreSQL 18 on) and restart it.',
});

export const sinkActive = (replication: string): StranglerError => new StranglerError({
  code: 'STR_SINK_ACTIVE',
  message: `Another process is applying ${replication} to this target.`,
  remedy: 'One replication has one sink. Stop the other one first; a killed one lets go within seconds.',
  exitCode: ExitCode.environment,
});
