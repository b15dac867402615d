import type pg from 'pg';
import { textRows } from './connect.ts';
import { decoderOf, type Decoder, type Form } from './debezium-text.ts';
import { quoteName, quoteTable, tableName, type CapturedTables } from './table-ref.ts';

/** A column whose values Debezium 3.6 would change or drop without a word. */
export interface LossyColumn {
  readonly table: string;
  readonly column: string;
  readonly why: string;
  readonly remedy: string;
}

export interface DebeziumTypes {
  /** By `schema.table`, then by column. */
  readonly decoders: ReadonlyMap<string, ReadonlyMap<string, Decoder>>;
  readonly lossy: readonly LossyColumn[];
}

type Fact = 'schema' | 'table' | 'column' | 'type' | 'category' | 'kind' | 'width' | 'element' | 'element_kind' | 'checks' | 'generated' | 'identity';

/** Types as they are below domains; a column's CHECK constraints as text, for what only they can promise. */
const COLUMNS = `WITH RECURSIVE base AS (
    SELECT a.attrelid, a.attnum, a.atttypid AS type, a.atttypmod AS modifier FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT b.attrelid, b.attnum, t.typbasetype, greatest(b.modifier, t.typtypmod) FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd')
  SELECT n.nspname AS schema, c.relname AS table, a.attname AS column, t.typname AS type, t.typcategory AS category, t.typtype AS kind, b.modifier AS width, a.attgenerated <> '' AS generated,
    c.relreplident AS identity, coalesce(e.typname, '') AS element, coalesce(e.typtype, '') AS element_kind,
    coalesce((SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'c'), '') AS checks
  FROM base b JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd' JOIN pg_attribute a ON a.attrelid = b.attrelid AND a.attnum = b.attnum
    JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
  ORDER BY 1, 2, a.attnum`;

/** Reads from the source's catalog how each column will come from Debezium, and which cannot come at all. */
export async function readDebeziumTypes(source: pg.ClientBase, tables: CapturedTables): Promise<DebeziumTypes> {
  const refs = [...tables.values()].map(({ ref }) => ref);
  const rows = await textRows<Fact>(source, COLUMNS, [refs.map(({ schema }) => schema), refs.map(({ table }) => table)]);
  const version = Number((await textRows<'v'>(source, "SELECT current_setting('server_version_num') AS v"))[0]?.v ?? '0');
  const decoders = new Map<string, Map<string, Decoder>>();
  const lossy: LossyColumn[] = [];
  for (const row of rows) {
    const table = tableName(row);
    const columns = decoders.get(table) ?? new Map<string, Decoder>();
    decoders.set(table, columns.set(row.column, decoderOf(formOf(row))));
    const loss = row.generated === 't' || tables.get(table)?.omit.has(row.column) === true ? undefined : lossOf(row, version);
    if (loss !== undefined) lossy.push({ table, column: row.column, ...loss });
  }
  return { decoders, lossy };
}

/** As Debezium's PostgresValueConverter (3.6) has them; what is not here is unknown to it and comes as bytes. */
const PLAIN = new Set(['bool', 'int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'text', 'varchar', 'bpchar', 'char', 'name', 'citext', 'ltree', 'json', 'jsonb', 'xml', 'uuid', 'inet', 'cidr', 'macaddr', 'macaddr8',
  'int4range', 'int8range', 'numrange', 'tsrange', 'tstzrange', 'daterange', 'tsvector', 'money', 'interval', 'point', 'timetz', 'geometry', 'geography', 'isbn']);
const NAMED = { numeric: 'numeric', date: 'date', time: 'time', timestamp: 'timestamp', timestamptz: 'timestamptz', bytea: 'bytea', hstore: 'hstore' } as const;

function formOf({ type, kind, width, element, element_kind: elementKind, category }: Record<Fact, string>): Form {
  if (category === 'A') return { kind: 'array', element: scalarForm(element, elementKind, '-1') };
  return scalarForm(type, kind, width);
}

function scalarForm(type: string, kind: string, width: string): Form {
  if (kind === 'e' || PLAIN.has(type)) return { kind: 'plain' };
  if (type === 'bit' || type === 'varbit') return { kind: 'bits', width: Number(width) };
  const named = Object.hasOwn(NAMED, type) ? NAMED[type as keyof typeof NAMED] : undefined;
  return { kind: named ?? 'opaque' };
}

/**
 * Element types whose one-dimensional arrays were seen to come whole, and to say so when they are TOASTed and did not change. Of the second kind that one comes as NULL,
 * so the source must send old rows in full. Others are dropped (interval[], point[], money[], name[], varbit[], xml[]), hold nulls (numeric[] with NaN), or were not tried.
 */
const WHOLE_ELEMENTS = new Set(['int4', 'int8', 'text', 'varchar', 'bpchar', 'uuid', 'json', 'jsonb', 'date', 'bytea']);
const WHOLE_IF_FULL = new Set(['bool', 'int2', 'oid', 'float4', 'float8', 'inet', 'timestamp', 'hstore']);

function lossOf(fact: Record<Fact, string>, version: number): Pick<LossyColumn, 'why' | 'remedy'> | undefined {
  const { type, category, column, checks } = fact;
  const leaveOut = `Leave it out (omit: ['${column}']), or read the WAL without Debezium (log: 'embedded').`;
  if (type === 'timetz') return { why: 'a time with time zone comes without its zone', remedy: leaveOut };
  if (type === 'varbit') return { why: 'a bit varying comes without its leading zeros', remedy: leaveOut };
  if (category === 'A') return arrayLoss(fact, leaveOut);
  if (type !== 'interval' || version < 170_000 || checks.includes(`isfinite(${quoteIfNeeded(column)})`)) return undefined;
  return { why: "an interval 'infinity' comes as zero", remedy: `${addCheck(fact, `isfinite(${quoteName(column)})`)} Or: ${leaveOut}` };
}

function arrayLoss(fact: Record<Fact, string>, leaveOut: string): Pick<LossyColumn, 'why' | 'remedy'> | undefined {
  const { column, element, element_kind: elementKind, checks, identity } = fact;
  const needsFull = elementKind === 'e' || WHOLE_IF_FULL.has(element);
  if (!needsFull && !WHOLE_ELEMENTS.has(element)) return { why: `an array of ${element} does not come whole`, remedy: leaveOut };
  if (needsFull && identity !== 'f') return { why: `a long array of ${element} that did not change comes as NULL`, remedy: `ALTER TABLE ${quoteTable(fact)} REPLICA IDENTITY FULL; Or: ${leaveOut}` };
  const name = quoteIfNeeded(column);
  if (checks.includes(`array_ndims(${name}) = 1`) && checks.includes(`array_lower(${name}, 1) = 1`)) return undefined;
  const promise = `array_ndims(${quoteName(column)}) = 1 AND array_lower(${quoteName(column)}, 1) = 1`;
  return { why: 'an array of several dimensions comes as nulls, and one that does not begin at 1 as one that does', remedy: `${addCheck(fact, promise)} Or: ${leaveOut}` };
}

/** NOT VALID is enough: only rows written from now on go through Debezium, the copy does not. */
const addCheck = (ref: { readonly schema: string; readonly table: string }, condition: string): string => `ALTER TABLE ${quoteTable(ref)} ADD CHECK (${condition}) NOT VALID;`;

/** As pg_get_constraintdef prints a name. */
const quoteIfNeeded = (name: string): string => /^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoteName(name);
