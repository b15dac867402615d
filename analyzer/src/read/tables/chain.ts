import type { CallExpr, Expr } from '../parse/facts.ts';

/** One `.name(args)` of a chain; a plain `.name` has no call. */
export interface Link {
  readonly name: string;
  readonly args: readonly Expr[];
  readonly call?: CallExpr;
  readonly line: number;
}

/** `this.db('orders').where(…).first()` as a root and its links, in the order in which they run. */
export interface Chain {
  readonly root: Expr;
  readonly links: readonly Link[];
}

/** Takes a call apart; the whole expression it came from is its identity. */
export const chainOf = (expr: Expr): Chain => {
  const links: Link[] = [];
  let at = expr;
  for (let next = inward(at, links); next !== undefined; next = inward(at, links)) at = next;
  return { root: at, links: links.reverse() };
};

/** One step toward the root, noting the link that was passed. */
const inward = (at: Expr, links: Link[]): Expr | undefined => {
  if (at.kind === 'await' || at.kind === 'cast') return at.of;
  if (at.kind === 'member') {
    links.push({ name: at.name, args: [], line: at.line });
    return at.of;
  }
  return at.kind === 'call' ? intoCall(at, links) : undefined;
};

const intoCall = (at: CallExpr, links: Link[]): Expr | undefined => {
  if (at.callee.kind === 'member') {
    links.push({ name: at.callee.name, args: at.args, call: at, line: at.line });
    return at.callee.of;
  }
  if (at.form === 'new' || (at.callee.kind !== 'name' && at.callee.kind !== 'call')) return undefined;
  links.push({ name: '', args: at.args, call: at, line: at.line });
  return at.callee;
};

export const rootName = ({ root }: Chain): string => (root.kind === 'name' ? root.name : root.kind === 'this' ? 'this' : '');

/** The chain's parts by name: `this.db('x')` has a caller named `db`, whether a function, a field or a variable. */
export interface NamedCall {
  readonly receiver: string;
  readonly args: readonly Expr[];
  readonly call: CallExpr;
  readonly position: number;
}

/** Calls made directly on a name: `db('x')`, `this.db('x')`, `stores.trx('x')`. */
export const namedCalls = (chain: Chain): NamedCall[] => chain.links.flatMap((link, position) => {
  if (link.call === undefined) return [];
  if (link.name !== '') return [{ receiver: link.name, args: link.args, call: link.call, position }];
  return position === 0 && chain.root.kind === 'name' ? [{ receiver: chain.root.name, args: link.args, call: link.call, position }] : [];
});

export const hasLink = (chain: Chain, names: ReadonlySet<string>): boolean => chain.links.some(({ name, call }) => call !== undefined && names.has(name));

/** The name just before a link: `users` of `this.users.find()`. */
export const before = (chain: Chain, position: number): string => {
  const link = chain.links[position - 1];
  return link === undefined ? rootName(chain) : link.name === '' ? rootName(chain) : link.name;
};
