import type { ColumnText } from './change-event.ts';

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
