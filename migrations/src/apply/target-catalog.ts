import type pg from 'pg';
import type { TableRef } from '../capture/change-event.ts';
import { textRows } from '../capture/connect.ts';
import { tableName } from '../capture/table-ref.ts';

export interface TargetColumn {
  /** A cast's name for its type, or the type below a domain, without length or precision: an explicit cast to varchar(3) would cut in silence, the assignment that follows complains. */
  readonly cast: string;
  /** Computed by the target; never written. */
  readonly generated: boolean;
  /** GENERATED ALWAYS AS IDENTITY: may be inserted, never updated. */
  readonly identityAlways: boolean;
  readonly required: boolean;
}

/** Columns by name. */
export type TargetColumns = ReadonlyMap<string, TargetColumn>;

/** By `schema.table`; a table that is not there is absent. */
export type TargetCatalog = ReadonlyMap<string, TargetColumns>;

const COLUMNS = `SELECT n.nspname AS schema, c.relname AS table, a.attname AS name, (WITH RECURSIVE base AS (SELECT a.atttypid AS type UNION ALL
      SELECT typbasetype FROM base JOIN pg_type t ON t.oid = base.type WHERE t.typtype = 'd') SELECT format_type(base.type, -1) FROM base JOIN pg_type t ON t.oid = base.type WHERE t.typtype <> 'd') AS cast,
    (a.attgenerated <> '') AS generated, (a.attidentity = 'a') AS identity_always,
    (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') AS required
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum`;

type Row = Record<'schema' | 'table' | 'name' | 'cast' | 'generated' | 'identity_always' | 'required', string>;

/** What the database knows of the tables. With an empty search path, so that types outside pg_catalog come with their schema. */
export async function readCatalog(client: pg.ClientBase, tables: readonly TableRef[]): Promise<TargetCatalog> {
  await client.query("SELECT set_config('search_path', '', false)");
  const rows: Row[] = await textRows(client, COLUMNS, [tables.map(({ schema }) => schema), tables.map(({ table }) => table)]);
  await client.query('RESET search_path');
  const catalog = new Map<string, Map<string, TargetColumn>>();
  for (const row of rows) {
    const name = tableName(row);
    const columns = catalog.get(name) ?? new Map<string, TargetColumn>();
    columns.set(row.name, { cast: row.cast, generated: row.generated === 't', identityAlways: row.identity_always === 't', required: row.required === 't' });
    catalog.set(name, columns);
  }
  return catalog;
}
