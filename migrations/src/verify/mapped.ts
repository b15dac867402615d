import { computedFrom, predicateColumns, templateParts, type CodeMap, type Computed, type Literal, type Predicate, type TableMapping, type TablePart } from '@strangler/kernel';
import type { ColumnFacts, TableFacts } from './catalog.ts';
import { compareTable, printedText, type Comparison, type Incomparable } from './comparison.ts';
import { quote, quoteTable, tableRef } from './sql.ts';

export type MappedPart = TablePart & { readonly into: string; readonly key: readonly string[] };

/**
 * A mapping that does more than rename, said once more in SQL and without the applier's code: the source's table becomes a query that makes of its rows what the
 * target should hold, and from there on both sides are compared as ever.
 */
export function compareMapped(table: string, part: MappedPart, source: TableFacts | undefined, target: TableFacts | undefined): Comparison | Incomparable {
  if (source === undefined || target === undefined || isPlain(part)) return compareTable(table, plainMapping(part), source, target);
  const lacking = neededColumns(part).filter((column) => !source.has(column));
  if (lacking.length > 0) return { table, into: part.into, why: `${table} (source) has no column ${lacking.join(', ')}, which the mapping needs.` };
  const columns = derivedColumns(part, source);
  const mapping = { key: part.key, into: part.into, columns: Object.fromEntries(columns.map(({ facts, into }) => [facts.name, into])) };
  const compared = compareTable(table, mapping, new Map(columns.map(({ facts }) => [facts.name, facts])), target);
  if ('why' in compared) return compared;
  return {
    ...compared,
    source: { ...compared.source, from: sourceQuery(table, part, columns) },
    target: { ...compared.target, from: targetQuery(part) },
    cannotSee: [...compared.cannotSee, ...blindSpots(table, part)],
  };
}

export const isPlain = ({ where, values, compute, discriminator, adds }: TablePart): boolean => [where, values, compute, discriminator, adds].every((each) => each === undefined);

const plainMapping = ({ key, into, columns, omit }: MappedPart): TableMapping => ({ key, into, ...(columns === undefined ? {} : { columns }), ...(omit === undefined ? {} : { omit }) });

const neededColumns = ({ key, where, values = {}, compute = {} }: MappedPart): string[] =>
  [...new Set([...key, ...where === undefined ? [] : predicateColumns(where), ...Object.keys(values), ...Object.values(compute).flatMap(computedFrom)])];

interface Derived {
  readonly facts: ColumnFacts;
  /** Over the source's table as x. */
  readonly sql: string;
  /** The target's column. */
  readonly into: string;
}

function derivedColumns(part: MappedPart, source: TableFacts): Derived[] {
  const { columns = {}, omit = [], values = {}, compute = {}, adds } = part;
  const copied = [...source.values()].filter(({ name }) => !omit.includes(name) && (adds === undefined || part.key.includes(name) || Object.hasOwn(columns, name))).map((facts): Derived => {
    const codes = values[facts.name];
    const into = columns[facts.name] ?? facts.name;
    return codes === undefined ? { facts, into, sql: of(facts.name) } : { facts: textFacts(facts.name), into, sql: decoded(facts.name, codes) };
  });
  const taken = new Set(copied.map(({ facts }) => facts.name));
  const made = Object.entries(compute).map(([column, computed]): Derived => ({ facts: textFacts(taken.has(column) ? `${column} (computed)` : column), into: column, sql: computedSql(computed) }));
  return [...copied, ...made];
}

const of = (column: string): string => `x.${quote(column)}`;
const printed = (column: string): string => printedText(of(column));
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const textFacts = (name: string): ColumnFacts => ({ name, type: 'text', declared: 'text', builtIn: true, deterministic: true });

/** A code that must be refused has no place in the target: something that no target holds stands for it, so that such a row differs. */
function decoded(column: string, { map, else: other = 'refuse' }: CodeMap): string {
  const text = printed(column);
  const cases = Object.entries(map).map(([code, image]) => `WHEN (${text}) COLLATE "C" = ${literal(code)} THEN ${image === null ? 'NULL' : literal(image)}`);
  const rest = other === 'keep' ? text : other === null ? 'NULL' : `${literal('(no such code) ')} || (${text})`;
  return `CASE WHEN (${text}) IS NULL THEN NULL ${cases.join(' ')} ELSE ${rest} END`;
}

function computedSql(computed: Computed): string {
  if ('constant' in computed) return computed.constant === null ? 'NULL::text' : `${literal(computed.constant)}::text`;
  if ('text' in computed) return templateParts(computed.text).map((part) => typeof part === 'string' ? literal(part) : `(${printed(part.column)})`).join(' || ');
  const expression = templateParts(computed.sql).map((part) => typeof part === 'string' ? part : part.type === undefined ? `(${printed(part.column)})` : `(${printed(part.column)})::${part.type}`).join('');
  return printedText(`(${expression})`);
}

function sourceQuery(table: string, { where, adds, key }: MappedPart, columns: readonly Derived[]): string {
  const rows = `SELECT ${columns.map(({ facts, sql }) => `${sql} AS ${quote(facts.name)}`).join(', ')} FROM ${quoteTable(tableRef(table))} AS x${where === undefined ? '' : ` WHERE ${predicateSql(where)}`}`;
  return adds === undefined ? `(${rows})` : `(SELECT * FROM (${rows}) AS x WHERE ${someFilled(columns.map(({ facts }) => facts.name).filter((name) => !key.includes(name)))})`;
}

/** Only rows that this source table makes, or adds to. */
function targetQuery({ into, key, columns = {}, compute = {}, discriminator = {}, adds }: MappedPart): string {
  const only = Object.entries(discriminator).map(([column, value]) => `(${printed(column)}) = ${literal(value)}`);
  const added = adds === undefined ? [] : [someFilled([...Object.entries(columns).filter(([from]) => !key.includes(from)).map(([, to]) => to), ...Object.keys(compute)])];
  const where = [...only, ...added];
  return where.length === 0 ? quoteTable(tableRef(into)) : `(SELECT * FROM ${quoteTable(tableRef(into))} AS x WHERE ${where.join(' AND ')})`;
}

const someFilled = (columns: readonly string[]): string => columns.length === 0 ? 'true' : `(${columns.map((column) => `${of(column)} IS DISTINCT FROM NULL`).join(' OR ')})`;

function predicateSql(predicate: Predicate): string {
  if ('and' in predicate) return `(${predicate.and.map(predicateSql).join(' AND ')})`;
  if ('or' in predicate) return `(${predicate.or.map(predicateSql).join(' OR ')})`;
  return 'not' in predicate ? `(NOT ${predicateSql(predicate.not)})` : comparisonSql(predicate);
}

function comparisonSql(predicate: Extract<Predicate, { column: string }>): string {
  const { column } = predicate;
  switch (predicate.op) {
    case 'is null': return `(${of(column)} IS NULL)`;
    case 'is not null': return `(${of(column)} IS NOT NULL)`;
    case 'in': return `(${predicate.values.map((value) => equals(column, value)).join(' OR ')})`;
    case 'not in': return `(NOT (${predicate.values.map((value) => equals(column, value)).join(' OR ')}))`;
    case '=': return equals(column, predicate.value);
    case '<>': return `(NOT ${equals(column, predicate.value)})`;
    default: return `(${of(column)} ${predicate.op} ${typeof predicate.value === 'number' ? String(predicate.value) : literal(predicate.value)})`;
  }
}

/** Texts are equal byte for byte, whatever the column's collation thinks. */
const equals = (column: string, value: Literal): string =>
  typeof value === 'number' ? `(${of(column)} = ${String(value)})` : typeof value === 'boolean' ? `(${of(column)} = ${String(value)})` : `((${printed(column)}) COLLATE "C" = ${literal(value)})`;

const blindSpots = (table: string, { where, omit = [], values = {}, into, adds }: MappedPart): string[] => [
  ...(where === undefined ? [] : [`${table}: rows outside the filter; that ${into} has none of them is seen.`]),
  ...(omit.length === 0 ? [] : [`${table}: the omitted column${omit.length === 1 ? '' : 's'} ${omit.join(', ')}.`]),
  ...Object.keys(values).map((column) => `${table}: which of several codes of ${column} a value in ${into} was, where they become one.`),
  ...(adds === undefined ? [] : [`${table}: rows that hold nothing but their key.`]),
];
