import { computedFrom, predicateColumns, templateParts, type Literal, type Predicate } from '@strangler/kernel';
import type pg from 'pg';
import { everyMap, type TableMap, type TableMaps } from '../apply/table-map.ts';
import { textRows } from '../capture/connect.ts';
import { quoteName, quoteTable, tableName } from '../capture/table-ref.ts';
import { sameKey, type TableDescription } from './describe.ts';
import type { Add } from './findings.ts';

export interface MappedDatabases {
  readonly source: pg.ClientBase;
  readonly target: pg.ClientBase;
  readonly maps: TableMaps;
  readonly sources: ReadonlyMap<string, TableDescription>;
  readonly targets: ReadonlyMap<string, TableDescription>;
}

/** Everything that would make a mapping mean one thing while it streams and another when it is copied or verified. */
export async function checkTransforms(databases: MappedDatabases, add: Add): Promise<void> {
  for (const map of everyMap(databases.maps)) {
    const [from, to] = [databases.sources.get(tableName(map.source)), databases.targets.get(tableName(map.target))];
    if (map.plain || from === undefined || to === undefined || !checkColumns(map, from, add)) continue;
    if (map.where !== undefined) await checkFilter(databases.source, map.where, map, from, add);
    await checkWhole(databases.source, map, from, add);
    await checkConstants(databases.target, map, to, add);
    for (const [column, computed] of Object.entries(map.compute)) if ('sql' in computed) await checkExpression(databases.target, map, column, computed.sql, to, add);
    if (map.added !== undefined) await checkAdded(databases, map, add);
  }
}

function checkColumns({ source, where, values, compute }: TableMap, from: TableDescription, add: Add): boolean {
  const named = [...where === undefined ? [] : predicateColumns(where), ...Object.keys(values), ...Object.values(compute).flatMap(computedFrom)];
  const unknown = [...new Set(named.filter((column) => !from.columns.has(column)))];
  if (unknown.length > 0) add('error', 'STR_COLUMN_MISSING', tableName(source), `The mapping needs columns the source's ${tableName(source)} does not have: ${unknown.join(', ')}.`, 'Correct the names.');
  const generated = named.filter((column) => from.columns.get(column)?.generated === true);
  if (generated.length > 0) add('error', 'STR_COLUMN_MISSING', tableName(source), `The mapping needs columns that ${tableName(source)} computes itself, and the log does not carry: ${generated.join(', ')}.`, 'Use the columns they are made of.');
  return unknown.length + generated.length === 0;
}

const FILTERABLE: Readonly<Record<'number' | 'boolean' | 'string' | 'ordered string', readonly string[]>> = {
  number: ['smallint', 'integer', 'bigint', 'numeric'],
  boolean: ['boolean'],
  string: ['text', 'character varying', 'uuid', 'date', 'timestamp without time zone'],
  'ordered string': ['date', 'timestamp without time zone'],
};

/** Types whose text says as much as their value, and literals written as the type prints them: else the filter would mean one thing on text and another in SQL. */
async function checkFilter(source: pg.ClientBase, where: Predicate, map: TableMap, from: TableDescription, add: Add): Promise<void> {
  for (const comparison of comparisons(where)) {
    const type = from.columns.get(comparison.column)?.type ?? '';
    if (await isFilterable(source, type, comparison)) await checkLiteral(source, map, type, comparison, add);
    else {
      const kind = kindOf(comparison);
      add('error', 'STR_FILTER_UNSOUND', tableName(map.source), `The filter compares ${comparison.column} (${type}) with ${JSON.stringify(comparison.literal)}${comparison.ordered ? ' by order' : ''}: on this type that is not the same as text and as a value.`,
        `Such a comparison takes ${FILTERABLE[kind].join(', ')}${kind === 'string' ? ' or an enum' : ''}.`);
    }
  }
}

interface Compared { readonly column: string; readonly literal: Literal; readonly ordered: boolean }

const kindOf = ({ literal, ordered }: Compared): keyof typeof FILTERABLE => typeof literal === 'string' ? (ordered ? 'ordered string' : 'string') : typeof literal === 'number' ? 'number' : 'boolean';

async function isFilterable(source: pg.ClientBase, type: string, comparison: Compared): Promise<boolean> {
  const kind = kindOf(comparison);
  if (FILTERABLE[kind].includes(type)) return true;
  return kind === 'string' && (await textRows<'e'>(source, "SELECT 1 AS e FROM pg_type WHERE oid = to_regtype($1) AND typtype = 'e'", [type])).length > 0;
}

async function checkLiteral(source: pg.ClientBase, { source: ref }: TableMap, type: string, { column, literal }: Compared, add: Add): Promise<void> {
  if (typeof literal !== 'string') return;
  const [printed] = await textRows<'text'>(source, `SELECT format('%s', $1::text::${type}) AS text`, [literal]).catch(() => []);
  if (printed?.text === literal) return;
  add('error', 'STR_FILTER_UNSOUND', tableName(ref), `The filter compares ${column} (${type}) with '${literal}', which ${printed === undefined ? 'is no such value' : `prints as '${printed.text}'`}.`, printed === undefined ? 'Correct it.' : `Write '${printed.text}'.`);
}

function comparisons(predicate: Predicate): Compared[] {
  if ('and' in predicate) return predicate.and.flatMap(comparisons);
  if ('or' in predicate) return predicate.or.flatMap(comparisons);
  if ('not' in predicate) return comparisons(predicate.not);
  if ('values' in predicate) return predicate.values.map((literal) => ({ column: predicate.column, literal, ordered: false }));
  return 'value' in predicate ? [{ column: predicate.column, literal: predicate.value, ordered: predicate.op !== '=' && predicate.op !== '<>' }] : [];
}

/** A large value that an update did not change is not in the log, unless the old row is: then a row that enters a filter could not be made whole, nor a column of several. */
async function checkWhole(source: pg.ClientBase, map: TableMap, from: TableDescription, add: Add): Promise<void> {
  if (from.identityKind === 'full') return;
  const large = new Set((await textRows<'name'>(source, "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attstorage <> 'p' AND attgenerated = ''", [quoteTable(map.source)])).map(({ name }) => name));
  const several = Object.values(map.compute).map(computedFrom).filter((columns) => columns.length > 1).flat();
  const needed = map.where === undefined ? several : [...from.columns.keys()].filter((column) => !map.omit.has(column) || predicateColumns(map.where ?? { and: [] }).includes(column));
  const missing = needed.filter((column) => large.has(column) && !map.sourceKey.includes(column));
  if (missing.length === 0) return;
  add('error', 'STR_REPLICA_IDENTITY', tableName(map.source), `The mapping into ${tableName(map.target)} needs ${[...new Set(missing)].join(', ')} with every update of ${tableName(map.source)}, and the log leaves out a large value that did not change.`,
    `ALTER TABLE ${quoteTable(map.source)} REPLICA IDENTITY FULL;`);
}

/** Constants, discriminators and what codes become must be values of the column they go to. */
async function checkConstants(target: pg.ClientBase, map: TableMap, to: TableDescription, add: Add): Promise<void> {
  const constants = [
    ...Object.entries(map.compute).flatMap(([column, computed]) => 'constant' in computed ? [{ column, value: computed.constant }] : []),
    ...Object.entries(map.discriminator ?? {}).map(([column, value]) => ({ column, value })),
    ...Object.entries(map.values).flatMap(([column, { map: codes }]) => Object.values(codes).map((value) => ({ column: map.renamed.get(column) ?? column, value }))),
  ];
  for (const { column, value } of constants) {
    const type = to.columns.get(column)?.type;
    if (type === undefined || value === null) continue;
    await target.query(`SELECT $1::text::${type}`, [value]).catch((error: unknown) => {
      add('error', 'STR_TYPE_MISMATCH', `${tableName(map.target)}.${column}`, `'${value}' is no ${type}: ${(error as Error).message}.`, 'Correct it in the mapping.');
    });
  }
}

/** Tried on an empty table of the right types. PostgreSQL lets only immutable expressions into an index, so it judges for us. */
async function checkExpression(target: pg.ClientBase, map: TableMap, column: string, sql: string, to: TableDescription, add: Add): Promise<void> {
  const where = `${tableName(map.target)}.${column}`;
  const parts = templateParts(sql).filter((part) => typeof part !== 'string');
  const names = new Map(parts.map(({ column: name, type }) => [`${name}:${type ?? ''}`, { probe: `p${String(parts.findIndex((part) => part.column === name && part.type === type))}`, type: type ?? 'text' }]));
  const expression = templateParts(sql).map((part) => typeof part === 'string' ? part : names.get(`${part.column}:${part.type ?? ''}`)?.probe ?? '').join('');
  await target.query('BEGIN');
  try {
    await target.query(`CREATE TEMPORARY TABLE strangler_probe (present boolean${[...names.values()].map(({ probe, type }) => `, ${probe} ${type}`).join('')})`);
    await target.query(`SELECT (${expression})::${to.columns.get(column)?.type ?? 'text'} FROM strangler_probe`);
    await target.query(`CREATE INDEX ON strangler_probe (((${expression}) IS NULL))`);
  } catch (error) {
    const mutable = (error as { code?: string }).code === '42P17';
    add('error', 'STR_EXPRESSION_UNSOUND', where, mutable ? `What makes ${column} is not immutable: the same row would become another one at another time, or in another session.` : `What makes ${column} cannot be computed: ${(error as Error).message}.`,
      mutable ? 'Use immutable functions; read a date or number with `{column:type}` rather than by a cast of text.' : 'Correct the expression. Columns stand in braces: `{price:numeric} / 100`.');
  } finally {
    await target.query('ROLLBACK');
  }
}

/** Rows of two tables that become one must come and go together, which only a foreign key that is checked at once promises. */
async function checkAdded({ source, maps }: MappedDatabases, map: TableMap, add: Add): Promise<void> {
  const maker = everyMap(maps).find((other) => other.added === undefined && tableName(other.target) === tableName(map.target));
  if (maker === undefined) return;
  if (!sameKey(map.key, maker.key)) add('error', 'STR_MERGE_UNSAFE', tableName(map.target), `${tableName(map.source)} would add columns by (${map.key.join(', ')}) to rows that are made by (${maker.key.join(', ')}).`, 'Rename the key columns alike in `columns`.');
  const [tied] = await textRows<'one'>(source, `SELECT 1 AS one FROM pg_constraint c WHERE contype = 'f' AND NOT condeferrable AND convalidated AND conrelid = $1::regclass AND confrelid = $2::regclass
    AND (SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)) = (SELECT array_agg(k ORDER BY k) FROM unnest($3::text[]) AS k)`,
    [quoteTable(map.source), quoteTable(maker.source), map.sourceKey]);
  if (tied !== undefined) return;
  add('error', 'STR_MERGE_UNSAFE', tableName(map.source), `Nothing ties a row of ${tableName(map.source)} to its row of ${tableName(maker.source)}: a row could outlive the one its columns belong to, and its values would be lost.`,
    `ALTER TABLE ${quoteTable(map.source)} ADD FOREIGN KEY (${map.sourceKey.map(quoteName).join(', ')}) REFERENCES ${quoteTable(maker.source)}; NOT DEFERRABLE, on the source.`);
}
