import type { ReplicationConfig } from '@strangler/kernel';
import type { ChangeEvent, ColumnText, RowText, TableRef } from '../capture/change-event.ts';
import { parseTableRef, tableName } from '../capture/table-ref.ts';

/** Where a source table's rows go, compiled from the config: the anti-corruption layer for rows. */
export interface TableMap {
  readonly source: TableRef;
  readonly target: TableRef;
  /** Key columns by their target names. */
  readonly key: readonly string[];
  readonly omit: ReadonlySet<string>;
  /** Source column → target column, only where they differ. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** By source table, `schema.table`. */
export type TableMaps = ReadonlyMap<string, TableMap>;

/** @param intoSchema puts every target table into this schema instead: a shadow copy. */
export function tableMaps(config: ReplicationConfig, intoSchema?: string): TableMaps {
  return new Map(Object.entries(config.tables).map(([name, mapping]) => {
    const source = parseTableRef(name);
    const into = parseTableRef(mapping.into ?? name);
    const renamed = new Map(Object.entries(mapping.columns ?? {}).filter(([from, to]) => from !== to));
    return [tableName(source), {
      source, renamed, omit: new Set(mapping.omit ?? []),
      target: intoSchema === undefined ? into : { schema: intoSchema, table: into.table },
      key: mapping.key.map((column) => renamed.get(column) ?? column),
    }];
  }));
}

/** A change in the target's words. */
export type TargetChange = { readonly target: TableRef; readonly key: readonly string[] } & (
  | { readonly op: 'insert'; readonly row: RowText; readonly from: 'snapshot' | 'stream' }
  | { readonly op: 'update'; readonly row: RowText; readonly whole: boolean }
  | { readonly op: 'move'; readonly row: RowText; readonly keyBefore: RowText; readonly whole: boolean }
  | { readonly op: 'delete'; readonly keyBefore: RowText }
  | { readonly op: 'truncate' }
);

/** The event as the target should see it; undefined when its table is not replicated. */
export function toTarget(event: ChangeEvent, maps: TableMaps): TargetChange | undefined {
  const map = maps.get(tableName(event));
  if (map === undefined) return undefined;
  const { target, key } = map;
  switch (event.op) {
    case 'snapshot-read': return { op: 'insert', target, key, row: rename(event.after, map), from: 'snapshot' };
    case 'create': return { op: 'insert', target, key, row: rename(event.after, map), from: 'stream' };
    case 'delete': return { op: 'delete', target, key, keyBefore: rename(event.keyBefore, map) };
    case 'truncate': return { op: 'truncate', target, key };
    case 'update': {
      const row = rename(event.after, map);
      const whole = event.unchanged === undefined;
      return event.keyBefore === undefined ? { op: 'update', target, key, row, whole } : { op: 'move', target, key, row, whole, keyBefore: rename(event.keyBefore, map) };
    }
  }
}

function rename(row: RowText, { renamed, omit }: TableMap): RowText {
  if (renamed.size === 0 && omit.size === 0) return row;
  const mapped: Record<string, ColumnText> = {};
  for (const [column, value] of Object.entries(row)) if (!omit.has(column)) mapped[renamed.get(column) ?? column] = value;
  return mapped;
}
