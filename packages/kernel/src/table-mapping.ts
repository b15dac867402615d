/** How rows of one source table become rows of a target: the anti-corruption layer for rows, as a team writes it. Data only: snapshot, stream and verification each read it their own way. */
export interface TableMapping extends TablePart {
  /** Primary-key columns, named as in the source. */
  readonly key: readonly string[];
  /** Further targets of the same rows: a table split by columns (`omit`) or by rows (`where`). */
  readonly also?: readonly (TablePart & { readonly into: string })[];
}

/** One target of a source table. Without any of it, the row goes as it is into the table of the same name. */
export interface TablePart {
  /** Target table; default: the source's name. */
  readonly into?: string;
  /** Source column → target column; columns not named keep their name. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Source columns that are not copied. */
  readonly omit?: readonly string[];
  /** Only rows for which it is true. A row that leaves by an update is deleted from the target, one that enters is inserted. */
  readonly where?: Predicate;
  /** Source column → how its codes are translated. NULL stays NULL. */
  readonly values?: Readonly<Record<string, CodeMap>>;
  /** Target column → what it is made of. */
  readonly compute?: Readonly<Record<string, Computed>>;
  /** Target column → constant that is part of the target's key: rows of several source tables share one target and stay apart. */
  readonly discriminator?: Readonly<Record<string, string>>;
  /** `columns`: adds its columns to the rows that another mapping into the same table makes, by the same key; deleted, it leaves them NULL. */
  readonly adds?: 'columns';
}

/** A number compares as a number, a text as it is printed, true and false as bool. */
export type Literal = string | number | boolean;

/** A row filter with SQL's meaning (NULL compares as unknown), which is not SQL: it must mean the same on a row of text, in the source and in a verification. */
export type Predicate =
  | { readonly column: string; readonly op: '=' | '<>'; readonly value: Literal }
  /** Ordered: numbers, and dates and timestamps as ISO text. Text has no order that is the same everywhere. */
  | { readonly column: string; readonly op: '<' | '<=' | '>' | '>='; readonly value: number | string }
  | { readonly column: string; readonly op: 'in' | 'not in'; readonly values: readonly Literal[] }
  | { readonly column: string; readonly op: 'is null' | 'is not null' }
  | { readonly and: readonly Predicate[] }
  | { readonly or: readonly Predicate[] }
  | { readonly not: Predicate };

export interface CodeMap {
  readonly map: Readonly<Record<string, string | null>>;
  /** A code the map does not name: refused (the row cannot be applied), kept as it is, or NULL. Default 'refuse'. */
  readonly else?: 'refuse' | 'keep' | null;
}

/**
 * `constant`: the same for every row. `text`: source columns in braces between other letters; NULL when one of them is. `sql`: an immutable expression of the target's
 * database, with source columns as `{column}` (text) or `{column:type}` (read as that type).
 */
export type Computed = { readonly constant: string | null } | { readonly text: string } | { readonly sql: string };

/** A reference in a `text` or `sql`. */
export interface ColumnReference {
  readonly column: string;
  readonly type?: string;
}

const REFERENCE = /\{([^{}:]+)(?::([^{}]+))?\}/g;

/** The template cut at its references: letters and columns in turn. */
export function templateParts(template: string): readonly (string | ColumnReference)[] {
  const parts: (string | ColumnReference)[] = [];
  let from = 0;
  for (const found of template.matchAll(REFERENCE)) {
    if (found.index > from) parts.push(template.slice(from, found.index));
    const [whole, column = '', type] = found;
    parts.push({ column, ...(type === undefined ? {} : { type }) });
    from = found.index + whole.length;
  }
  if (from < template.length) parts.push(template.slice(from));
  return parts;
}

/** Source columns a computed column is made of, each once, in the order of their first mention. */
export function computedFrom(computed: Computed): readonly string[] {
  if ('constant' in computed) return [];
  const parts = templateParts('text' in computed ? computed.text : computed.sql);
  return [...new Set(parts.flatMap((part) => typeof part === 'string' ? [] : [part.column]))];
}

/** Source columns a filter looks at. */
export function predicateColumns(predicate: Predicate): readonly string[] {
  if ('and' in predicate) return [...new Set(predicate.and.flatMap(predicateColumns))];
  if ('or' in predicate) return [...new Set(predicate.or.flatMap(predicateColumns))];
  return 'not' in predicate ? predicateColumns(predicate.not) : [predicate.column];
}

/** Every target of a source table, the mapping's own first. */
export const tableParts = (table: string, mapping: TableMapping): readonly (TablePart & { readonly into: string; readonly key: readonly string[] })[] =>
  [mapping, ...mapping.also ?? []].map((part) => ({ ...part, into: part.into ?? table, key: mapping.key }));

/** Columns that no target copies and nothing else needs: they need not leave the source. */
export function unneededColumns(mapping: TableMapping): readonly string[] {
  const parts = [mapping, ...mapping.also ?? []];
  const needed = new Set(parts.flatMap(({ where, compute = {} }) => [...where === undefined ? [] : predicateColumns(where), ...Object.values(compute).flatMap(computedFrom)]));
  return (mapping.omit ?? []).filter((column) => !needed.has(column) && parts.every(({ omit = [] }) => omit.includes(column)));
}
