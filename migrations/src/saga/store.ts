import type pg from 'pg';
import type { Phase, Progress } from './progress.ts';

/** The runner's memory, in the service's own database. For its migrations. */
export const SAGA_TABLES = `CREATE SCHEMA IF NOT EXISTS strangler;
CREATE TABLE IF NOT EXISTS strangler.saga (
  id text PRIMARY KEY, name text NOT NULL, input jsonb NOT NULL, phase text NOT NULL DEFAULT 'forward' CHECK (phase IN ('forward', 'backward', 'done', 'undone')),
  at integer NOT NULL DEFAULT 0, attempts integer NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 0, reason text, last_error text,
  step_deadline timestamptz, free_from timestamptz NOT NULL DEFAULT now(), created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS saga_unfinished ON strangler.saga (free_from) WHERE phase IN ('forward', 'backward');
CREATE TABLE IF NOT EXISTS strangler.saga_step (
  saga_id text NOT NULL REFERENCES strangler.saga ON DELETE CASCADE, step text NOT NULL, position integer NOT NULL, state text NOT NULL, output jsonb,
  begun_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz, PRIMARY KEY (saga_id, step))`;

/** A saga in a runner's hands: only who knows its version can store the next step. */
export interface HeldSaga extends Progress {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  readonly version: string;
  /** Attempts at the step in hand that came to nothing. */
  readonly attempts: number;
  readonly lastError: string | null;
  /** The step in hand was begun in time, and its time is over by the database's clock. */
  readonly late: boolean;
  readonly outputs: Readonly<Record<string, unknown>>;
}

interface Row {
  id: string; name: string; input: unknown; phase: Phase; at: number; attempts: number; version: string; last_error: string | null; late: boolean; outputs: Record<string, unknown> | null;
}

const COLUMNS = `s.id, s.name, s.input, s.phase, s.at, s.attempts, s.version::text AS version, s.last_error, coalesce(s.step_deadline < clock_timestamp(), false) AS late,
  (SELECT jsonb_object_agg(t.step, t.output) FROM strangler.saga_step t WHERE t.saga_id = s.id AND t.state = 'acted') AS outputs`;

const held = (row: Row): HeldSaga => ({ id: row.id, name: row.name, input: row.input, phase: row.phase, at: row.at, attempts: row.attempts, version: row.version, lastError: row.last_error, late: row.late, outputs: row.outputs ?? {} });

/** Begins a saga, in a transaction of the caller's if he likes. False when there is one of this id: the same request came twice. */
export async function beginSaga(client: pg.ClientBase, { id, name, input }: { readonly id: string; readonly name: string; readonly input: unknown }): Promise<boolean> {
  const { rowCount } = await client.query('INSERT INTO strangler.saga (id, name, input) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [id, name, JSON.stringify(input)]);
  return rowCount === 1;
}

/** Takes up sagas of these names that nobody holds, for `leaseMs`; those that several runners see at once go to one of them. */
export async function claimSagas(client: pg.ClientBase, names: readonly string[], leaseMs: number, limit: number): Promise<HeldSaga[]> {
  const { rows } = await client.query<Row>(`UPDATE strangler.saga s SET version = version + 1, free_from = clock_timestamp() + $2 * interval '1 millisecond', updated_at = now()
    WHERE id IN (SELECT id FROM strangler.saga WHERE phase IN ('forward', 'backward') AND free_from <= clock_timestamp() AND name = ANY ($1) ORDER BY free_from LIMIT $3 FOR UPDATE SKIP LOCKED)
    RETURNING ${COLUMNS}`, [names, leaseMs, limit]);
  return rows.map(held);
}

/** What is stored with a step's end. */
export interface Stored {
  readonly next: Progress;
  readonly step: string;
  readonly state: 'acted' | 'gave up' | 'taken back';
  readonly output?: unknown;
  readonly reason?: string;
}

/** Notes what became of a step and goes on to the next, holding the saga for another lease. Undefined when somebody else holds it by now: then nothing was stored. */
export async function storeStep(client: pg.ClientBase, saga: HeldSaga, { next, step, state, output, reason }: Stored, leaseMs: number): Promise<HeldSaga | undefined> {
  const { rows } = await client.query<Row>(`WITH mine AS (
      UPDATE strangler.saga SET phase = $3, at = $4, attempts = 0, version = version + 1, step_deadline = NULL, last_error = NULL, reason = coalesce(reason, $8),
        free_from = clock_timestamp() + $9 * interval '1 millisecond', updated_at = now() WHERE id = $1 AND version = $2::bigint RETURNING *
    ), noted AS (
      INSERT INTO strangler.saga_step AS t (saga_id, step, position, state, output, ended_at) SELECT id, $5, $10, $6, $7::jsonb, now() FROM mine
      ON CONFLICT (saga_id, step) DO UPDATE SET state = excluded.state, output = coalesce(excluded.output, t.output), ended_at = now()
    ) SELECT ${COLUMNS} FROM mine s`,
  [saga.id, saga.version, next.phase, next.at, step, state, output === undefined ? null : JSON.stringify(output), reason ?? null, leaseMs, saga.at]);
  const [row] = rows;
  if (row === undefined) return undefined;
  // A query does not see what its own WITH has written.
  return { ...held(row), outputs: state === 'acted' ? { ...saga.outputs, [step]: output ?? null } : saga.outputs };
}

/** Notes that a step is about to be attempted, before it is: whoever finds it so must take back what may have happened. Its time begins with the first attempt. */
export async function noteAttempt(client: pg.ClientBase, saga: HeldSaga, step: string, timeoutMs: number): Promise<boolean> {
  const { rowCount } = await client.query(`WITH mine AS (
      UPDATE strangler.saga SET step_deadline = coalesce(step_deadline, clock_timestamp() + $4 * interval '1 millisecond') WHERE id = $1 AND version = $2::bigint RETURNING id
    ), noted AS (INSERT INTO strangler.saga_step (saga_id, step, position, state) SELECT id, $3, $5, 'acting' FROM mine ON CONFLICT DO NOTHING)
    SELECT FROM mine`, [saga.id, saga.version, step, timeoutMs, saga.at]);
  return rowCount === 1;
}

/** Puts a saga down after an attempt that came to nothing; nobody takes it up before the pause is over. */
export async function parkSaga(client: pg.ClientBase, saga: HeldSaga, error: string, pauseMs: number): Promise<void> {
  await client.query(`UPDATE strangler.saga SET version = version + 1, attempts = attempts + 1, last_error = $3, free_from = clock_timestamp() + $4 * interval '1 millisecond', updated_at = now()
    WHERE id = $1 AND version = $2::bigint`, [saga.id, saga.version, error, pauseMs]);
}

/** Lets go of a saga between two steps; the next runner need not wait for the lease. */
export async function putDown(client: pg.ClientBase, saga: HeldSaga): Promise<void> {
  await client.query('UPDATE strangler.saga SET version = version + 1, free_from = now() WHERE id = $1 AND version = $2::bigint', [saga.id, saga.version]);
}
