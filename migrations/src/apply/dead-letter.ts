import type pg from 'pg';
import type { ChangeEvent, ChangeTransaction } from '../capture/change-event.ts';
import { textRows, withConnection } from '../capture/connect.ts';
import { parseLsn, printLsn, type Lsn } from '../capture/lsn.ts';
import type { ParkedAs, Refusal } from './refusal.ts';
import type { Shape } from './source-schema.ts';
import type { Statement } from './statements.ts';

/** A whole source transaction that is kept aside, in the target, until somebody decides. Named by its commit LSN. */
export interface DeadLetter extends Refusal {
  readonly id: string;
  readonly lsn: Lsn;
  readonly committedAtMs: number;
  readonly parkedAtMs: number;
  readonly bytes: number;
}

const TABLES = `CREATE TABLE IF NOT EXISTS strangler.dead_letter (
    replication text NOT NULL, commit_lsn pg_lsn NOT NULL, xid bigint NOT NULL, committed_at_ms bigint NOT NULL, parked_as text NOT NULL, held_table text NOT NULL, code text NOT NULL, reason text NOT NULL,
    events json NOT NULL, shapes json NOT NULL, bytes bigint NOT NULL, parked_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (replication, commit_lsn)
  );
  CREATE TABLE IF NOT EXISTS strangler.dead_letter_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, replication text NOT NULL, action text NOT NULL, letters json NOT NULL, why text NOT NULL, asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(), done_at timestamptz, outcome json
  );
  CREATE TABLE IF NOT EXISTS strangler.dead_letter_audit (
    replication text NOT NULL, commit_lsn pg_lsn NOT NULL, action text NOT NULL, why text NOT NULL, by text NOT NULL, at timestamptz NOT NULL DEFAULT now(), code text NOT NULL, reason text NOT NULL, events json
  );
  CREATE TABLE IF NOT EXISTS strangler.source_table (replication text NOT NULL, source_table text NOT NULL, columns json NOT NULL, PRIMARY KEY (replication, source_table));
  ALTER TABLE strangler.checkpoint ADD COLUMN IF NOT EXISTS parked bigint NOT NULL DEFAULT 0`;

/** Creates what is missing; two may try at once. */
export async function ensureDeadLetters(target: pg.ClientBase): Promise<void> {
  const [there] = await textRows<'there'>(target, "SELECT to_regclass('strangler.source_table') AS there");
  if (typeof there?.there === 'string') return;
  await target.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('strangler.checkpoint', 0)); ${TABLES}; COMMIT`);
}

const COLUMNS = "commit_lsn AS id, committed_at_ms, parked_as, held_table, code, reason, bytes, (extract(epoch FROM parked_at) * 1000)::bigint AS parked_at_ms";
type Row = Record<'id' | 'committed_at_ms' | 'parked_as' | 'held_table' | 'code' | 'reason' | 'bytes' | 'parked_at_ms', string>;

const letter = (row: Row): DeadLetter => ({
  id: row.id, lsn: parseLsn(row.id), committedAtMs: Number(row.committed_at_ms), as: row.parked_as as ParkedAs, table: row.held_table, code: row.code, reason: row.reason, bytes: Number(row.bytes), parkedAtMs: Number(row.parked_at_ms),
});

/** Every letter of a replication, in the order of the source's commits. */
export async function listLetters(target: pg.ClientBase, replication: string): Promise<DeadLetter[]> {
  return (await textRows<keyof Row>(target, `SELECT ${COLUMNS} FROM strangler.dead_letter WHERE replication = $1 ORDER BY commit_lsn`, [replication])).map(letter);
}

/** The transaction a letter keeps; undefined when it is gone. */
export async function loadLetter(target: pg.ClientBase, replication: string, id: string): Promise<(ChangeTransaction & { readonly shapes: readonly Shape[] }) | undefined> {
  const [row] = await textRows<'xid' | 'committed_at_ms' | 'events' | 'shapes'>(target, 'SELECT xid, committed_at_ms, events, shapes FROM strangler.dead_letter WHERE replication = $1 AND commit_lsn = $2::pg_lsn', [replication, id]);
  return row === undefined ? undefined : { commitLsn: parseLsn(id), xid: Number(row.xid), committedAtMs: Number(row.committed_at_ms), events: JSON.parse(row.events) as ChangeEvent[], shapes: JSON.parse(row.shapes) as Shape[] };
}

/** The letters and their events, for a person. Empty where this target knows no dead letters. */
export async function readDeadLetters(targetUrl: string, replication: string): Promise<(DeadLetter & { readonly events: readonly ChangeEvent[] })[]> {
  return withConnection(targetUrl, 'target', async (client) => {
    const [there] = await textRows<'there'>(client, "SELECT to_regclass('strangler.dead_letter') AS there");
    if (typeof there?.there !== 'string') return [];
    const rows = await textRows<keyof Row | 'events'>(client, `SELECT ${COLUMNS}, events FROM strangler.dead_letter WHERE replication = $1 ORDER BY commit_lsn`, [replication]);
    return rows.map((row) => ({ ...letter(row), events: JSON.parse(row.events) as ChangeEvent[] }));
  });
}

export interface HeldTable {
  /** `schema.table` in the target. */
  readonly table: string;
  readonly code: string;
  /** Why, and what mends it. */
  readonly reason: string;
  /** When its first transaction was parked, as ISO 8601. */
  readonly since: string;
}

/** Tables of the target that take nothing until their schema, or the mapping, is mended, oldest first. Empty where this target knows no dead letters. */
export async function heldTables(targetUrl: string, replication: string): Promise<HeldTable[]> {
  return withConnection(targetUrl, 'target', async (client) => {
    const [there] = await textRows<'there'>(client, "SELECT to_regclass('strangler.dead_letter') AS there");
    if (typeof there?.there !== 'string') return [];
    const rows = await textRows<'table' | 'code' | 'reason' | 'since_ms'>(client, `SELECT held_table AS table, min(code) AS code, (array_agg(reason ORDER BY commit_lsn))[1] AS reason,
      (extract(epoch FROM min(parked_at)) * 1000)::bigint AS since_ms FROM strangler.dead_letter WHERE replication = $1 AND held_table <> '' GROUP BY 1 ORDER BY min(commit_lsn)`, [replication]);
    return rows.map(({ since_ms: sinceMs, ...row }) => ({ ...row, since: new Date(Number(sinceMs)).toISOString() }));
  });
}

const COUNTED = 'UPDATE strangler.checkpoint SET parked = (SELECT count(*) FROM strangler.dead_letter WHERE replication = $1) WHERE replication = $1';

/** Keeps the checkpoint's count true; goes with every change of letters, into the same transaction. */
export const countStatement = (replication: string): Statement => ({ text: COUNTED, values: [replication] });

export interface Parked extends Refusal {
  readonly transaction: ChangeTransaction;
  readonly json: string;
  /** Tables of it that look otherwise than before. */
  readonly shapes: readonly Shape[];
}

export const parkStatement = (replication: string, { transaction, as, table, code, reason, json, shapes }: Parked): Statement => ({
  text: `INSERT INTO strangler.dead_letter (replication, commit_lsn, xid, committed_at_ms, parked_as, held_table, code, reason, events, shapes, bytes)
    VALUES ($1, $2::pg_lsn, $3::bigint, $4::bigint, $5, $6, $7, $8, $9::json, $10::json, $11::bigint)`,
  values: [replication, printLsn(transaction.commitLsn), String(transaction.xid), String(Math.round(transaction.committedAtMs)), as, table, code, reason, json, JSON.stringify(shapes), String(json.length)],
});

/** Takes a letter away; the division by zero stops the transaction when somebody else has. */
export const unparkStatement = (replication: string, id: string): Statement => ({
  text: 'WITH gone AS (DELETE FROM strangler.dead_letter WHERE replication = $1 AND commit_lsn = $2::pg_lsn RETURNING 1) SELECT 1 / count(*) FROM gone', values: [replication, id],
});

/** Why it is parked now; the first reason is history. */
export const refusedAgain = (replication: string, id: string, { as, table, code, reason }: Refusal): Statement => ({
  text: 'UPDATE strangler.dead_letter SET parked_as = $3, held_table = $4, code = $5, reason = $6 WHERE replication = $1 AND commit_lsn = $2::pg_lsn', values: [replication, id, as, table, code, reason],
});

/** What was lost on purpose stays written down, rows and all. */
export const auditStatement = (replication: string, id: string, { action, why, by }: { readonly action: 'retry' | 'discard'; readonly why: string; readonly by: string }): Statement => ({
  text: `INSERT INTO strangler.dead_letter_audit (replication, commit_lsn, action, why, by, code, reason, events)
    SELECT replication, commit_lsn, $3, $4, $5, code, reason, CASE WHEN $3 = 'discard' THEN events END FROM strangler.dead_letter WHERE replication = $1 AND commit_lsn = $2::pg_lsn`,
  values: [replication, id, action, why, by],
});
