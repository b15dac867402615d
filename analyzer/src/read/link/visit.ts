import type { Expr, FileFacts, Pattern, Step } from '../parse/facts.ts';

/** Calls `see` for every expression of a function's own steps, outermost first; closures are functions of their own and not entered. */
export const eachExpr = (steps: readonly Step[], see: (expr: Expr) => void): void => {
  for (const expr of expressionsOf(steps)) see(expr);
};

/** A dozen readers ask for the same expressions: they are collected once. */
const collected = new WeakMap<readonly Step[], readonly Expr[]>();

const expressionsOf = (steps: readonly Step[]): readonly Expr[] => {
  const known = collected.get(steps);
  if (known !== undefined) return known;
  const found: Expr[] = [];
  collect(steps, (expr) => { found.push(expr); });
  collected.set(steps, found);
  return found;
};

const collect = (steps: readonly Step[], see: (expr: Expr) => void): void => {
  for (const step of steps) {
    if (step.kind === 'each') {
      visit(step.of, see);
      collect(step.body, see);
    } else {
      if (step.value !== undefined) visit(step.value, see);
      if (step.kind === 'let') for (const initial of initialsOf(step.pattern)) visit(initial, see);
    }
  }
};

const initialsOf = (pattern: Pattern): Expr[] => (pattern.kind === 'object' ? pattern.entries.flatMap(({ initial, target }) => [...(initial === undefined ? [] : [initial]), ...initialsOf(target)]) : []);

export const visit = (expr: Expr, see: (expr: Expr) => void): void => {
  see(expr);
  for (const child of childrenOf(expr)) visit(child, see);
};

export const childrenOf = (expr: Expr): readonly Expr[] => (CHILDREN[expr.kind] as ((expr: Expr) => readonly Expr[]) | undefined)?.(expr) ?? [];

const one = (expr: { readonly of: Expr }): readonly Expr[] => [expr.of];
const several = (expr: { readonly of: readonly Expr[] }): readonly Expr[] => expr.of;

const CHILDREN: { readonly [K in Expr['kind']]?: (expr: Extract<Expr, { kind: K }>) => readonly Expr[] } = {
  call: (expr) => [expr.callee, ...expr.args], member: one, spread: one, cast: one, await: one, either: several, concat: several, other: several,
  index: (expr) => [expr.of, expr.by], template: (expr) => expr.holes, array: (expr) => expr.items, assign: (expr) => [expr.target, expr.value],
  object: (expr) => [...expr.properties.map(({ value }) => value), ...expr.spreads],
};

/** Every function of a file with the expressions that run in it; a class's field initialisers count to its constructor's surroundings. */
export const eachFunction = (file: FileFacts, see: (index: number, expr: Expr) => void): void => {
  for (const [index, fact] of file.functions.entries()) {
    eachExpr(fact.steps, (expr) => { see(index, expr); });
    for (const { initial, pattern } of fact.parameters) for (const one of [...(initial === undefined ? [] : [initial]), ...initialsOf(pattern)]) visit(one, (expr) => { see(index, expr); });
  }
  for (const fact of file.classes) {
    for (const { initial } of fact.fields) if (initial !== undefined) visit(initial, (expr) => { see(fact.scope, expr); });
  }
};
