import { StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { adminSession } from '../cutover/session.ts';
import { quote } from '../verify/sql.ts';
import { CONTRACTED, planContract, quotedName, type ContractPlan, type WaysBack } from './contract-plan.ts';

export interface ContractOptions {
  readonly url: string;
  /** For messages: whose database it is. */
  readonly side: string;
  /** Tables that the config gives to somebody else, by their names here. */
  readonly moving: readonly string[];
  /** Replications into this database, with the tables they write. While one stands, its tables are not archived. */
  readonly back: WaysBack;
  readonly execute: boolean;
}

/** What the old owner no longer needs, taken away: foreign keys across the new border, then the moved tables themselves. */
export type ContractReport = ContractPlan & { readonly executed: boolean };

/** One thing that was contracted, in the order in which it was done. */
export interface Contracted {
  readonly kind: 'foreign key' | 'archive';
  readonly name: string;
  /** `schema.table`, quoted where SQL needs it; for an archived table, where it was. */
  readonly relation: string;
  /** A constraint's text; for an archived table, where it is. */
  readonly definition: string;
  readonly validated: boolean;
}

/**
 * Contracts a database after a cut-over: derived from the config and the catalog, in one transaction, and again whenever more has moved. Nothing is lost: keys are written down
 * in `strangler.contracted`, tables are renamed into a schema beside.
 * @throws StranglerError STR_NOT_CUT_OVER, STR_TABLE_LOCKED, STR_DATABASE_UNREACHABLE
 */
export function contractDatabase({ url, side, moving, back, execute }: ContractOptions): Promise<ContractReport> {
  return inSession(url, side, async (client) => {
    const plan = await planContract(client, moving, back);
    if (execute) await atomically(client, [CONTRACTED, ...plan.foreignKeys.map(dropKey), ...plan.archive.flatMap(archive)]);
    return { ...plan, executed: execute };
  });
}

/**
 * Takes the contraction back: tables first, then the keys, at first for new rows only (NOT VALID: a short lock), then checked without one against the old.
 * @throws StranglerError STR_REFERENCE_LOST when an old row's reference is gone: the key guards new rows, and the next try checks again. STR_TABLE_LOCKED
 */
export function expandAgain({ url, side, execute }: Pick<ContractOptions, 'url' | 'side' | 'execute'>): Promise<{ readonly restored: readonly Contracted[]; readonly executed: boolean }> {
  return inSession(url, side, async (client) => {
    const restored = await contracted(client);
    if (!execute || restored.length === 0) return { restored, executed: execute };
    const archives = [...new Set(restored.filter(({ kind }) => kind === 'archive').map(({ definition }) => definition))];
    const keys = restored.filter(({ kind }) => kind === 'foreign key');
    await atomically(client, [...restored.filter(({ kind }) => kind === 'archive').flatMap(unarchive), ...archives.map(dropIfEmpty), ...keys.map(addKey)]);
    for (const key of keys) await validate(client, key);
    return { restored, executed: true };
  });
}

async function inSession<T>(url: string, side: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await adminSession(url, side);
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}

const LOCK_MS = 2_000;

async function atomically(client: pg.ClientBase, statements: readonly string[]): Promise<void> {
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${String(LOCK_MS)}; SET LOCAL search_path = ''; ${statements.join('; ')}; COMMIT`);
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw explained(cause);
  }
}

function explained(cause: unknown): unknown {
  const { code, message } = cause as { code?: string; message: string };
  if (code === '42P01' || code === '3F000') return new StranglerError({ code: 'STR_ARCHIVE_GONE', cause, exitCode: 1, message: `What was archived is no longer there: ${message}`, remedy: 'Once the archive is dropped there is no way back but a new copy from the owner; nothing was changed.' });
  if (code === '23503') return new StranglerError({ code: 'STR_REFERENCE_LOST', cause, exitCode: 1, message: `A reference has lost its row: ${message}`, remedy: 'Mend or delete those rows, then try again; nothing was changed.' });
  if (code !== '55P03') return cause;
  return new StranglerError({ code: 'STR_TABLE_LOCKED', cause, exitCode: 1, message: `Somebody held one of the tables for longer than ${String(LOCK_MS)} ms; nothing was changed.`, remedy: 'Try again at a quieter moment, or end the long transaction (pg_stat_activity shows it).' });
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const note = ({ kind, name, relation, definition, validated }: Contracted): string =>
  `INSERT INTO strangler.contracted (kind, name, relation, definition, validated) VALUES (${[kind, name, relation, definition].map(text).join(', ')}, ${String(validated)}) ON CONFLICT (kind, name, relation) DO UPDATE SET definition = excluded.definition, validated = excluded.validated`;
const forget = ({ kind, name, relation }: Contracted): string => `DELETE FROM strangler.contracted WHERE kind = ${text(kind)} AND name = ${text(name)} AND relation = ${text(relation)}`;

const dropKey = ({ name, table, definition, validated }: ContractPlan['foreignKeys'][number]): string =>
  `ALTER TABLE ${table} DROP CONSTRAINT ${quote(name)}; ${note({ kind: 'foreign key', name, relation: table, definition: definition.replace(/ NOT VALID$/, ''), validated })}`;

const archive = ({ table, from, to }: ContractPlan['archive'][number]): string[] => [
  `CREATE SCHEMA IF NOT EXISTS ${quote(to)}`, `ALTER TABLE ${quotedName(from, table)} SET SCHEMA ${quote(to)}`, note({ kind: 'archive', name: table, relation: from, definition: to, validated: true }),
];

const unarchive = (done: Contracted): string[] => [`ALTER TABLE ${quotedName(done.definition, done.name)} SET SCHEMA ${quote(done.relation)}`, forget(done)];

/** What somebody else has put there stays. */
const dropIfEmpty = (schema: string): string => `DO $empty$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = ${text(quote(schema))}::pg_catalog.regnamespace) THEN DROP SCHEMA ${quote(schema)}; END IF; END $empty$`;

/** Nothing where an earlier try has added it. A partitioned table takes no NOT VALID key before PostgreSQL 18: there it is checked at once. */
const addKey = ({ name, relation, definition }: Contracted): string => `DO $key$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = ${text(relation)}::pg_catalog.regclass AND conname = ${text(name)}) THEN
    EXECUTE ${text(`ALTER TABLE ${relation} ADD CONSTRAINT ${quote(name)} ${definition}`)} || CASE WHEN (SELECT relkind FROM pg_catalog.pg_class WHERE oid = ${text(relation)}::pg_catalog.regclass) = 'p' THEN '' ELSE ' NOT VALID' END;
  END IF; END $key$`;

async function validate(client: pg.ClientBase, key: Contracted): Promise<void> {
  try {
    if (key.validated) await client.query(`ALTER TABLE ${key.relation} VALIDATE CONSTRAINT ${quote(key.name)}`);
    await client.query(forget(key));
  } catch (cause) {
    if ((cause as { code?: string }).code !== '23503') throw cause;
    throw new StranglerError({
      code: 'STR_REFERENCE_LOST', cause, exitCode: 1, message: `${key.name} on ${key.relation} is back for new rows only: ${(cause as { detail?: string }).detail ?? (cause as Error).message}`,
      remedy: 'Mend or delete those rows, then take the contraction back once more: it checks what is left.',
    });
  }
}

async function contracted(client: pg.ClientBase): Promise<Contracted[]> {
  const { rows: [there] } = await client.query<{ there: boolean }>("SELECT to_regclass('strangler.contracted') IS NOT NULL AS there");
  if (there?.there !== true) return [];
  return (await client.query<Contracted>('SELECT kind, name, relation, definition, validated FROM strangler.contracted ORDER BY id DESC')).rows;
}
