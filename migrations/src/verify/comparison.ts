import type { TableMapping } from '@strangler/kernel';
import type { TableRef } from '../capture/change-event.ts';
import type { ColumnFacts, TableFacts } from './catalog.ts';
import { quote, quoteTable, tableRef } from './sql.ts';

/** How one table is compared: for each side the SQL of its key and of its values, in one order. Decided from the catalogs alone. */
export interface Comparison {
  readonly table: string;
  readonly into: string;
  /** Source names, in the order of the expressions below. */
  readonly keyColumns: readonly string[];
  readonly columns: readonly string[];
  readonly source: SideSql;
  readonly target: SideSql;
  readonly cannotSee: readonly string[];
}

export interface SideSql {
  readonly from: string;
  /** Sorted and compared as they stand; a parameter is cast by `keyCasts`. */
  readonly keys: readonly string[];
  readonly keyCasts: readonly string[];
  /** Values to be hashed: a bare column where equal bytes mean equal text, else its text. */
  readonly values: readonly string[];
  /** Every value as text, for comparing single rows. */
  readonly texts: readonly string[];
}

/** Why a table cannot be compared at all. */
export interface Incomparable {
  readonly table: string;
  readonly into: string;
  readonly why: string;
}

/**
 * Types whose values are equal exactly when their text is. Not here: numeric without a scale (1.0 = 1.00), floats (-0 = 0), interval (1 day = 24 hours),
 * jsonb (1.0 = 1.00 inside), arrays (the hash ignores dimensions), enums (the hash is of an oid, which differs between databases).
 */
const EXACT = new Set(['bool', 'int2', 'int4', 'int8', 'oid', 'uuid', 'text', 'varchar', 'bpchar', 'bytea', 'date', 'time', 'timestamp', 'timestamptz', 'name', 'char']);
/** Types that sort alike everywhere. Strings do so only under the same collation. */
const ORDERED = new Set(['bool', 'int2', 'int4', 'int8', 'oid', 'uuid', 'bytea', 'date', 'time', 'timestamp', 'timestamptz', 'numeric']);
const STRINGS = new Set(['text', 'varchar', 'bpchar', 'name']);
const INTEGERS = new Set(['int2', 'int4', 'int8']);

export function compareTable(table: string, mapping: TableMapping, source: TableFacts | undefined, target: TableFacts | undefined): Comparison | Incomparable {
  const into = mapping.into ?? table;
  if (source === undefined) return { table, into, why: `The source has no table ${table} that this role can see.` };
  if (target === undefined) return { table, into, why: `The target has no table ${into} that this role can see.` };
  const omitted = new Set(mapping.omit ?? []);
  const columns = [...source.keys()].filter((name) => !omitted.has(name));
  const targetName = (name: string): string => mapping.columns?.[name] ?? name;
  const why = missing(table, into, mapping, source, target, columns, targetName);
  if (why !== undefined) return { table, into, why };
  const pairs = columns.map((name) => pair(name, source, target, targetName));
  const keys = mapping.key.map((name) => pair(name, source, target, targetName));
  return {
    table, into, keyColumns: mapping.key, columns,
    source: sideSql(tableRef(table), keys, pairs, 'source'),
    target: sideSql(tableRef(into), keys, pairs, 'target'),
    cannotSee: blindSpots(table, into, mapping, target, columns.map(targetName)),
  };
}

interface Pair { readonly source: ColumnFacts; readonly target: ColumnFacts }

/** Everything that is not there, at once. */
function missing(table: string, into: string, mapping: TableMapping, source: TableFacts, target: TableFacts, columns: readonly string[], targetName: (name: string) => string): string | undefined {
  const named = new Set([...mapping.key, ...Object.keys(mapping.columns ?? {}), ...(mapping.omit ?? [])]);
  const notInSource = [...named].filter((name) => !source.has(name));
  const notInTarget = columns.map(targetName).filter((name) => !target.has(name));
  const keyOmitted = mapping.key.filter((name) => mapping.omit?.includes(name));
  const why = [
    ...(notInSource.length === 0 ? [] : [`${table} (source) has no column ${notInSource.join(', ')}, which the mapping names`]),
    ...(notInTarget.length === 0 ? [] : [`${into} (target) has no column ${notInTarget.join(', ')}`]),
    ...(keyOmitted.length === 0 ? [] : [`the mapping omits the key column ${keyOmitted.join(', ')}`]),
  ];
  return why.length === 0 ? undefined : `${why.join('; ')}.`;
}

function pair(name: string, source: TableFacts, target: TableFacts, targetName: (name: string) => string): Pair {
  const [from, to] = [source.get(name), target.get(targetName(name))];
  if (from === undefined || to === undefined) throw new Error(`${name} was checked to exist on both sides`);
  return { source: from, target: to };
}

function sideSql(ref: TableRef, keys: readonly Pair[], pairs: readonly Pair[], side: 'source' | 'target'): SideSql {
  const other = side === 'source' ? 'target' : 'source';
  return {
    from: quoteTable(ref),
    keys: keys.map((key) => sortsAlike(key) ? column(key[side]) : `${text(key[side], key[other], side)} COLLATE "C"`),
    keyCasts: keys.map((key) => sortsAlike(key) ? key[side].declared.replace(/^character\(.*|^bpchar$/, 'bpchar') : 'text'),
    values: pairs.map((both) => hashesAsText(both) ? column(both[side]) : text(both[side], both[other], side)),
    texts: pairs.map((both) => text(both[side], both[other], side)),
  };
}

const column = ({ name }: ColumnFacts): string => `t.${quote(name)}`;

const hashesAsText = ({ source, target }: Pair): boolean => source.builtIn && source.type === target.type && source.deterministic && target.deterministic
  && (EXACT.has(source.type) ? source.type !== 'bpchar' || source.declared === target.declared
    : source.type === 'numeric' && source.declared === target.declared && source.declared !== 'numeric');

const sortsAlike = ({ source, target }: Pair): boolean => source.builtIn && target.builtIn
  && (source.type === target.type ? ORDERED.has(source.type) || sameStringOrder(source, target) : INTEGERS.has(source.type) && INTEGERS.has(target.type));

const sameStringOrder = (source: ColumnFacts, target: ColumnFacts): boolean =>
  STRINGS.has(source.type) && source.declared === target.declared && source.deterministic && target.deterministic && source.collation === target.collation;

/**
 * What the type's output function prints (that is what logical decoding ships; `bpchar::text` and `bool::text` print something else). Where the two sides
 * differ in type, the source's text is read as the target's type first, just as writing it there would: '1' and '1.00' are one numeric(10,2). But nothing is read
 * through a narrower type of the same kind: what was cut off or rounded away there is a difference, and an explicit cast would cut it here, too.
 */
function text(own: ColumnFacts, other: ColumnFacts, side: 'source' | 'target'): string {
  const printed = printedText(column(own));
  const [from, to] = side === 'source' ? [own, other] : [other, own];
  if (from.declared === to.declared || !to.builtIn) return printed;
  if (to.type === 'bpchar') return `rtrim(${printed}, ' ')`; // padding is no part of the value
  if (from.type === 'numeric' && to.type === 'numeric') return printedText(`trim_scale(${column(own)})`);
  if (from.type === to.type || STRINGS.has(to.type) || side === 'target') return printed;
  return printedText(`${printed}::${to.declared}`);
}

/** IS NOT DISTINCT FROM: a composite value of nulls IS NULL, and yet is not null. */
export const printedText = (expression: string): string => `CASE WHEN ${expression} IS NOT DISTINCT FROM NULL THEN NULL ELSE format('%s', ${expression}) END`;

function blindSpots(table: string, into: string, mapping: TableMapping, target: TableFacts, mapped: readonly string[]): string[] {
  const own = [...target.keys()].filter((name) => !mapped.includes(name));
  return [
    ...(mapping.omit === undefined || mapping.omit.length === 0 ? [] : [`${table}: the omitted column${mapping.omit.length === 1 ? '' : 's'} ${mapping.omit.join(', ')}.`]),
    ...(own.length === 0 ? [] : [`${into}: the target's own column${own.length === 1 ? '' : 's'} ${own.join(', ')}, which no source column fills.`]),
  ];
}
