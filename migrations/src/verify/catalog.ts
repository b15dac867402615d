import type { TableRef } from '../capture/change-event.ts';
import type { ReadSession, TextRow } from './session.ts';

/** A column as far as comparing needs to know it. */
export interface ColumnFacts {
  readonly name: string;
  /** The base type below any domain, `int4`, `_text`; qualified unless it is built in. */
  readonly type: string;
  /** As a cast would name it: `numeric(12,2)`. */
  readonly declared: string;
  readonly builtIn: boolean;
  /** Undefined when the type has no collation; else provider, name and version of what sorts it. */
  readonly collation?: string;
  /** False for a nondeterministic collation, under which unequal strings hash alike. */
  readonly deterministic: boolean;
}

export type TableFacts = ReadonlyMap<string, ColumnFacts>;

const COLUMNS = `
WITH RECURSIVE base AS (
  SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS typmod, a.attcollation
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.attnum, b.attname, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE b.typmod END, b.attcollation
    FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
)
SELECT b.attname AS name, t.typname AS type, n.nspname AS schema, format_type(t.oid, b.typmod) AS declared,
       coalesce(co.collisdeterministic, true) AS deterministic,
       CASE WHEN b.attcollation = 0 THEN NULL
            WHEN co.collname = 'default' THEN (SELECT concat_ws(' ', to_jsonb(d) ->> 'datlocprovider', datcollate, to_jsonb(d) ->> 'datcollversion') FROM pg_database d WHERE datname = current_database())
            ELSE concat_ws(' ', co.collprovider, co.collname, pg_collation_actual_version(co.oid)) END AS collation
  FROM base b JOIN pg_type t ON t.oid = b.type JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_collation co ON co.oid = b.attcollation
 WHERE t.typtype <> 'd' ORDER BY b.attnum`;

/** The table's columns, or undefined when there is no such table (or it has none). */
export async function tableFacts(session: ReadSession, { schema, table }: TableRef): Promise<TableFacts | undefined> {
  const rows = await session.rows(COLUMNS, [schema, table]);
  return rows.length === 0 ? undefined : new Map(rows.map(columnFacts).map((column) => [column.name, column]));
}

function columnFacts(row: TextRow): ColumnFacts {
  const builtIn = row['schema'] === 'pg_catalog';
  const type = row['type'] ?? '';
  return {
    name: row['name'] ?? '', declared: row['declared'] ?? '', builtIn, deterministic: row['deterministic'] === 't',
    type: builtIn ? type : `${row['schema'] ?? ''}.${type}`,
    ...(row['collation'] === null || row['collation'] === undefined ? {} : { collation: row['collation'] }),
  };
}
