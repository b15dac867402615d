import { HOLE } from '../interpret/values.ts';
import { eachExpr } from '../link/visit.ts';
import type { Expr, FileFacts } from '../parse/facts.ts';
import type { Recognised } from './found.ts';
import type { Models } from './models.ts';
import { OPEN_TABLE, readAll } from './raw-sql.ts';

export interface Unused { readonly file: FileFacts; readonly scope: number; readonly found: Recognised }

/** Written as statements are, not as sentences: "Select a seat from the list". */
const STATEMENT = /^\s*(?:SELECT\s[^;]*?\sFROM\s|WITH\s+(?:RECURSIVE\s+)?\w+\s+AS\s*\(|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|select\s[^;]*?\sfrom\s|with\s+(?:recursive\s+)?\w+\s+as\s*\(|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s)/;
/** A shorter piece of a text proves nothing about where it went. */
const TELLING_LENGTH = 12;

/** Statements that are written out and reach nothing that is known to run them: their tables still count when the project declares them; else they are listed. */
export const unusedStatements = (files: readonly FileFacts[], handed: ReadonlySet<string>, models: Models): Unused[] => {
  const all = [...handed].join('\n');
  return files.flatMap((file) => file.functions.flatMap((fact, scope) => {
    const found: Unused[] = [];
    eachExpr(fact.steps, (expr) => {
      const text = statementIn(expr);
      if (text === undefined || reached(text, all)) return;
      found.push({ file, scope, found: asFound(text, expr.kind === 'text' || expr.kind === 'template' ? expr.line : fact.line, models) });
    });
    return found;
  }));
};

/** `return `select … from ${this.table}``: whoever runs it is elsewhere, but that its table is not known is known here. */
export const returnedStatements = (file: FileFacts, scope: number, textsOf: (expr: Expr) => readonly string[]): Recognised[] =>
  (file.functions[scope]?.steps ?? []).flatMap((step) => {
    const { value } = step.kind === 'return' ? step : { value: undefined };
    if (value?.kind !== 'template' || statementIn(value) === undefined) return [];
    const { unresolved } = readAll(textsOf(value), { line: value.line });
    return unresolved?.why === OPEN_TABLE ? [{ touches: [], unresolved }] : [];
  });

const statementIn = (expr: Expr): string | undefined => {
  const text = expr.kind === 'text' ? expr.value : expr.kind === 'template' ? expr.texts.join(HOLE) : undefined;
  return text !== undefined && STATEMENT.test(text) ? text : undefined;
};

const reached = (text: string, handed: string): boolean => {
  const piece = text.split(HOLE).reduce((longest, one) => (one.length > longest.length ? one : longest), '');
  return piece.length < TELLING_LENGTH || handed.includes(piece);
};

const asFound = (text: string, line: number, models: Models): Recognised => {
  const { touches, unresolved } = readAll([text], { line });
  if (unresolved === undefined && touches.length > 0 && touches.every(({ table }) => models.hasTable(table))) return { touches: touches.map((one) => ({ ...one, fragment: true as const })) };
  const what = text.replaceAll(HOLE, '${…}').replace(/\s+/g, ' ').trim().slice(0, 100);
  return { touches: [], unresolved: { what, why: 'a statement that is handed to nothing that is known to run it', line } };
};
