import { StranglerError } from '@strangler/kernel';
import type pg from 'pg';
import { quoteTable, tableRef } from '../verify/sql.ts';

/** A foreign key with one end in a table that has moved and the other in one that stays. */
export interface CrossingKey {
  readonly name: string;
  /** `schema.table` of the referencing side, quoted where SQL needs it. */
  readonly table: string;
  readonly references: string;
  /** As PostgreSQL prints it, with every name qualified: what brings it back. */
  readonly definition: string;
  /** False: it was NOT VALID already. */
  readonly validated: boolean;
}

export interface ContractPlan {
  /** Dropped: a row on the other side now arrives a moment later, or not at all. */
  readonly foreignKeys: readonly CrossingKey[];
  /** Taken out of sight. `from` and `to` are schemas. */
  readonly archive: readonly { readonly table: string; readonly from: string; readonly to: string }[];
  /** Fenced, and still written by the replications that lead back. */
  readonly followed: readonly { readonly table: string; readonly by: string }[];
  /** Named by the config as a service's and still written here: they stay for now. */
  readonly ownHere: readonly string[];
}

/** The ways back: replications that write this database's copies. */
export type WaysBack = Readonly<Record<string, readonly string[]>>;

/** What has been contracted, so that it can be taken back; one row per constraint or table. */
export const CONTRACTED = `CREATE SCHEMA IF NOT EXISTS strangler; CREATE TABLE IF NOT EXISTS strangler.contracted (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL CHECK (kind IN ('foreign key', 'archive')), name text NOT NULL, relation text NOT NULL, definition text NOT NULL, validated boolean NOT NULL,
  at timestamptz NOT NULL DEFAULT now(), UNIQUE (kind, name, relation))`;

/** `strangler_archive` holds what was in public; other schemas have one of their own, so that equal names do not meet. */
const archiveOf = (schema: string): string => schema === 'public' ? 'strangler_archive' : `strangler_archive_${schema}`;
const isArchive = (schema: string): boolean => schema === 'strangler_archive' || schema.startsWith('strangler_archive_');

const whole = (name: string): string => { const { schema, table } = tableRef(name); return `${schema}.${table}`; };

interface Relation { readonly oid: string; readonly schema: string; readonly table: string; readonly wanted: string; readonly fenced: boolean }

/**
 * Reads from the catalog what moved and what hangs on it. Moved is what the config names as a service's and a fence guards; a partition goes with its table.
 * @throws StranglerError STR_NOT_CUT_OVER when nothing has moved
 */
export async function planContract(client: pg.ClientBase, moving: readonly string[], back: WaysBack): Promise<ContractPlan> {
  await client.query("SELECT set_config('search_path', '', false)"); // definitions come with every name qualified
  const family = await relations(client, moving);
  const moved = family.filter(({ fenced, schema }) => fenced || isArchive(schema));
  const ownHere = [...new Set(family.filter((relation) => !moved.includes(relation)).map(({ wanted }) => wanted))].sort();
  if (moved.length === 0) throw notCutOver(ownHere);
  const followers = await followedBy(client, back);
  const here = moved.filter(({ schema }) => !isArchive(schema));
  return {
    foreignKeys: await crossing(client, moved.map(({ oid }) => oid)), ownHere,
    archive: here.filter(({ wanted }) => !followers.has(whole(wanted))).map(({ table, schema }) => ({ table, from: schema, to: archiveOf(schema) })),
    followed: [...new Set(here.map(({ wanted }) => wanted))].sort().flatMap((table) => { const by = followers.get(whole(table)); return by === undefined ? [] : [{ table, by }]; }),
  };
}

/** The tables and their partitions, where they lie now. One that is not there was never this database's. */
async function relations(client: pg.ClientBase, moving: readonly string[]): Promise<Relation[]> {
  const places = moving.map((name) => ({ wanted: name, ...tableRef(name) }));
  const { rows } = await client.query<Relation>(`
    WITH RECURSIVE family AS (
      SELECT w.wanted, c.oid FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS w(wanted, schema, archive, name) JOIN pg_class c ON c.relname = w.name AND c.relkind IN ('r', 'p')
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN (w.schema, w.archive)
      UNION SELECT f.wanted, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.oid)
    SELECT c.oid::text, n.nspname AS schema, c.relname AS "table", f.wanted,
           EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'strangler_fence' AND t.tgenabled <> 'D') AS fenced
      FROM family f JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY n.nspname, c.relname`,
  [places.map(({ wanted }) => wanted), places.map(({ schema }) => schema), places.map(({ schema }) => archiveOf(schema)), places.map(({ table }) => table)]);
  return rows;
}

/** A partition's own constraints come and go with its table's. */
async function crossing(client: pg.ClientBase, moved: readonly string[]): Promise<CrossingKey[]> {
  const { rows } = await client.query<CrossingKey>(`
    SELECT conname AS name, conrelid::regclass::text AS "table", confrelid::regclass::text AS references, pg_get_constraintdef(oid) AS definition, convalidated AS validated
      FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND (conrelid = ANY ($1::oid[])) <> (confrelid = ANY ($1::oid[])) ORDER BY 2, 1`, [moved]);
  return rows;
}

/** A way back that has begun, and was not removed, has its checkpoint here. */
async function followedBy(client: pg.ClientBase, back: WaysBack): Promise<ReadonlyMap<string, string>> {
  const { rows: [there] } = await client.query<{ there: boolean }>("SELECT to_regclass('strangler.checkpoint') IS NOT NULL AS there");
  if (there?.there !== true) return new Map();
  const { rows } = await client.query<{ name: string }>('SELECT replication AS name FROM strangler.checkpoint WHERE replication = ANY ($1)', [Object.keys(back)]);
  return new Map(rows.flatMap(({ name }) => (back[name] ?? []).map((table) => [whole(table), name] as const)));
}

const notCutOver = (tables: readonly string[]): StranglerError => new StranglerError({
  code: 'STR_NOT_CUT_OVER', exitCode: 1,
  message: tables.length === 0 ? 'No table of this database belongs to a service.' : `${tables.join(', ')} ${tables.length === 1 ? 'is' : 'are'} still written here: there is no fence.`,
  remedy: tables.length === 0 ? "Name them in the config (`services.SERVICE.owns.tables`), and cut them over first." : 'Cut the tables over first (`strangler cutover`), and contract once you are sure not to go back.',
});

export const quotedName = (schema: string, table: string): string => quoteTable({ schema, table });
