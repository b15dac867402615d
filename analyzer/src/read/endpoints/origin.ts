import type { Evidence } from '../../model/evidence.ts';
import type { Site } from '../interpret/interpreter.ts';
import { each, texts, type Value } from '../interpret/values.ts';
import { findBinding } from '../link/scopes.ts';
import { childrenOf } from '../link/visit.ts';
import type { Expr } from '../parse/facts.ts';

/**
 * Where a route is written: the innermost call that names its path itself. A wrapper that only passes a path on
 * (`get(path, handler) { this.app.get(path, …) }`) is not the place a reader looks for.
 */
export const originOf = (site: Site, paths: readonly string[], path: Value): Evidence => {
  for (let depth = site.run.stack.length - 1; depth >= 0; depth -= 1) {
    const at = site.run.stack[depth];
    if (at?.call.args.some((arg) => names(arg, at, paths)) === true) return place(at);
  }
  // A table of routes, filled elsewhere: the place that wrote the path.
  const written = each(path).find((one) => one.kind === 'text' && one.at !== undefined);
  return written?.kind === 'text' && written.at !== undefined && isPassedOn(site) ? written.at : place(site);
};

const isPassedOn = (site: Site): boolean => site.call.args.every((arg) => arg.kind !== 'text' && arg.kind !== 'template');

const place = (site: Site): Evidence => ({ file: site.frame.file.path, line: site.call.line });

const names = (expr: Expr, at: Site, paths: readonly string[]): boolean => {
  if (HOLDS.has(expr.kind)) return childrenOf(expr).some((one) => names(one, at, paths));
  switch (expr.kind) {
    case 'text': return paths.some((path) => isPartOf(expr.value, path));
    case 'template': return !expr.holes.some((hole) => isBorrowed(hole, at)) && isOneOf(expr, at, paths);
    case 'name': case 'member': return !isBorrowed(expr, at) && isOneOf(expr, at, paths);
    default: return false;
  }
};

const HOLDS: ReadonlySet<Expr['kind']> = new Set(['concat', 'either', 'array', 'object']);

const isPartOf = (part: string, path: string): boolean => path === part || (part.startsWith('/') && part !== '/' && (path.startsWith(part) || path.endsWith(part)));

const isOneOf = (expr: Expr, at: Site, paths: readonly string[]): boolean => texts(at.run.evaluate(expr, at.frame)).some((one) => paths.includes(one));

/** Comes from a parameter or from `this`: somebody else knows what it is. */
export const isBorrowed = (expr: Expr, at: Site, depth = 0): boolean => {
  if (depth > 6) return true;
  switch (expr.kind) {
    case 'this': return true;
    case 'member': case 'index': case 'spread': return isBorrowed(expr.of, at, depth + 1);
    case 'call': return [expr.callee, ...expr.args].some((one) => isBorrowed(one, at, depth + 1));
    case 'name': return isBorrowedName(expr.name, at, depth);
    default: return false;
  }
};

const isBorrowedName = (name: string, at: Site, depth: number): boolean => {
  const binding = findBinding(at.frame.file, at.frame.index, name);
  if (binding === undefined || binding.scope === 0) return false;
  return binding.from === 'parameter' || (binding.from === 'let' && binding.value !== undefined && isBorrowed(binding.value, at, depth + 1));
};
