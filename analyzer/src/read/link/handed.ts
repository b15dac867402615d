import type { CallExpr, Expr, FileFacts, FunctionFact, TypeFact } from '../parse/facts.ts';
import { findBinding } from './scopes.ts';
import { givenTo, type Known, type Type } from './type.ts';
import { eachExpr, eachFunction } from './visit.ts';

/** What a closure's parameters need to know of types. */
interface Asked {
  /** The type of an expression that stands in function `scope` of `file`. */
  readonly of: (file: FileFacts, scope: number, expr: Expr) => Type | undefined;
  readonly resolve: (file: FileFacts, type: TypeFact, known?: Known) => Type | undefined;
}

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

/** Methods of lists that call back with an item: in which place. */
const CALLED_BACK: Readonly<Record<string, readonly number[]>> = {
  forEach: [0], map: [0], flatMap: [0], filter: [0], find: [0], findLast: [0], findIndex: [0], some: [0], every: [0], sort: [0, 1], toSorted: [0, 1], reduce: [1], reduceRight: [1],
};

/** The type of a closure's parameter: an item of the list it goes over, what the function that takes it calls it with, or what that is declared to call it with. */
export const givenByCaller = (file: FileFacts, index: number, position: number, asked: Asked): Type | undefined => {
  const handed = handedIn(file).get(index);
  if (handed === undefined) return undefined;
  const taker = asked.of(file, handed.scope, handed.call.callee);
  return itemGiven(file, handed, position, asked) ?? (taker === undefined ? undefined : givenByType(taker, handed.position, position, asked));
};

const itemGiven = (file: FileFacts, { scope, call: { callee }, position: at }: Handed, position: number, asked: Asked): Type | undefined => {
  if (callee.kind !== 'member' || at !== 0 || !Object.hasOwn(CALLED_BACK, callee.name) || CALLED_BACK[callee.name]?.includes(position) !== true) return undefined;
  const list = asked.of(file, scope, callee.of);
  return list?.kind === 'list' ? list.of : undefined;
};

const givenByType = (taker: Type, handedAt: number, position: number, asked: Asked): Type | undefined => {
  switch (taker.kind) {
    case 'function': return givenBy(taker, handedAt, position, (file, scope, expr) => asked.of(file, scope, expr)) ?? declaredBy(taker.file, taker.file.functions[taker.index]?.parameters[handedAt]?.type, position, asked);
    case 'callable': return declaredBy(taker.file, taker.type.parameters?.[handedAt], position, asked, taker.known);
    case 'declared': return taker.type === undefined ? undefined : givenByType(taker.type, handedAt, position, asked);
    default: return undefined;
  }
};

/** `(work: (store: Store) => Promise<void>)`, also under a name of its own. */
const declaredBy = (file: FileFacts, type: TypeFact | undefined, position: number, asked: Asked, known?: Known): Type | undefined => {
  const takes = type === undefined ? undefined : callableOf(asked.resolve(file, type, known), asked);
  const parameter = takes?.type.parameters?.[position];
  return takes === undefined || parameter === undefined ? undefined : asked.resolve(takes.file, parameter, takes.known);
};

const callableOf = (type: Type | undefined, asked: Asked): Extract<Type, { kind: 'callable' }> | undefined => {
  if (type?.kind !== 'shape') return type?.kind === 'callable' ? type : undefined;
  const alias = type.file.shapes.get(type.name)?.alias;
  return alias?.name === '=>' ? callableOf(asked.resolve(type.file, alias, givenTo(type)), asked) : undefined;
};

type TypeOf = Asked['of'];

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
