import type pg from 'pg';
import { turnedBack, type Phase } from './progress.ts';

/** A saga as an operator sees it. */
export interface SagaState {
  readonly id: string;
  readonly name: string;
  readonly phase: Phase;
  /** The step in hand; undefined when the saga never got to attempt it. */
  readonly step?: string;
  readonly at: number;
  readonly attempts: number;
  /** Why it turned back. */
  readonly reason: string | null;
  readonly lastError: string | null;
  readonly ageSeconds: number;
  /** Seconds until it is taken up again; negative: so long nobody has taken it up. */
  readonly dueInSeconds: number;
}

export interface SagaStepState {
  readonly step: string;
  readonly position: number;
  readonly state: string;
  readonly output: unknown;
  readonly begunAt: string;
  readonly endedAt: string | null;
}

/** A saga that stumbled so often, or that nobody takes up, needs somebody to look. */
const STUCK_ATTEMPTS = 3;
const STUCK_UNATTENDED = '30 seconds';

const SELECT = `SELECT s.id, s.name, s.phase, s.at, s.attempts, s.reason, s.last_error AS "lastError", extract(epoch FROM now() - s.created_at)::float8 AS "ageSeconds",
  extract(epoch FROM s.free_from - now())::float8 AS "dueInSeconds", (SELECT t.step FROM strangler.saga_step t WHERE t.saga_id = s.id AND t.position = s.at) AS step FROM strangler.saga s`;

/** Whether this database has sagas at all. */
export async function hasSagas(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>("SELECT to_regclass('strangler.saga') IS NOT NULL AS there");
  return rows[0]?.there === true;
}

/** Unfinished sagas, the oldest first; by default only those that are stuck. */
export async function listSagas(client: pg.ClientBase, { all = false, limit = 200 }: { readonly all?: boolean; readonly limit?: number } = {}): Promise<SagaState[]> {
  const { rows } = await client.query<SagaState>(`${SELECT} WHERE s.phase IN ('forward', 'backward') AND ($1 OR s.attempts >= $2 OR s.free_from < now() - $3::interval) ORDER BY s.created_at, s.id LIMIT $4`,
    [all, STUCK_ATTEMPTS, STUCK_UNATTENDED, limit]);
  return rows;
}

export async function showSaga(client: pg.ClientBase, id: string): Promise<{ readonly saga: SagaState; readonly input: unknown; readonly steps: readonly SagaStepState[] } | undefined> {
  const { rows: [saga] } = await client.query<SagaState>(`${SELECT} WHERE s.id = $1`, [id]);
  if (saga === undefined) return undefined;
  const { rows: [given] } = await client.query<{ input: unknown }>('SELECT input FROM strangler.saga WHERE id = $1', [id]);
  const { rows: steps } = await client.query<SagaStepState>(`SELECT step, position, state, output, begun_at::text AS "begunAt", ended_at::text AS "endedAt" FROM strangler.saga_step WHERE saga_id = $1 ORDER BY position`, [id]);
  return { saga, input: given?.input, steps };
}

/** Lets a runner try at once, with its attempts counted anew. False when it is finished, or there is none. */
export async function retrySaga(client: pg.ClientBase, id: string): Promise<boolean> {
  const { rowCount } = await client.query(`UPDATE strangler.saga SET attempts = 0, version = version + 1, step_deadline = NULL, free_from = now(), updated_at = now() WHERE id = $1 AND phase IN ('forward', 'backward')`, [id]);
  return rowCount === 1;
}

/** Turns a saga back that still goes forward; a runner then takes back what was done. False when it does not go forward (any more). */
export async function turnSagaBack(client: pg.ClientBase, id: string, why: string): Promise<boolean> {
  const { rows: [row] } = await client.query<{ phase: Phase; at: number; version: string }>('SELECT phase, at, version::text FROM strangler.saga WHERE id = $1', [id]);
  const next = row === undefined ? undefined : turnedBack(row);
  if (row === undefined || next === undefined) return false;
  const { rowCount } = await client.query(`UPDATE strangler.saga SET phase = $3, at = $4, attempts = 0, version = version + 1, step_deadline = NULL, reason = $5, free_from = now(), updated_at = now()
    WHERE id = $1 AND version = $2::bigint`, [id, row.version, next.phase, next.at, why]);
  return rowCount === 1;
}
