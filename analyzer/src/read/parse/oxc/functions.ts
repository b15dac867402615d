import type { ArrowFunctionExpression, BindingPattern, BindingProperty, BindingRestElement, Decorator, FormalParameterRest, Function as FunctionNode, ParamPattern, Span } from 'oxc-parser';
import type { Expr, FunctionFact, ParameterFact, Pattern } from '../facts.ts';
import { annotated } from './types.ts';
import { propertyName, type Walk } from './walk.ts';

/** Where a function stands, as far as it matters to what it is called and where it begins. */
export interface Place {
  /** Where the whole declaration begins: at `export`, a decorator, a modifier, the name of a method. */
  readonly start: number;
  /** What it is called there, when it has no hint. */
  readonly name?: string | undefined;
  readonly decorators?: readonly Decorator[];
  readonly owner?: number;
  readonly className?: string;
  readonly member?: NonNullable<FunctionFact['member']>;
}

/** Any function-like thing: its name is its own, or its place's. */
export const lowerFunction = (node: FunctionNode | ArrowFunctionExpression, { start, name, decorators = [], owner = -1, className, member }: Place, to: Walk): number => {
  const binding = to.binding;
  to.binding = undefined;
  const own = member === undefined ? to.functionName(name) : `${className ?? '(class)'}.${member.name}`;
  const returns = annotated(node.returnType, to);
  const parameters = node.params.map((parameter) => lowerParameter(parameter, to));
  const index = to.openFunction({
    name: own ?? to.functions[to.current]?.name ?? '(top)', anonymous: own === undefined, line: to.lineAt(start), parent: to.current,
    owner, parameters, decorators: decoratorCalls(decorators, to), arrow: node.type === 'ArrowFunctionExpression',
    ...(member === undefined ? {} : { member }), ...(returns === undefined ? {} : { returns }),
  }, () => { lowerBody(node, to); });
  to.binding = binding;
  return index;
};

const lowerBody = ({ body }: FunctionNode | ArrowFunctionExpression, to: Walk): void => {
  if (body === null) return;
  if (body.type === 'BlockStatement') to.statements(body.body);
  else to.steps.push({ kind: 'return', value: to.expression(body) });
};

const lowerParameter = (node: ParamPattern, to: Walk): ParameterFact => {
  const declared = node.type === 'TSParameterProperty' ? node.parameter : node;
  const bound = declared.type === 'AssignmentPattern' ? declared.left : declared;
  const type = annotated(bound.typeAnnotation, to);
  return {
    pattern: lowerPattern(bound, to), rest: declared.type === 'RestElement', decorators: decoratorCalls(node.decorators ?? [], to),
    field: node.type === 'TSParameterProperty', ...(type === undefined ? {} : { type }),
    ...(declared.type === 'AssignmentPattern' ? { initial: to.expression(declared.right) } : {}),
  };
};

export const lowerPattern = (node: BindingPattern | BindingRestElement | FormalParameterRest, to: Walk): Pattern => {
  switch (node.type) {
    case 'Identifier': return { kind: 'name', name: node.name };
    case 'AssignmentPattern': return lowerPattern(node.left, to);
    case 'RestElement': return lowerPattern(node.argument, to);
    case 'ArrayPattern': return { kind: 'array', items: node.elements.map((item) => (item === null ? undefined : lowerPattern(item, to))) };
    case 'ObjectPattern': return objectPattern(node.properties, to);
  }
};

const objectPattern = (properties: readonly (BindingProperty | BindingRestElement)[], to: Walk): Pattern => {
  const entries = properties.flatMap((property) => (property.type === 'RestElement' ? [] : [{
    key: propertyName(property.key, property.computed) ?? '', target: lowerPattern(property.value, to),
    ...(property.value.type === 'AssignmentPattern' ? { initial: to.expression(property.value.right) } : {}),
  }]));
  const rest = properties.find((property) => property.type === 'RestElement')?.argument;
  return { kind: 'object', entries, ...(rest?.type === 'Identifier' ? { rest: rest.name } : {}) };
};

/** Decorators as the calls they are: `@Get('/x')` and the bare `@Get` alike. */
export const decoratorCalls = (decorators: readonly Decorator[], to: Walk): Expr[] => decorators.map((decorator) => {
  const value = to.expression(decorator.expression);
  return value.kind === 'call' ? value : { kind: 'call', callee: value, args: [], form: 'call', line: to.line(decorator) };
});

/** Where something begins that may have decorators, also before `export`. */
export const startOf = ({ start }: Span, decorators: readonly Decorator[]): number => Math.min(start, decorators[0]?.start ?? start);
