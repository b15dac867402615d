import type pg from 'pg';
import type { ChangeEvent, RowText, TableRef } from '../capture/change-event.ts';
import { textRows } from '../capture/connect.ts';
import { tableName } from '../capture/table-ref.ts';
import { identity } from './plan.ts';
import { copiedTo, targetsOf, type TableMap, type TableMaps } from './table-map.ts';

/** What a transaction touches in the target, as texts that are equal where it is the same thing. */
export interface Footprint {
  /** Rows by key, and unique values: what a later transaction may not touch while this one is parked. */
  readonly holds: ReadonlySet<string>;
  /** Rows its own rows refer to by foreign key: they must be there first. */
  readonly needs: ReadonlySet<string>;
  /** Target tables it writes; and those it empties. */
  readonly tables: ReadonlySet<string>;
  readonly empties: ReadonlySet<string>;
}

/** What ties rows of the target to one another, beside their keys. By target table. */
export type Ties = ReadonlyMap<string, readonly Tie[]>;

interface Tie {
  readonly columns: readonly string[];
  /** A foreign key's other end; undefined for a unique constraint. */
  readonly refersTo?: { readonly table: string; readonly columns: readonly string[] };
}

const TIES = `SELECT n.nspname AS schema, c.relname AS table, (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE k.place <= i.indnkeyatts) AS columns, NULL AS other, NULL AS other_columns
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE i.indisunique AND i.indexprs IS NULL AND (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]))
  UNION ALL SELECT n.nspname, c.relname, (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(f.conkey) WITH ORDINALITY AS k(attnum, place) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum),
    rn.nspname || '.' || r.relname, (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(f.confkey) WITH ORDINALITY AS k(attnum, place) JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum)
  FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class r ON r.oid = f.confrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace
  WHERE f.contype = 'f' AND (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]))`;

/** Unique constraints and foreign keys of the target's tables. */
export async function readTies(client: pg.ClientBase, maps: TableMaps): Promise<Ties> {
  const targets = targetsOf(maps);
  const rows = await textRows<'schema' | 'table' | 'columns' | 'other' | 'other_columns'>(client, TIES, [targets.map(({ schema }) => schema), targets.map(({ table }) => table)]);
  const ties = rows.map((row): [string, Tie] => [tableName(row), {
    columns: JSON.parse(row.columns) as string[],
    ...((row.other as string | null) === null ? {} : { refersTo: { table: row.other, columns: JSON.parse(row.other_columns) as string[] } }),
  }]);
  return new Map([...Map.groupBy(ties, ([table]) => table)].map(([table, mine]) => [table, mine.map(([, tie]) => tie)]));
}

/** Told from the events alone, not from what they become: a row that has no translation has a key all the same. */
export function footprint(events: readonly ChangeEvent[], maps: TableMaps, ties: Ties): Footprint {
  const found = { holds: new Set<string>(), needs: new Set<string>(), tables: new Set<string>(), empties: new Set<string>() };
  for (const event of events) for (const map of maps.get(tableName(event)) ?? []) note(event, map, ties, found);
  return found;
}

function note(event: ChangeEvent, map: TableMap, ties: Ties, found: { holds: Set<string>; needs: Set<string>; tables: Set<string>; empties: Set<string> }): void {
  const table = tableName(map.target);
  found.tables.add(table);
  if (event.op === 'truncate') { found.empties.add(table); return; }
  const rows = 'after' in event ? [event.after] : [];
  const before = 'keyBefore' in event ? [event.keyBefore ?? {}] : [];
  for (const row of [...rows, ...before]) found.holds.add(keyText(map.target, map.key, keyOf(map, row)));
  for (const tie of ties.get(table) ?? []) for (const row of rows) noteTie(tie, row, map, found);
}

function noteTie({ columns, refersTo }: Tie, row: RowText, map: TableMap, found: { holds: Set<string>; needs: Set<string> }): void {
  const values = targetValues(map, row, columns);
  if (values === undefined) return;
  if (refersTo === undefined) found.holds.add(`${tableName(map.target)}!${columns.join()}!${JSON.stringify(values)}`);
  else found.needs.add(`${refersTo.table}#${identityOf(refersTo.columns, values)}`);
}

/** As they are copied; undefined where one is not there, NULL, or made by the mapping: what it becomes is not known here. */
function targetValues(map: TableMap, row: RowText, columns: readonly string[]): string[] | undefined {
  const values = columns.map((column) => {
    const from = Object.keys(row).find((name) => copiedTo(map, name) === column && map.values[name] === undefined);
    return from === undefined ? undefined : row[from] ?? undefined;
  });
  return values.includes(undefined) ? undefined : values as string[];
}

const keyOf = ({ sourceKey, renamed, discriminator }: TableMap, row: RowText): RowText =>
  ({ ...Object.fromEntries(sourceKey.map((column) => [renamed.get(column) ?? column, row[column] ?? null])), ...discriminator });

const keyText = (target: TableRef, key: readonly string[], row: RowText): string => `${tableName(target)}#${identityOf([...key], key.map((column) => row[column] ?? ''))}`;

/** Columns in the order of their names, so that a foreign key that lists them otherwise means the same row; and 1.0 is 1.00. */
function identityOf(columns: readonly string[], values: readonly string[]): string {
  const row = Object.fromEntries(columns.map((column, index) => [column, (values[index] ?? '').replace(/^(-?\d+\.\d*?)0+$/, '$1').replace(/^(-?\d+)\.$/, '$1')]));
  return identity([...columns].sort(), row);
}

/** What is parked, asked again and again whether a transaction touches it. */
export class Held {
  private readonly texts = new Set<string>();
  /** Target tables with something parked, and those that are held as a whole. */
  private readonly touched = new Set<string>();
  private readonly whole = new Set<string>();

  get isEmpty(): boolean {
    return this.touched.size === 0;
  }

  /** @param whole a change of schema: nothing goes into its tables before it */
  add({ holds, tables, empties }: Footprint, whole: ReadonlySet<string> = new Set()): void {
    for (const text of holds) this.texts.add(text);
    for (const table of tables) this.touched.add(table);
    for (const table of [...empties, ...whole]) this.whole.add(table);
  }

  /** Whether it must wait: it writes what is held, refers to it, or empties a table in which something is. */
  blocks({ holds, needs, tables, empties }: Footprint): boolean {
    if (this.isEmpty) return false;
    return [...tables].some((table) => this.whole.has(table)) || [...empties].some((table) => this.touched.has(table)) || [...holds, ...needs].some((text) => this.texts.has(text));
  }
}
