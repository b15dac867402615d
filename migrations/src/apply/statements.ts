import { ExitCode } from '@strangler/kernel';
import { arrayLiteral } from '../capture/array-literal.ts';
import type { RowText, TableRef } from '../capture/change-event.ts';
import { quoteName, quoteTable, tableName } from '../capture/table-ref.ts';
import type { ApplyMode, NetEffect, RowGroup, Step } from './plan.ts';
import type { Into } from './table-map.ts';
import { TableError } from './refusal.ts';
import type { TargetCatalog, TargetColumn, TargetColumns } from './target-catalog.ts';

export interface Statement {
  readonly text: string;
  /** A Buffer goes as it is, in binary format. */
  readonly values: readonly (string | Buffer)[];
}

/** A statement, or a COPY with all its data. */
export type Work = Statement | { readonly text: string; readonly copy: Buffer };

/** The steps as SQL, in order. Every value is text, one array per column; the target casts it to its own type. */
export const statements = (steps: readonly Step[], catalog: TargetCatalog, mode: ApplyMode): Statement[] => steps.flatMap((step) => {
  switch (step.kind) {
    case 'net': return step.effects.flatMap((effect) => netStatements(effect, tableOf(catalog, effect.into), mode));
    case 'move': return [moveStatement(step, tableOf(catalog, step.into), mode)];
    case 'truncate': return [truncateStatement(step.into, catalog)];
  }
});

/** A target table as a mapping writes it. */
export interface Table extends Into {
  readonly columns: TargetColumns;
}

export const tableOf = (catalog: TargetCatalog, into: Into): Table => ({ ...into, columns: columnsOf(catalog, into.target) });

function netStatements({ deletes, upserts, updates, clears }: NetEffect, table: Table, mode: ApplyMode): Statement[] {
  return [
    ...portions(deletes).map((rows) => deleteStatement(table, rows)),
    ...upserts.flatMap((group) => portions(group.rows).map((rows) => upsertStatement(table, { ...group, rows }))),
    ...updates.flatMap((group) => portions(group.rows).map((rows) => updateStatement(table, { ...group, rows }, mode))),
    ...clears.flatMap((group) => portions(group.rows).map((rows) => updateStatement(table, { ...group, rows }, 'idempotent'))),
  ];
}

/** Readers of the target keep their snapshot, and tables that refer to this one do not stand in the way: neither is so with TRUNCATE. */
function truncateStatement({ target, discriminator, added }: Into, catalog: TargetCatalog): Statement {
  if (added !== undefined) return { text: `UPDATE ${quoteTable(target)} SET ${added.map((name) => `${quoteName(name)} = NULL`).join(', ')}`, values: [] };
  if (discriminator === undefined) return { text: `DELETE FROM ${quoteTable(target)}`, values: [] };
  const table = tableOf(catalog, { target, key: [] });
  const where = Object.keys(discriminator).map((name, index) => `${quoteName(name)} = $${String(index + 1)}::text::${column(table, name).cast}`).join(' AND ');
  return { text: `DELETE FROM ${quoteTable(target)} WHERE ${where}`, values: Object.values(discriminator).map((value) => value ?? '') };
}

const PORTION = { rows: 2_000, characters: 16_000_000 };

/** A source transaction has any size; a statement's arrays stay far below what one message or one JavaScript string can hold. */
function portions(rows: readonly RowText[]): (readonly RowText[])[] {
  const cut: RowText[][] = [];
  let room = { rows: 0, characters: 0 };
  for (const row of rows) {
    const characters = Object.values(row).reduce((sum, value) => sum + (value?.length ?? 0), 0);
    if (room.rows < 1 || room.characters < characters) {
      cut.push([]);
      room = { ...PORTION };
    }
    cut.at(-1)?.push(row);
    room.rows -= 1;
    room.characters -= characters;
  }
  return cut;
}

/** Parameters: a `text[]` per key column. */
export const deleteText = (table: Table): string => `DELETE FROM ${quoteTable(table.target)} AS t USING ${unnest(table.key)} WHERE ${sameKey(table)}`;

/** Parameters: a `text[]` per key column, then one per changed column. */
export function updateText(table: Table, changed: readonly string[]): string {
  const sets = (changed.length === 0 ? table.key : changed).map((name) => `${quoteName(name)} = ${sent(table, name)}`).join(', ');
  return `UPDATE ${quoteTable(table.target)} AS t SET ${sets} FROM ${unnest([...table.key, ...changed])} WHERE ${sameKey(table)}`;
}

/** Of the columns given those that an update may set. */
export const settable = (table: Table, given: readonly string[]): string[] =>
  given.filter((name) => !table.key.includes(name) && !column(table, name).generated && !column(table, name).identityAlways);

const deleteStatement = (table: Table, rows: readonly RowText[]): Statement => ({ text: deleteText(table), values: table.key.map((name) => arrayOf(rows, name)) });

function upsertStatement(table: Table, { columns: given, rows }: RowGroup): Statement {
  const { target, key } = table;
  const written = given.filter((name) => !column(table, name).generated);
  const changed = written.filter((name) => !key.includes(name) && !column(table, name).identityAlways);
  const names = written.map(quoteName).join(', ');
  const onConflict = changed.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${changed.map((name) => `${quoteName(name)} = EXCLUDED.${quoteName(name)}`).join(', ')}`;
  return {
    text: `INSERT INTO ${quoteTable(target)} (${names}) OVERRIDING SYSTEM VALUE SELECT ${written.map((name) => sent(table, name)).join(', ')} FROM ${unnest(written)} `
      + `ON CONFLICT (${key.map(quoteName).join(', ')}) ${onConflict}`,
    values: written.map((name) => arrayOf(rows, name)),
  };
}

function updateStatement(table: Table, { columns: given, rows }: RowGroup, mode: ApplyMode): Statement {
  const changed = settable(table, given);
  return expecting({ text: updateText(table, changed), values: [...table.key, ...changed].map((name) => arrayOf(rows, name)) }, rows.length, mode);
}

function moveStatement({ into, keyBefore, row }: Extract<Step, { kind: 'move' }>, table: Table, mode: ApplyMode): Statement {
  const { target, key } = into;
  const changed = Object.keys(row).filter((name) => !column(table, name).generated);
  const values = [...key.map((name) => keyBefore[name] ?? null), ...changed.map((name) => row[name] ?? null)];
  const aliases = [...key.map((_, index) => `k${String(index)}`), ...changed.map((_, index) => `c${String(index)}`)];
  const sets = changed.map((name, index) => `${quoteName(name)} = ${sent(table, name, `s.c${String(index)}`)}`).join(', ');
  const where = key.map((name, index) => `t.${quoteName(name)} = s.k${String(index)}::${column(table, name).cast}`).join(' AND ');
  return expecting({
    text: `UPDATE ${quoteTable(target)} AS t SET ${sets} FROM ${unnest(aliases)} WHERE ${where}`,
    values: values.map((value) => arrayLiteral([value])),
  }, 1, mode);
}

/** In strict mode a row that is not there is an error: the division by zero stops the transaction before it commits, and the replay row by row names the row. */
export function expecting({ text, values }: Statement, rows: number, mode: ApplyMode): Statement {
  if (mode === 'idempotent') return { text, values };
  return {
    text: `WITH written AS (${text} RETURNING 1) SELECT 1 / (count(*) = $${String(values.length + 1)}::bigint)::int FROM written`,
    values: [...values, String(rows)],
  };
}

const unnest = (names: readonly string[]): string => `unnest(${names.map((_, index) => `$${String(index + 1)}::text[]`).join(', ')}) AS s(${names.map(quoteName).join(', ')})`;

const sameKey = (table: Table): string => table.key.map((name) => `t.${quoteName(name)} = ${sent(table, name)}`).join(' AND ');

/** The value that was sent as text, as the column's type; a computed column is made of the array that was sent in its place. */
function sent(table: Table, name: string, as = `s.${quoteName(name)}`): string {
  const make = table.computed?.get(name);
  return make === undefined ? `${as}::${column(table, name).cast}` : `(${make(`${as}::text[]`)})::${column(table, name).cast}`;
}

const arrayOf = (rows: readonly RowText[], name: string): string => arrayLiteral(rows.map((row) => row[name] ?? null));

function columnsOf(catalog: TargetCatalog, target: TableRef): TargetColumns {
  const columns = catalog.get(tableName(target));
  if (columns !== undefined) return columns;
  throw new TableError({
    code: 'STR_TARGET_TABLE_MISSING',
    message: `The target has no table ${tableName(target)}.`,
    remedy: 'Run the service\'s migrations, then start the replication again: it goes on where it stopped.',
    exitCode: ExitCode.environment,
  }, tableName(target));
}

export function column({ target, columns }: Pick<Table, 'target' | 'columns'>, name: string): TargetColumn {
  const found = columns.get(name);
  if (found !== undefined) return found;
  throw new TableError({
    code: 'STR_TARGET_COLUMN_MISSING',
    message: `The source sends ${tableName(target)}.${name}, and the target has no such column.`,
    remedy: `Add it (ALTER TABLE ${quoteTable(target)} ADD COLUMN ${quoteName(name)} …) and start again: the replication goes on where it stopped. Or omit the column in the config.`,
    exitCode: ExitCode.environment,
  }, tableName(target));
}
