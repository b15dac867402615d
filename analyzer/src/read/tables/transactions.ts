import type { CallExpr, Expr, FunctionFact } from '../parse/facts.ts';
import { before, rootName, type Chain, type Link } from './chain.ts';

const OPENS = new Set(['transaction', '$transaction', 'transactional', 'transacting', 'transact', 'atomic', 'atomically']);
/** `withTransaction`, `runInTx`, `executeInTransaction`; `uow.run`. */
const OPENS_LIKE = /^(?:with|in|run|do|exec|execute|perform|use|wrap)\w*(?:Tx|Trx|Transaction|Transactional|Transactionally|UnitOfWork)\w*$/;
const UNIT_OF_WORK = /^_?(?:uow|unitOfWork)$/i;
const RUNS = new Set(['run', 'execute', 'do', 'start', 'with', 'complete', 'withTransaction']);
const DECORATORS = new Set(['Transactional', 'Transaction']);
const BEGINS = new Set(['transaction', 'startTransaction', 'beginTransaction', 'transactionProvider', 'unmanagedTransaction']);

/** Monitoring has transactions of another kind: `Sentry.startTransaction('checkout')`. */
const MONITORS = /^(?:sentry|apm|newrelic|nr|tracer|agent|elasticApm|scout|appsignal)$/i;

/** A transaction that is opened by a chain around what it is handed. */
export interface Opened {
  readonly line: number;
  /** Who opens it: `session` of `session.withTransaction(…)`. */
  readonly opener: string;
  /** Functions, or names of them, that run inside it. */
  readonly run: readonly Expr[];
  /** `$transaction([a, b])`: queries that stand in the list itself. */
  readonly listed: readonly Expr[];
}

/** `knex.transaction(async (trx) => …)`, `prisma.$transaction([…])`, `dataSource.transaction('SERIALIZABLE', …)`, `uow.run(…)`. */
export const openedBy = (chain: Chain): Opened | undefined => {
  const position = chain.links.findIndex((link, at) => opens(chain, link, at));
  const link = chain.links[position];
  if (link === undefined) return undefined;
  const run = link.args.filter(({ kind }) => kind === 'function' || kind === 'name' || kind === 'member' || kind === 'call');
  const listed = link.args.flatMap((arg) => (arg.kind === 'array' && link.name === '$transaction' ? arg.items : []));
  const isCertain = listed.length > 0 || run.some(({ kind }) => kind === 'function');
  return isCertain || run.length > 0 ? { line: link.line, opener: rootName(chain), run, listed } : undefined;
};

const opens = (chain: Chain, link: Link, position: number): boolean => {
  if (link.call?.form !== 'call' || MONITORS.test(before(chain, position))) return false;
  const name = link.name === '' ? rootName(chain) : link.name;
  return SHORT.has(name) ? link.args.length <= 2 && link.args.some(({ kind }) => kind === 'function') : isOpener(name, before(chain, position));
};

/** Names too short to go by alone. */
const SHORT = new Set(['tx', 'begin']);

const isOpener = (name: string, receiver: string): boolean => OPENS.has(name) || OPENS_LIKE.test(name) || (RUNS.has(name) && UNIT_OF_WORK.test(receiver));

/** `const trx = await knex.transaction()`, `client.query('BEGIN')`: from here to the function's end. */
export const opensForFunction = (chain: Chain): number | undefined => {
  const last = chain.links.at(-1);
  if (last?.call === undefined || MONITORS.test(before(chain, chain.links.length - 1)) || MONITORS.test(rootName(chain))) return undefined;
  if (BEGINS.has(last.name) && last.args.every(({ kind }) => kind !== 'function')) return last.line;
  const [first] = last.args;
  return first?.kind === 'text' && /^\s*(?:begin|start transaction)\b/i.test(first.value) ? last.line : undefined;
};

/** `@Transactional()` on a method. */
export const decoratedTransaction = (fact: FunctionFact): boolean => fact.decorators.some((one) => one.kind === 'call' && one.callee.kind === 'name' && DECORATORS.has(one.callee.name));

/** What a call is made on: `service` of `service.reserve(…)`. */
export const receiverOf = ({ callee }: CallExpr): Expr | undefined => (callee.kind === 'member' || callee.kind === 'index' ? callee.of : undefined);
