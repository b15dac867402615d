import { unneededColumns, type ReplicationConfig, type TableMapping } from '@strangler/kernel';
import type { TableRef } from './change-event.ts';

/** Reads a table name as the config writes it: `orders` lies in `public`, `sales.orders` says its schema. Names are exact: what needs quotes in SQL needs none here. */
export function parseTableRef(name: string): TableRef {
  const dot = name.indexOf('.');
  return dot < 0 ? { schema: 'public', table: name } : { schema: name.slice(0, dot), table: name.slice(dot + 1) };
}

export const tableName = ({ schema, table }: TableRef): string => `${schema}.${table}`;

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quoteTable = ({ schema, table }: TableRef): string => `${quoteName(schema)}.${quoteName(table)}`;

export const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** What capture must know of a table: its key by the config, and the columns that must not even reach the log. */
export interface CapturedTable {
  readonly ref: TableRef;
  readonly key: readonly string[];
  readonly omit: ReadonlySet<string>;
  /** No longer published: what the stream still holds of it is read and thrown away. */
  readonly leaving?: true;
}

/** By `schema.table`. */
export type CapturedTables = ReadonlyMap<string, CapturedTable>;

export function capturedTables(config: ReplicationConfig): CapturedTables {
  return new Map(Object.entries(config.tables).map(([name, mapping]: [string, TableMapping]) => {
    const ref = parseTableRef(name);
    return [tableName(ref), { ref, key: mapping.key, omit: new Set(unneededColumns(mapping)) }];
  }));
}
