import type pg from 'pg';
import type { TableRef } from '../capture/change-event.ts';
import { textRows } from '../capture/connect.ts';
import { tableName } from '../capture/table-ref.ts';

export interface TableDescription {
  readonly columns: ReadonlyMap<string, { readonly type: string; readonly generated: boolean; readonly required: boolean; readonly identityAlways: boolean }>;
  readonly primaryKey?: readonly string[];
  /** Column sets that are unique and not null: each can name a row. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Those an INSERT … ON CONFLICT may use: checked at once, without a condition. */
  readonly arbiterKeys: readonly (readonly string[])[];
  /** Columns of the old row that the log carries. */
  readonly identity: readonly string[];
  readonly identityKind: 'default' | 'nothing' | 'full' | 'index';
}

const KINDS: Readonly<Record<string, TableDescription['identityKind']>> = { d: 'default', n: 'nothing', f: 'full', i: 'index' };

/** By `schema.table`; a table that is not there is absent. */
export async function describeTables(client: pg.ClientBase, tables: readonly TableRef[]): Promise<ReadonlyMap<string, TableDescription>> {
  const names = [tables.map(({ schema }) => schema), tables.map(({ table }) => table)];
  await client.query("SELECT set_config('search_path', '', false)");
  const columns = await textRows<'schema' | 'table' | 'ident' | 'name' | 'type' | 'generated' | 'required' | 'identity_always'>(client, `
    SELECT n.nspname AS schema, c.relname AS table, c.relreplident AS ident, a.attname AS name, format_type(a.atttypid, -1) AS type, a.attgenerated <> '' AS generated,
      (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') AS required, a.attidentity = 'a' AS identity_always
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, names);
  const indexes = await textRows<'schema' | 'table' | 'columns' | 'primary' | 'identity' | 'immediate' | 'not_null'>(client, `
    SELECT n.nspname AS schema, c.relname AS table, i.indisprimary AS primary, i.indisreplident AS identity, i.indimmediate AS immediate,
      json_agg(a.attname ORDER BY k.position) AS columns, bool_and(a.attnotnull) AS not_null
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND k.position <= i.indnkeyatts
    GROUP BY 1, 2, 3, 4, 5, i.indexrelid`, names);
  await client.query('RESET search_path');
  return new Map([...Map.groupBy(columns, tableName)].map(([name, mine]) => [name, describe(mine, indexes.filter((index) => tableName(index) === name))]));
}

type ColumnRow = Record<'ident' | 'name' | 'type' | 'generated' | 'required' | 'identity_always', string>;
type IndexRow = Record<'columns' | 'primary' | 'identity' | 'immediate' | 'not_null', string>;

function describe(columns: readonly ColumnRow[], indexes: readonly IndexRow[]): TableDescription {
  const keys = indexes.map((index) => ({ ...index, names: JSON.parse(index.columns) as string[] }));
  const primary = keys.find((key) => key.primary === 't')?.names;
  const kind = KINDS[columns[0]?.ident ?? 'd'] ?? 'default';
  const identity = { nothing: [], default: primary ?? [], full: columns.map(({ name }) => name), index: keys.find((key) => key.identity === 't')?.names ?? [] };
  return {
    columns: new Map(columns.map((row) => [row.name, { type: row.type, generated: row.generated === 't', required: row.required === 't', identityAlways: row.identity_always === 't' }])),
    ...(primary === undefined ? {} : { primaryKey: primary }),
    uniqueKeys: keys.filter((key) => key.not_null === 't').map((key) => key.names),
    arbiterKeys: keys.filter((key) => key.immediate === 't').map((key) => key.names),
    identityKind: kind, identity: identity[kind],
  };
}

export const sameKey = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((column) => b.includes(column));
