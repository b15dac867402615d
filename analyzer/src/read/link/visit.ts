import type { Expr, FileFacts, Pattern, Step } from '../parse/facts.ts';

/** Calls `see` for every expression of a function's own steps, outermost first; closures are functions of their own and not entered. */
export const eachExpr = (steps: readonly Step[], see: (expr: Expr) => void): void => {
  for (const step of steps) {
    if (step.kind === 'each') {
      visit(step.of, see);
      eachExpr(step.body, see);
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

export const childrenOf = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case 'call': return [expr.callee, ...expr.args];
    case 'member': case 'spread': case 'cast': case 'await': return [expr.of];
    case 'index': return [expr.of, expr.by];
    case 'template': return expr.holes;
    case 'object': return [...expr.properties.map(({ value }) => value), ...expr.spreads];
    case 'array': return expr.items;
    case 'either': case 'concat': case 'other': return expr.of;
    case 'assign': return [expr.target, expr.value];
    default: return [];
  }
};

/** Every function of a file with the expressions that run in it; a class's field initialisers count to its constructor's surroundings. */
export const eachFunction = (file: FileFacts, see: (index: number, expr: Expr) => void): void => {
  for (const [index, fact] of file.functions.entries()) {
    eachExpr(fact.steps, (expr) => { see(index, expr); });
    for (const { initial } of fact.parameters) if (initial !== undefined) visit(initial, (expr) => { see(index, expr); });
  }
  for (const fact of file.classes) {
    for (const { initial } of fact.fields) if (initial !== undefined) visit(initial, (expr) => { see(fact.scope, expr); });
  }
};
