import { computedFrom, ExitCode, predicateColumns } from '@strangler/kernel';
import type pg from 'pg';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { textRows } from '../capture/connect.ts';
import type { RelationColumn, Relations } from '../capture/packed.ts';
import { packedOf } from '../capture/packed-transaction.ts';
import { quoteName, quoteTable, tableName } from '../capture/table-ref.ts';
import { TableError } from './refusal.ts';
import type { Statement } from './statements.ts';
import { copiedTo, targetsOf, type TableMap, type TableMaps } from './table-map.ts';

/** A source table as its changes describe it; omitted columns are not there. */
export interface Shape {
  readonly table: string;
  readonly columns: readonly RelationColumn[];
}

interface TargetType { readonly oid: number; readonly modifier: number; readonly isText: boolean; readonly name: string }
type TargetTypes = ReadonlyMap<string, ReadonlyMap<string, TargetType>>;

const TYPES = `SELECT n.nspname AS schema, c.relname AS table, a.attname AS name, t.oid, a.atttypmod AS modifier, t.typcategory = 'S' AS is_text, format_type(a.atttypid, a.atttypmod) AS type
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
  WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND a.attnum > 0 AND NOT a.attisdropped`;

/** Integers and floats whose every value the second one holds, by oid. */
const WIDENS = new Set(['21-23', '21-20', '21-1700', '23-20', '23-1700', '20-1700', '700-701']);
/** Types from here on are the database's own: the same oid means something else on the other side. */
const FIRST_OWN_TYPE = 16_384;

/** What the source's tables looked like when their last row was applied, kept in the target; a change of it is judged before a row of the new shape goes in. */
export class SourceSchema {
  private readonly replication: string;
  private readonly maps: TableMaps;
  private known: Map<string, readonly RelationColumn[]>;
  private targets: TargetTypes = new Map();
  /** Nothing in these is new: the usual case costs one comparison. */
  private settled: Relations | undefined;

  private constructor(replication: string, maps: TableMaps, known: Map<string, readonly RelationColumn[]>) {
    this.replication = replication;
    this.maps = maps;
    this.known = known;
  }

  static async load(client: pg.ClientBase, replication: string, maps: TableMaps): Promise<SourceSchema> {
    const rows = await textRows<'source_table' | 'columns'>(client, 'SELECT source_table, columns FROM strangler.source_table WHERE replication = $1', [replication]);
    const schema = new SourceSchema(replication, maps, new Map(rows.map((row) => [row.source_table, JSON.parse(row.columns) as RelationColumn[]])));
    await schema.look(client);
    return schema;
  }

  /** Looks at the target's types again. */
  async look(client: pg.ClientBase): Promise<void> {
    const targets = targetsOf(this.maps);
    const rows = await textRows<'schema' | 'table' | 'name' | 'oid' | 'modifier' | 'is_text' | 'type'>(client, TYPES, [targets.map(({ schema }) => schema), targets.map(({ table }) => table)]);
    this.targets = new Map([...Map.groupBy(rows, tableName)].map(([table, columns]) =>
      [table, new Map(columns.map((row) => [row.name, { oid: Number(row.oid), modifier: Number(row.modifier), isText: row.is_text === 't', name: row.type }]))]));
  }

  /** Tables the transaction changes whose shape is not the known one. */
  newShapes(transaction: ChangeTransaction): readonly Shape[] {
    const relations = packedOf(transaction)?.relationsAfter;
    if (relations === undefined || relations === this.settled) return [];
    const strange = [...relations.values()].filter((relation) => this.maps.has(tableName(relation)) && !this.isKnown(tableName(relation), relation.columns));
    if (strange.length === 0) { this.settled = relations; return []; }
    const touched = new Set(transaction.events.map(tableName));
    return strange.filter((relation) => touched.has(tableName(relation))).map((relation) => ({ table: tableName(relation), columns: relation.columns }));
  }

  private isKnown(table: string, columns: readonly RelationColumn[]): boolean {
    if (columns.some(({ type }) => type === 0)) return true; // not from the WAL: nothing is said of types
    return JSON.stringify(this.known.get(table)) === JSON.stringify(columns);
  }

  /** Why rows of these shapes may not go in; undefined when they may. */
  problem(shapes: readonly Shape[]): TableError | undefined {
    for (const { table, columns } of shapes) {
      const known = this.known.get(table);
      if (known === undefined) continue;
      for (const map of this.maps.get(table) ?? []) {
        const found = compare(map, known, columns, this.targets.get(tableName(map.target)) ?? new Map());
        if (found.length > 0) return changed(map, found);
      }
    }
    return undefined;
  }

  /**
   * A transaction that drops a column may have written it before: the target has it no more, and the source neither. Where a column came as well it may be the old one
   * under another name, and its value may not be thrown away.
   */
  reshaped(transaction: ChangeTransaction & { readonly shapes: readonly Shape[] }): ChangeTransaction {
    const dropped = new Map(transaction.shapes.flatMap(({ table, columns }) => {
      const [before, now] = [new Set(this.known.get(table)?.map(({ name }) => name)), new Set(columns.map(({ name }) => name))];
      return now.isSubsetOf(before) && now.size < before.size ? [[table, now] as const] : [];
    }));
    if (dropped.size === 0) return transaction;
    return { ...transaction, events: transaction.events.map((event) => {
      const kept = dropped.get(tableName(event));
      return kept === undefined || !('after' in event) ? event : { ...event, after: Object.fromEntries(Object.entries(event.after).filter(([name]) => kept.has(name))) };
    }) };
  }

  /** Goes with the first rows of the new shape. */
  adoptStatements(shapes: readonly Shape[]): Statement[] {
    return shapes.map(({ table, columns }) => shapeStatement(this.replication, { table, columns }));
  }

  adopted(shapes: readonly Shape[]): void {
    for (const { table, columns } of shapes) this.known.set(table, columns);
  }
}

export const shapeStatement = (replication: string, { table, columns }: Shape): Statement => ({
  text: `INSERT INTO strangler.source_table (replication, source_table, columns) VALUES ($1, $2, $3::json) ON CONFLICT (replication, source_table) DO UPDATE SET columns = EXCLUDED.columns`,
  values: [replication, table, JSON.stringify(columns)],
});

interface Difference { readonly fact: string; readonly remedy: string }

function compare(map: TableMap, known: readonly RelationColumn[], now: readonly RelationColumn[], target: ReadonlyMap<string, TargetType>): Difference[] {
  const [before, after] = [new Map(known.map((column) => [column.name, column])), new Map(now.map((column) => [column.name, column]))];
  const filled = new Set([...now.map(({ name }) => copiedTo(map, name)), ...Object.keys(map.compute)]);
  const gone = known.filter(({ name }) => !after.has(name));
  const added = now.filter(({ name }) => !before.has(name));
  return [
    ...added.flatMap(({ name }) => addedColumn(map, name, target)),
    ...gone.flatMap(({ name }) => goneColumn(map, name, filled, target)),
    ...now.flatMap((column) => retypedColumn(map, before.get(column.name), column, target)),
  ];
}

function addedColumn(map: TableMap, name: string, target: ReadonlyMap<string, TargetType>): Difference[] {
  const into = copiedTo(map, name);
  return into === undefined || target.has(into) ? [] : [{ fact: `the column ${name} is new, and ${tableName(map.target)} has none of that name`, remedy: `ALTER TABLE ${quoteTable(map.target)} ADD COLUMN ${quoteName(into)} …, or rename or omit it in the config.` }];
}

function goneColumn(map: TableMap, name: string, filled: ReadonlySet<string | undefined>, target: ReadonlyMap<string, TargetType>): Difference[] {
  const needed = [...map.sourceKey, ...map.where === undefined ? [] : predicateColumns(map.where), ...Object.keys(map.values), ...Object.values(map.compute).flatMap(computedFrom)];
  if (needed.includes(name)) return [{ fact: `the column ${name} is gone, and the mapping needs it`, remedy: `Correct the mapping of ${tableName(map.source)} in the config and start again.` }];
  const into = copiedTo(map, name);
  if (into === undefined || filled.has(into) || !target.has(into)) return [];
  return [{ fact: `the column ${name} is gone (dropped, or renamed), and nothing would fill ${tableName(map.target)}.${into} any more`, remedy: `ALTER TABLE ${quoteTable(map.target)} DROP COLUMN ${quoteName(into)}; where it was renamed: RENAME COLUMN ${quoteName(into)} TO …, or name the new one in \`columns\` of the config.` }];
}

function retypedColumn(map: TableMap, before: RelationColumn | undefined, now: RelationColumn, target: ReadonlyMap<string, TargetType>): Difference[] {
  const into = copiedTo(map, now.name);
  const to = into === undefined ? undefined : target.get(into);
  if (before === undefined || to === undefined || (before.type === now.type && before.modifier === now.modifier) || reads(to, now)) return [];
  return [{ fact: `the column ${now.name} has another type, and ${tableName(map.target)}.${into ?? ''} is still ${to.name}`, remedy: `ALTER TABLE ${quoteTable(map.target)} ALTER COLUMN ${quoteName(into ?? '')} TYPE …, as on the source.` }];
}

/** A type of the database's own is left to the cast: there is no telling which one it is. */
const reads = (to: TargetType, { type, modifier }: RelationColumn): boolean =>
  type >= FIRST_OWN_TYPE || (to.oid === type ? to.modifier === -1 || to.modifier === modifier : to.isText ? to.modifier === -1 : WIDENS.has(`${String(type)}-${String(to.oid)}`));

const changed = (map: TableMap, found: readonly Difference[]): TableError => new TableError({
  code: 'STR_SCHEMA_CHANGED', exitCode: ExitCode.environment,
  message: `The source's ${tableName(map.source)} has changed: ${found.map(({ fact }) => fact).join('; ')}.`,
  remedy: found.map(({ remedy }) => remedy).join(' '),
}, tableName(map.target));

/** The shapes as of now, for a replication that begins: a change before its first row is then noticed, too. */
export async function readShapes(source: pg.ClientBase, maps: TableMaps, omitted: (table: string, column: string) => boolean): Promise<Shape[]> {
  const refs = [...maps.values()].flatMap(([map]) => map === undefined ? [] : [map.source]);
  const rows = await textRows<'schema' | 'table' | 'name' | 'type' | 'modifier'>(source, `SELECT n.nspname AS schema, c.relname AS table, a.attname AS name, a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`, [refs.map(({ schema }) => schema), refs.map(({ table }) => table)]);
  return [...Map.groupBy(rows, tableName)].map(([table, columns]) =>
    ({ table, columns: columns.filter(({ name }) => !omitted(table, name)).map(({ name, type, modifier }) => ({ name, type: Number(type), modifier: Number(modifier) })) }));
}
