import { quoteName, quoteTable } from '../capture/table-ref.ts';
import { afterColumn, afterTuple, u16, UNCHANGED_VALUE } from '../capture/tuple.ts';
import { copyRows, keepFields } from './packed-copy.ts';
import { textArrays } from './packed-arrays.ts';
import type { PackedEffect, PackedStep, RowAt } from './packed-plan.ts';
import type { Shape, ShapeColumn } from './packed-shape.ts';
import { column, deleteText, expecting, settable, statements, tableOf, updateText, type Table, type Work } from './statements.ts';
import type { TargetCatalog } from './target-catalog.ts';

/**
 * The steps as SQL, in order, for strict mode. Rows to insert go by COPY: they cannot be there, and if one is the batch fails and is applied row by row. Keys and rows
 * to update go as one binary `text[]` per column, whose elements are the tuple's own bytes.
 */
export const packedStatements = (steps: readonly PackedStep[], catalog: TargetCatalog): Work[] => steps.flatMap((step): Work[] => {
  switch (step.kind) {
    case 'packed': return effectStatements(step, tableOf(catalog, step.shape.into));
    case 'copied': return [snapshotCopy(step.shape, step.text, tableOf(catalog, step.shape.into))];
    default: return statements([step], catalog, 'strict');
  }
});

function effectStatements({ shape, deletes, inserts, updates, partial }: PackedEffect, table: Table): Work[] {
  const inserted = copied(table, shape.columns);
  return [
    ...portions(deletes).map((rows) => ({ text: deleteText(table), values: textArrays(rows, shape.keyAt) })),
    ...portions(inserts).map((rows) => ({ text: copyText(table, inserted), copy: copyRows(rows, wantedOf(inserted)) })),
    ...portions(updates).map((rows) => updating(shape, shape.columns, rows, table)),
    ...[...Map.groupBy(partial, presence)].flatMap(([there, rows]) => portions(rows).map((some) => updating(shape, shape.columns.filter(({ at }) => there[at] === '1'), some, table))),
  ];
}

const PORTION = { rows: 5_000, bytes: 8_000_000 };

/** A source transaction has any size; what one message carries stays far below what the protocol can. */
function portions(rows: readonly RowAt[]): (readonly RowAt[])[] {
  const cut: RowAt[][] = [];
  let room = { rows: 0, bytes: 0 };
  for (const row of rows) {
    const bytes = afterTuple(row.bytes, row.at) - row.at;
    if (room.rows < 1 || room.bytes < bytes) {
      cut.push([]);
      room = { ...PORTION };
    }
    cut.at(-1)?.push(row);
    room.rows -= 1;
    room.bytes -= bytes;
  }
  return cut;
}

/** Generated columns are the target's own. */
const copied = (table: Table, columns: readonly ShapeColumn[]): ShapeColumn[] => columns.filter(({ name }) => !column(table, name).generated);

/** By place in the tuple. */
const wantedOf = (columns: readonly ShapeColumn[]): readonly boolean[] => {
  const wanted: boolean[] = [];
  for (const { at } of columns) wanted[at] = true;
  return wanted;
};

const copyText = (table: Table, columns: readonly ShapeColumn[]): string => `COPY ${quoteTable(table.target)} (${columns.map(({ name }) => quoteName(name)).join(', ')}) FROM STDIN`;

/** Mostly the lines as the source wrote them; without the fields that the target does not take. */
function snapshotCopy({ relation, columns }: Shape, text: Buffer, table: Table): Work {
  const kept = copied(table, columns);
  return { text: copyText(table, kept), copy: kept.length === relation.columns.length ? text : keepFields(text, wantedOf(kept)) };
}

function updating({ keyAt }: Shape, given: readonly ShapeColumn[], rows: readonly RowAt[], table: Table): Work {
  const changed = settable(table, given.map(({ name }) => name));
  const places = changed.map((name) => given.find((each) => each.name === name)?.at ?? -1);
  return expecting({ text: updateText(table, changed), values: textArrays(rows, [...keyAt, ...places]) }, rows.length, 'strict');
}

/** Which columns a tuple brings, one digit each. */
function presence({ bytes, at }: RowAt): string {
  let [text, position] = ['', at + 2];
  for (let left = u16(bytes, at); left > 0; left -= 1) {
    text += bytes[position] === UNCHANGED_VALUE ? '0' : '1';
    position = afterColumn(bytes, position);
  }
  return text;
}
