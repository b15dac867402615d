import type { TableRef } from '../capture/change-event.ts';

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** `schema.table`, or `table` in `public`, as the config names tables. */
export function tableRef(name: string): TableRef {
  const dot = name.indexOf('.');
  return dot < 0 ? { schema: 'public', table: name } : { schema: name.slice(0, dot), table: name.slice(dot + 1) };
}

export const quoteTable = ({ schema, table }: TableRef): string => `${quote(schema)}.${quote(table)}`;
