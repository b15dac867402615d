import type pg from 'pg';
import { LEDGER_KEY, LEDGER_TABLE, type Watched } from './audit.ts';

/** One row change, as a database wrote it down itself. */
export interface Change {
  /** Ascending in the order of writing; gaps are what was rolled back. */
  readonly id: number;
  /** The transaction of that database. */
  readonly tx: string;
  readonly table: string;
  readonly key: string;
  /** A digest of the whole row; null when it is gone. */
  readonly row: string | null;
}

export interface History {
  /** Ascending by id; committed only. */
  readonly changes: readonly Change[];
  /** The rows as they are now: `table key` → digest. */
  readonly rows: ReadonlyMap<string, string>;
}

/** Reads what `watch` has had written down, and the watched rows. @param database nobody may write it meanwhile */
export async function readHistory(database: pg.ClientBase, tables: Watched): Promise<History> {
  const { rows: lines } = await database.query<{ id: string; tx: string; tab: string; key: string; row: string | null }>('SELECT id, tx::text AS tx, tab, key, row FROM audit.change ORDER BY id');
  const rows = new Map<string, string>();
  for (const [table, key] of Object.entries({ ...tables, [LEDGER_TABLE]: LEDGER_KEY })) {
    const { rows: found } = await database.query<{ key: string; row: string }>(`SELECT ${key.map((column) => `${column}::text`).join(` || '/' || `)} AS key, md5(t::text) AS row FROM ${table} AS t`);
    for (const { key: k, row } of found) rows.set(`${table} ${k}`, row);
  }
  return { changes: lines.map(({ id, tx, tab, key, row }) => ({ id: Number(id), tx, table: tab, key, row })), rows };
}
