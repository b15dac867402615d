import { ExitCode, StranglerError } from '@strangler/kernel';
import type { ColumnText, RowText, TableRef } from '../capture/change-event.ts';
import { quoteName, quoteTable, tableName } from '../capture/table-ref.ts';
import type { ApplyMode, NetEffect, RowGroup, Step } from './plan.ts';
import type { TargetCatalog, TargetColumn, TargetColumns } from './target-catalog.ts';

export interface Statement {
  readonly text: string;
  readonly values: readonly string[];
}

/** The steps as SQL, in order. Every value is text, one array per column; the target casts it to its own type. */
export const statements = (steps: readonly Step[], catalog: TargetCatalog, mode: ApplyMode): Statement[] => steps.flatMap((step) => {
  switch (step.kind) {
    case 'net': return step.effects.flatMap((effect) => netStatements(effect, columnsOf(catalog, effect.target), mode));
    case 'move': return [moveStatement(step, columnsOf(catalog, step.target), mode)];
    // Readers of the target keep their snapshot, and tables that refer to this one do not stand in the way: neither is so with TRUNCATE.
    case 'truncate': return [{ text: `DELETE FROM ${quoteTable(step.target)}`, values: [] }];
  }
});

function netStatements({ target, key, deletes, upserts, updates }: NetEffect, columns: TargetColumns, mode: ApplyMode): Statement[] {
  return [
    ...portions(deletes).map((rows) => deleteStatement(target, key, rows, columns)),
    ...upserts.flatMap((group) => portions(group.rows).map((rows) => upsertStatement(target, key, { ...group, rows }, columns))),
    ...updates.flatMap((group) => portions(group.rows).map((rows) => updateStatement(target, key, { ...group, rows }, columns, mode))),
  ];
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

function deleteStatement(target: TableRef, key: readonly string[], rows: readonly RowText[], columns: TargetColumns): Statement {
  return {
    text: `DELETE FROM ${quoteTable(target)} AS t USING ${unnest(key)} WHERE ${sameKey(target, key, columns)}`,
    values: key.map((column) => arrayOf(rows, column)),
  };
}

function upsertStatement(target: TableRef, key: readonly string[], { columns: given, rows }: RowGroup, columns: TargetColumns): Statement {
  const written = given.filter((name) => !column(target, columns, name).generated);
  const changed = written.filter((name) => !key.includes(name) && !column(target, columns, name).identityAlways);
  const names = written.map(quoteName).join(', ');
  const onConflict = changed.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${changed.map((name) => `${quoteName(name)} = EXCLUDED.${quoteName(name)}`).join(', ')}`;
  return {
    text: `INSERT INTO ${quoteTable(target)} (${names}) OVERRIDING SYSTEM VALUE SELECT ${written.map((name) => cast('s', name, target, columns)).join(', ')} FROM ${unnest(written)} `
      + `ON CONFLICT (${key.map(quoteName).join(', ')}) ${onConflict}`,
    values: written.map((name) => arrayOf(rows, name)),
  };
}

function updateStatement(target: TableRef, key: readonly string[], { columns: given, rows }: RowGroup, columns: TargetColumns, mode: ApplyMode): Statement {
  const changed = given.filter((name) => !key.includes(name) && !column(target, columns, name).generated && !column(target, columns, name).identityAlways);
  const sent = [...key, ...changed];
  const sets = (changed.length === 0 ? key : changed).map((name) => `${quoteName(name)} = ${cast('s', name, target, columns)}`).join(', ');
  return expecting({
    text: `UPDATE ${quoteTable(target)} AS t SET ${sets} FROM ${unnest(sent)} WHERE ${sameKey(target, key, columns)}`,
    values: sent.map((name) => arrayOf(rows, name)),
  }, rows.length, mode);
}

function moveStatement({ target, key, keyBefore, row }: Extract<Step, { kind: 'move' }>, columns: TargetColumns, mode: ApplyMode): Statement {
  const changed = Object.keys(row).filter((name) => !column(target, columns, name).generated);
  const sent = [...key.map((name) => keyBefore[name] ?? null), ...changed.map((name) => row[name] ?? null)];
  const aliases = [...key.map((_, index) => `k${String(index)}`), ...changed.map((_, index) => `c${String(index)}`)];
  const sets = changed.map((name, index) => `${quoteName(name)} = s.c${String(index)}::${column(target, columns, name).cast}`).join(', ');
  const where = key.map((name, index) => `t.${quoteName(name)} = s.k${String(index)}::${column(target, columns, name).cast}`).join(' AND ');
  return expecting({
    text: `UPDATE ${quoteTable(target)} AS t SET ${sets} FROM ${unnest(aliases)} WHERE ${where}`,
    values: sent.map((value) => arrayLiteral([value])),
  }, 1, mode);
}

/** In strict mode a row that is not there is an error: the division by zero stops the transaction before it commits, and the replay row by row names the row. */
function expecting({ text, values }: Statement, rows: number, mode: ApplyMode): Statement {
  if (mode === 'idempotent') return { text, values };
  return {
    text: `WITH written AS (${text} RETURNING 1) SELECT 1 / (count(*) = $${String(values.length + 1)}::bigint)::int FROM written`,
    values: [...values, String(rows)],
  };
}

const unnest = (names: readonly string[]): string => `unnest(${names.map((_, index) => `$${String(index + 1)}::text[]`).join(', ')}) AS s(${names.map(quoteName).join(', ')})`;

const sameKey = (target: TableRef, key: readonly string[], columns: TargetColumns): string =>
  key.map((name) => `t.${quoteName(name)} = ${cast('s', name, target, columns)}`).join(' AND ');

const cast = (alias: string, name: string, target: TableRef, columns: TargetColumns): string => `${alias}.${quoteName(name)}::${column(target, columns, name).cast}`;

const arrayOf = (rows: readonly RowText[], name: string): string => arrayLiteral(rows.map((row) => row[name] ?? null));

/** A `text[]` in PostgreSQL's array syntax. Always quoted, so that 'NULL' the word stays apart from NULL. */
export function arrayLiteral(values: readonly ColumnText[]): string {
  let text = '{';
  for (const [index, value] of values.entries()) {
    if (index > 0) text += ',';
    if (value === null) text += 'NULL';
    else text += /["\\]/.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : `"${value}"`;
  }
  return `${text}}`;
}

function columnsOf(catalog: TargetCatalog, target: TableRef): TargetColumns {
  const columns = catalog.get(tableName(target));
  if (columns !== undefined) return columns;
  throw new StranglerError({
    code: 'STR_TARGET_TABLE_MISSING',
    message: `The target has no table ${tableName(target)}.`,
    remedy: 'Run the service\'s migrations, then start the replication again: it goes on where it stopped.',
    exitCode: ExitCode.environment,
  });
}

function column(target: TableRef, columns: TargetColumns, name: string): TargetColumn {
  const found = columns.get(name);
  if (found !== undefined) return found;
  throw new StranglerError({
    code: 'STR_TARGET_COLUMN_MISSING',
    message: `The source sends ${tableName(target)}.${name}, and the target has no such column.`,
    remedy: `Add it (ALTER TABLE ${quoteTable(target)} ADD COLUMN ${quoteName(name)} …) and start again: the replication goes on where it stopped. Or omit the column in the config.`,
    exitCode: ExitCode.environment,
  });
}
