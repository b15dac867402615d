import type { Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import type { Chain, Link } from './chain.ts';

const OPENS = new Set(['transaction', '$transaction', 'withTransaction', 'runInTransaction', 'inTransaction', 'doInTransaction', 'transactional', 'tx', 'begin', 'manager.transaction']);
const DECORATORS = new Set(['Transactional', 'Transaction']);

/** A transaction that is opened by a chain, with the closures that run inside it. */
export interface Opened {
  readonly line: number;
  readonly closures: readonly number[];
  /** `$transaction([a, b])`: queries that stand in the list itself. */
  readonly listed: readonly Expr[];
}

/** `knex.transaction(async (trx) => …)`, `prisma.$transaction([…])`, `dataSource.transaction(…)`; a bare `db.transaction()` covers its function. */
export const openedBy = (chain: Chain): Opened | undefined => {
  const link = chain.links.find(({ name, call }) => call !== undefined && OPENS.has(name));
  if (link === undefined) return undefined;
  const closures = link.args.flatMap((arg) => (arg.kind === 'function' ? [arg.index] : []));
  const listed = link.args.flatMap((arg) => (arg.kind === 'array' ? arg.items : []));
  if (closures.length === 0 && (listed.length === 0 || link.name !== '$transaction')) return undefined;
  return link.name === 'tx' || link.name === 'begin' ? ofUncertainName(link, closures) : { line: link.line, closures, listed };
};

const ofUncertainName = (link: Link, closures: readonly number[]): Opened | undefined => (closures.length > 0 && link.args.length <= 2 ? { line: link.line, closures, listed: [] } : undefined);

/** `const trx = await knex.transaction()`, `BEGIN`: from here to the function's end. */
export const opensForFunction = (chain: Chain): number | undefined => {
  const last = chain.links.at(-1);
  if (last?.call === undefined) return undefined;
  if (BEGINS.has(last.name) && last.args.every(({ kind }) => kind !== 'function')) return last.line;
  const [first] = last.args;
  return first?.kind === 'text' && /^\s*(?:begin|start transaction)\b/i.test(first.value) ? last.line : undefined;
};

const BEGINS = new Set(['transaction', 'startTransaction', 'beginTransaction', 'transactionProvider']);

/** `@Transactional()` on a method. */
export const decoratedTransaction = (file: FileFacts, fact: FunctionFact): boolean =>
  file.functions.length > 0 && fact.decorators.some((one) => one.kind === 'call' && one.callee.kind === 'name' && DECORATORS.has(one.callee.name));
