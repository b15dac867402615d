import type { CallExpr, Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import { findBinding } from './scopes.ts';
import type { Type } from './type.ts';
import { eachExpr, eachFunction } from './visit.ts';

/** The type of an expression that stands in function `scope` of `file`. */
type TypeOf = (file: FileFacts, scope: number, expr: Expr) => Type | undefined;

interface Handed { readonly scope: number; readonly call: CallExpr; readonly position: number }

const indexes = new WeakMap<FileFacts, ReadonlyMap<number, Handed>>();

/** Closures of a file by the call they are written into: `transactional((films) => …)`. */
export const handedIn = (file: FileFacts): ReadonlyMap<number, Handed> => {
  const known = indexes.get(file);
  if (known !== undefined) return known;
  const found = new Map<number, Handed>();
  eachFunction(file, (scope, expr) => {
    if (expr.kind === 'call') for (const [position, arg] of expr.args.entries()) if (arg.kind === 'function') found.set(arg.index, { scope, call: expr, position });
  });
  indexes.set(file, found);
  return found;
};

/** The type of a closure's parameter, from what the function of this project that takes the closure calls it with. */
export const givenByCaller = (file: FileFacts, index: number, position: number, typeOf: TypeOf): Type | undefined => {
  const handed = handedIn(file).get(index);
  const taker = handed === undefined ? undefined : typeOf(file, handed.scope, handed.call.callee);
  return handed === undefined || taker?.kind !== 'function' ? undefined : givenBy(taker, handed.position, position, typeOf);
};

const givenBy = (taker: Extract<Type, { kind: 'function' }>, handedAt: number, position: number, typeOf: TypeOf): Type | undefined => {
  const pattern = taker.file.functions[taker.index]?.parameters[handedAt]?.pattern;
  if (pattern?.kind !== 'name') return undefined;
  for (const [scope, inner] of taker.file.functions.entries()) {
    const found = isWithin(taker.file, scope, taker.index) ? argumentOf(taker.file, scope, inner, { name: pattern.name, of: taker.index, position }, typeOf) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};

const argumentOf = (file: FileFacts, scope: number, fact: FunctionFact, { name, of, position }: { name: string; of: number; position: number }, typeOf: TypeOf): Type | undefined => {
  let found: Type | undefined;
  eachExpr(fact.steps, (expr) => {
    if (found !== undefined || expr.kind !== 'call' || expr.callee.kind !== 'name' || expr.callee.name !== name) return;
    const arg = findBinding(file, scope, name)?.scope === of ? expr.args[position] : undefined;
    found = arg === undefined ? undefined : typeOf(file, scope, arg);
  });
  return found;
};

const isWithin = (file: FileFacts, index: number, outer: number): boolean => {
  for (let at = index; at >= 0; at = file.functions[at]?.parent ?? -1) if (at === outer) return true;
  return false;
};
