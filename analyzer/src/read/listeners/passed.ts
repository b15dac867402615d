import type { CallSite } from '../calls.ts';
import { imaginedFrame } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { HOLE, each, texts, type Value } from '../interpret/values.ts';
import { findBinding } from '../link/scopes.ts';
import type { Expr, FileFacts, FunctionFact } from '../parse/facts.ts';

/** Expressions of one place, to be known there or where its function is called from. */
export interface Place {
  readonly file: FileFacts;
  readonly scope: number;
  readonly line: number;
  readonly name: Expr;
  readonly handlers: readonly Handed[];
}

/** An expression with the function it stands in. */
export interface Handed { readonly file: FileFacts; readonly scope: number; readonly expr: Expr }

export interface Named extends Place { readonly names: readonly string[] }

const FURTHEST = 3;

/**
 * Where a name is known: here, or, when it is a parameter (`listen(name, handler) { this.bus.on(name, handler) }`), at every call of the function that takes it.
 * A place whose name nobody knows comes back without names.
 */
export const namedPlaces = (place: Place, run: Interpreter, sites: ReadonlyMap<FunctionFact, readonly CallSite[]>, depth = 0): Named[] => {
  const names = [...new Set(textsIn(run.evaluate(place.name, imaginedFrame(run, place.file, place.scope))).filter((one) => one.replaceAll(HOLE, '') !== ''))].map((one) => one.replaceAll(HOLE, '*'));
  if (names.length > 0) return [{ ...place, names }];
  const taken = parameterOf(place, place.name);
  const callers = taken === undefined || depth >= FURTHEST ? [] : sites.get(taken.fact) ?? [];
  const further = callers.flatMap((site) => {
    const name = taken === undefined ? undefined : site.call.args[taken.position];
    return name === undefined ? [] : namedPlaces({ file: site.file, scope: site.scope, line: site.call.line, name, handlers: place.handlers.map((one) => fromCaller(one, taken?.fact, site)) }, run, sites, depth + 1);
  });
  return further.length > 0 ? further : [{ ...place, names: [] }];
};

const textsIn = (value: Value): string[] => each(value).flatMap((one) => (one.kind === 'list' ? one.items.flatMap(textsIn) : texts(one)));

/** A parameter that is taken as it is: `name`, not `options.name`. */
export const parameterOf = ({ file, scope }: Pick<Place, 'file' | 'scope'>, expr: Expr): { readonly fact: FunctionFact; readonly position: number } | undefined => {
  const binding = expr.kind === 'name' ? findBinding(file, scope, expr.name) : undefined;
  if (binding === undefined || binding.path.length > 0) return undefined;
  if (binding.from === 'let' && binding.value !== undefined) return parameterOf({ file, scope: binding.scope }, binding.value);
  const fact = binding.from === 'parameter' ? file.functions[binding.scope] : undefined;
  return fact === undefined || binding.position === undefined ? undefined : { fact, position: binding.position };
};

const fromCaller = (handed: Handed, fact: FunctionFact | undefined, site: CallSite): Handed => {
  const taken = parameterOf(handed, handed.expr);
  const given = taken !== undefined && taken.fact === fact ? site.call.args[taken.position] : undefined;
  return given === undefined ? handed : { file: site.file, scope: site.scope, expr: given };
};
