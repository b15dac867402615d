import { ts } from 'ts-morph';
import type { Expr, FunctionFact, ParameterFact, Pattern } from './facts.ts';
import { propertyName } from './property-name.ts';
import { lowerType } from './lower-types.ts';
import type { Lowering } from './lowering.ts';

export interface Membership {
  readonly owner?: number;
  readonly className?: string;
  readonly member?: NonNullable<FunctionFact['member']>;
}

/** Any function-like thing: its name is its own, or its place's. */
export const lowerFunction = (node: ts.FunctionLikeDeclaration, to: Lowering, membership: Membership): number => {
  const binding = to.binding;
  to.binding = undefined;
  const own = ownName(node, to, membership);
  const member = membership.member;
  const returns = lowerType(node.type, to);
  const parameters = node.parameters.map((parameter) => lowerParameter(parameter, to));
  const index = to.openFunction({
    name: own ?? to.functions[to.current]?.name ?? '(top)', anonymous: own === undefined, line: to.line(node), parent: to.current,
    owner: membership.owner ?? -1, parameters, decorators: decoratorsOf(node, to), arrow: ts.isArrowFunction(node),
    ...(member === undefined ? {} : { member }), ...(returns === undefined ? {} : { returns }),
  }, () => { lowerBody(node.body, to); });
  to.binding = binding;
  return index;
};

const ownName = (node: ts.FunctionLikeDeclaration, to: Lowering, { className, member }: Membership): string | undefined =>
  (member === undefined ? to.functionName(declaredName(node)) : `${className ?? '(class)'}.${member.name}`);

const declaredName = (node: ts.FunctionLikeDeclaration): string | undefined => {
  if (node.name === undefined) return undefined;
  return ts.isIdentifier(node.name) ? node.name.text : propertyName(node.name);
};

const lowerBody = (body: ts.Node | undefined, to: Lowering): void => {
  if (body === undefined) return;
  if (ts.isBlock(body)) to.statements(body.statements);
  else to.steps.push({ kind: 'return', value: to.expression(body as ts.Expression) });
};

const lowerParameter = (node: ts.ParameterDeclaration, to: Lowering): ParameterFact => {
  const type = lowerType(node.type, to);
  return {
    pattern: lowerPattern(node.name, to), rest: node.dotDotDotToken !== undefined, decorators: decoratorsOf(node, to),
    field: (ts.getModifiers(node) ?? []).length > 0, ...(type === undefined ? {} : { type }),
    ...(node.initializer === undefined ? {} : { initial: to.expression(node.initializer) }),
  };
};

export const lowerPattern = (name: ts.BindingName, to: Lowering): Pattern => {
  if (ts.isIdentifier(name)) return { kind: 'name', name: name.text };
  if (ts.isArrayBindingPattern(name)) return { kind: 'array', items: name.elements.map((item) => (ts.isOmittedExpression(item) ? undefined : lowerPattern(item.name, to))) };
  const rest = name.elements.find((element) => element.dotDotDotToken !== undefined);
  const entries = name.elements.filter((element) => element !== rest).map((element) => ({
    key: keyOf(element), target: lowerPattern(element.name, to),
    ...(element.initializer === undefined ? {} : { initial: to.expression(element.initializer) }),
  }));
  return { kind: 'object', entries, ...(rest !== undefined && ts.isIdentifier(rest.name) ? { rest: rest.name.text } : {}) };
};

const keyOf = (element: ts.BindingElement): string => {
  if (element.propertyName !== undefined) return propertyName(element.propertyName) ?? '';
  return ts.isIdentifier(element.name) ? element.name.text : '';
};

/** Decorators as the calls they are: `@Get('/x')` and the bare `@Get` alike. */
export const decoratorsOf = (node: ts.Node, to: Lowering): Expr[] => {
  if (!ts.canHaveDecorators(node)) return [];
  return (ts.getDecorators(node) ?? []).map((decorator) => {
    const value = to.expression(decorator.expression);
    return value.kind === 'call' ? value : { kind: 'call', callee: value, args: [], form: 'call', line: to.line(decorator) };
  });
};
