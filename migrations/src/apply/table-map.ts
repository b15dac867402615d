import { computedFrom, tableParts, templateParts, type Computed, type Predicate, type ReplicationConfig, type TablePart } from '@strangler/kernel';
import type { RowText, TableRef } from '../capture/change-event.ts';
import { parseTableRef, tableName } from '../capture/table-ref.ts';

/** Where changes go in the target, and what a statement must know of it. One object per mapping: changes of different mappings are planned apart, even into one table. */
export interface Into {
  readonly target: TableRef;
  /** Key columns by their target names, a discriminator's included. */
  readonly key: readonly string[];
  /** Target column → the SQL that makes its value from an array of texts. A row holds such an array, in PostgreSQL's syntax, in its place. */
  readonly computed?: ReadonlyMap<string, (inputs: string) => string>;
  /** Of a truncate only rows with these values are meant: others come from another source table. */
  readonly discriminator?: RowText;
  /** Columns added to rows that another mapping makes; a truncate empties them. */
  readonly added?: readonly string[];
}

/** Where a source table's rows go, compiled from the config: the anti-corruption layer for rows. */
export interface TableMap extends Into {
  readonly source: TableRef;
  /** Key columns by their source names. */
  readonly sourceKey: readonly string[];
  readonly omit: ReadonlySet<string>;
  /** Source column → target column, only where they differ. */
  readonly renamed: ReadonlyMap<string, string>;
  /** True where a row goes through with other names at most: a faster way past `toTarget` may be taken. */
  readonly plain: boolean;
  /** Only these source columns are copied; undefined means all but `omit`. */
  readonly only?: ReadonlySet<string>;
  readonly where?: Predicate;
  readonly values: NonNullable<TablePart['values']>;
  readonly compute: Readonly<Record<string, Computed>>;
}

/** By source table, `schema.table`; several where its rows are split. */
export type TableMaps = ReadonlyMap<string, readonly TableMap[]>;

/** @param intoSchema puts every target table into this schema instead: a shadow copy. */
export function tableMaps(config: ReplicationConfig, intoSchema?: string): TableMaps {
  return new Map(Object.entries(config.tables).map(([name, mapping]) =>
    [tableName(parseTableRef(name)), tableParts(name, mapping).map((part) => tableMap(parseTableRef(name), part, intoSchema))]));
}

export const everyMap = (maps: TableMaps): TableMap[] => [...maps.values()].flat();

/** Target tables, each once. */
export const targetsOf = (maps: TableMaps): TableRef[] => [...new Map(everyMap(maps).map(({ target }) => [tableName(target), target])).values()];

/** The target column a source column is copied to; undefined when this mapping does not copy it. */
export const copiedTo = ({ omit, only, renamed }: TableMap, column: string): string | undefined => omit.has(column) || only?.has(column) === false ? undefined : renamed.get(column) ?? column;

function tableMap(source: TableRef, part: ReturnType<typeof tableParts>[number], intoSchema: string | undefined): TableMap {
  const { columns = {}, omit, values = {}, compute = {}, where } = part;
  const into = parseTableRef(part.into);
  const renamed = new Map(Object.entries(columns).filter(([from, to]) => from !== to));
  const computed = new Map(Object.entries(compute).flatMap(([column, how]) => 'sql' in how ? [[column, sqlOf(how.sql)] as const] : []));
  const key = part.key.map((column) => renamed.get(column) ?? column);
  return {
    source, renamed, omit: new Set(omit), values, compute, plain: isPlain(part), sourceKey: part.key,
    target: intoSchema === undefined ? into : { schema: intoSchema, table: into.table },
    key: [...key, ...Object.keys(part.discriminator ?? {})],
    ...(computed.size === 0 ? {} : { computed }), ...(where === undefined ? {} : { where }),
    ...(part.discriminator === undefined ? {} : { discriminator: part.discriminator }),
    ...(part.adds === undefined ? {} : { only: new Set([...part.key, ...Object.keys(columns)]), added: [...Object.values(columns), ...Object.keys(compute)].filter((column) => !key.includes(column)) }),
  };
}

const isPlain = ({ where, adds, values = {}, compute = {}, discriminator = {} }: TablePart): boolean =>
  [values, compute, discriminator].every((each) => Object.keys(each).length === 0) && where === undefined && adds === undefined;

/** `{price:numeric} / 100` over the first of its inputs: `(inputs[1])::numeric / 100`. */
function sqlOf(template: string): (inputs: string) => string {
  const parts = templateParts(template);
  const order = computedFrom({ sql: template });
  return (inputs) => parts.map((part) => {
    if (typeof part === 'string') return part;
    const value = `(${inputs})[${String(order.indexOf(part.column) + 1)}]`;
    return part.type === undefined ? value : `(${value})::${part.type}`;
  }).join('');
}

/** A change in the target's words. */
export type TargetChange = { readonly into: Into } & (
  | { readonly op: 'insert'; readonly row: RowText; readonly from: 'snapshot' | 'stream' }
  /** The row may be there or not, either is right: it entered a filter, or adds columns to another mapping's row. */
  | { readonly op: 'upsert'; readonly row: RowText }
  | { readonly op: 'update'; readonly row: RowText; readonly whole: boolean }
  | { readonly op: 'move'; readonly row: RowText; readonly keyBefore: RowText; readonly whole: boolean }
  | { readonly op: 'delete'; readonly keyBefore: RowText }
  /** Added columns become NULL; the row may be gone already. */
  | { readonly op: 'clear'; readonly row: RowText }
  | { readonly op: 'truncate' }
);
