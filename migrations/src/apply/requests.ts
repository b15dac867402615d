import type pg from 'pg';
import { textRows } from '../capture/connect.ts';
import type { Desk, Retried } from './desk.ts';

/** What somebody asks of the one process that may touch a replication's dead letters: its sink. It is a row, so that neither a crash of the asker nor one of the sink loses it. */
export interface DeadLetterRequest {
  readonly action: 'retry' | 'discard';
  /** Empty with `retry`: all of them. */
  readonly letters: readonly string[];
  readonly why: string;
  readonly by: string;
}

export interface DeadLetterOutcome extends Retried {
  readonly discarded: readonly string[];
  /** Named, but not there: served before a crash, or never. */
  readonly unknown: readonly string[];
}

/** The sink listens here for the name of its replication. */
export const REQUEST_CHANNEL = 'strangler_dead_letter';

/** @returns the request's id */
export async function writeRequest(target: pg.ClientBase, replication: string, { action, letters, why, by }: DeadLetterRequest): Promise<string> {
  const [row] = await textRows<'id'>(target, `WITH asked AS (INSERT INTO strangler.dead_letter_request (replication, action, letters, why, asked_by) VALUES ($1, $2, $3::json, $4, $5) RETURNING id)
    SELECT id, pg_notify('${REQUEST_CHANNEL}', $1) FROM asked`, [replication, action, JSON.stringify(letters), why, by]);
  if (row === undefined) throw new Error('the request was not written');
  return row.id;
}

/** Undefined while it waits to be served. */
export async function readOutcome(target: pg.ClientBase, id: string): Promise<DeadLetterOutcome | undefined> {
  const [row] = await textRows<'outcome'>(target, 'SELECT outcome FROM strangler.dead_letter_request WHERE id = $1::bigint AND done_at IS NOT NULL', [id]);
  return row === undefined ? undefined : JSON.parse(row.outcome) as DeadLetterOutcome;
}

/** Serves what was asked and not yet done, oldest first. Served twice after a crash in between, the second time finds less to do. */
export async function serveRequests(desk: Desk): Promise<void> {
  const { session, replication } = desk;
  const open = await desk.alone(() => textRows<'id' | 'action' | 'letters' | 'why' | 'asked_by'>(session, 'SELECT id, action, letters, why, asked_by FROM strangler.dead_letter_request WHERE replication = $1 AND done_at IS NULL ORDER BY id', [replication]));
  for (const { id, action, letters, why, asked_by: by } of open) {
    const outcome = await serve(desk, { action: action as DeadLetterRequest['action'], letters: JSON.parse(letters) as string[], why, by });
    await desk.alone(() => session.query('UPDATE strangler.dead_letter_request SET done_at = now(), outcome = $2::json WHERE id = $1::bigint', [id, JSON.stringify(outcome)]));
  }
}

async function serve(desk: Desk, { action, letters, why, by }: DeadLetterRequest): Promise<DeadLetterOutcome> {
  const unknown = letters.filter((id) => !desk.ids.includes(id));
  if (action === 'retry') return { ...await desk.retry(new Set(letters.length === 0 ? desk.ids : letters), { why, by }), discarded: [], unknown };
  const discarded: string[] = [];
  for (const id of letters) if (await desk.discard(id, { why, by })) discarded.push(id);
  return { ...await desk.retry(new Set(), { why, by }), discarded, unknown };
}
