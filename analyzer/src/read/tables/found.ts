import type { TableAccess } from '../../model/graph.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import type { Frame } from '../interpret/values.ts';
import type { Program } from '../link/program.ts';
import type { Types } from '../link/types.ts';
import type { Expr, FileFacts } from '../parse/facts.ts';
import type { Chain } from './chain.ts';
import type { Model, Models } from './models.ts';

/** One table touched by one query, before it is known in which function and transaction. */
export interface Touch {
  readonly table: string;
  readonly mode: TableAccess['mode'];
  readonly columns: readonly string[];
  readonly via: TableAccess['via'];
  readonly line: number;
  /** Read off a part of a statement (`knex.raw('join …')`), not off a whole one. */
  readonly fragment?: true;
}

export const touch = (model: Model, mode: Touch['mode'], line: number): Touch => ({ table: model.table, mode, columns: [], via: model.via, line });

/** What a recogniser makes of a chain. `queries` counts what it took for a query, resolved or not. */
export interface Recognised {
  readonly touches: readonly Touch[];
  readonly unresolved?: { readonly what: string; readonly why: string; readonly line: number };
}

/** Tells of which model an expression is a row. */
export interface RowOrigins {
  readonly of: (expr: Expr, place: Place) => Model | undefined;
}

/** Where a chain stands, and the means to look around from there. */
export interface Place {
  readonly file: FileFacts;
  readonly scope: number;
  readonly frame: Frame;
  readonly run: Interpreter;
  readonly types: Types;
  readonly program: Program;
  readonly models: Models;
  /** The class for whose sake a method of its base is read. */
  readonly heir?: { readonly file: FileFacts; readonly index: number } | undefined;
  readonly rows: RowOrigins;
  /** Every text that was handed to something that may run it as SQL; readers add to it. */
  readonly statements: Set<string>;
  /** The project uses a query builder (knex, Kysely, Drizzle): names alone then say more. */
  readonly usesBuilder: boolean;
}

export type Recogniser = (chain: Chain, place: Place) => Recognised | undefined;

/** A short print of an expression for findings. */
export const printExpr = (expr: Expr): string => shorten(print(expr, 0));

const shorten = (text: string): string => (text.length > 100 ? `${text.slice(0, 97)}...` : text);

const print = (expr: Expr, depth: number): string => {
  if (depth > 6) return '…';
  switch (expr.kind) {
    case 'text': return `'${expr.value.replace(/\s+/g, ' ')}'`;
    case 'name': return expr.name;
    case 'this': return 'this';
    case 'literal': return String(expr.value);
    case 'template': return `\`${expr.texts.join('${…}').replace(/\s+/g, ' ')}\``;
    default: return printParts(expr, depth + 1);
  }
};

const printParts = (expr: Expr, depth: number): string => {
  switch (expr.kind) {
    case 'member': return `${print(expr.of, depth)}.${expr.name}`;
    case 'call': return `${print(expr.callee, depth)}(${expr.args.map((arg) => print(arg, depth + 2)).join(', ')})`;
    case 'index': return `${print(expr.of, depth)}[${print(expr.by, depth)}]`;
    case 'await': case 'cast': return print(expr.of, depth);
    default: return '…';
  }
};
