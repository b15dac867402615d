import type { ArrayAssignmentTarget, AssignmentTarget, AssignmentTargetMaybeDefault, AssignmentTargetProperty, BinaryExpression, CallExpression, Expression, ImportExpression, LogicalExpression, MemberExpression, ObjectAssignmentTarget, ObjectExpression, ObjectProperty, PrivateInExpression } from 'oxc-parser';
import { matters } from '../collected.ts';
import type { Expr, Property } from '../facts.ts';
import { noteLoad, invocation } from './calls.ts';
import { lowerClass } from './classes.ts';
import { lowerFunction, startOf } from './functions.ts';
import { lowerJsx } from './jsx.ts';
import { assignment, binary, index, literal, operands } from './operators.ts';
import { lowerType } from './types.ts';
import { constantText, memberName, propertyName, type Valued, type Walk } from './walk.ts';

const NOTHING: Expr = { kind: 'other', of: [] };

type Rules = { readonly [K in Valued['type']]?: (node: Valued & { readonly type: K }, to: Walk) => Expr };

const inner = (node: { readonly expression: Expression }, to: Walk): Expr => lower(node.expression, to);
const spread = (node: { readonly argument: Valued }, to: Walk): Expr => ({ kind: 'spread', of: lower(node.argument, to) });
const element = (node: MemberExpression, to: Walk): Expr =>
  (node.computed ? index(node, to) : { kind: 'member', of: lower(node.object, to), name: memberName(node.property), line: to.line(node.property) });
const list = (node: { readonly elements: readonly (Valued | null)[] }, to: Walk): Expr => ({ kind: 'array', items: node.elements.map((item) => (item === null ? NOTHING : lower(item, to))) });
const operation = (node: BinaryExpression | LogicalExpression | PrivateInExpression, to: Walk): Expr => binary(node.operator, operands(node).map((operand) => lower(operand, to)));
const onArgument = (node: { readonly argument: Expression | null }, to: Walk): Expr => (node.argument === null ? NOTHING : others(lower(node.argument, to)));

const RULES: Rules = {
  Identifier: (node, to) => name(node.name, to),
  MemberExpression: element,
  CallExpression: (node, to) => call(node, to),
  NewExpression: (node, to) => invocation(node, 'new', to),
  Literal: literal,
  TemplateLiteral: (node, to) => template(node, to),
  TaggedTemplateExpression: (node, to) => ({ kind: 'call', form: 'tag', line: to.line(node), callee: lower(node.tag, to), args: [template(node.quasi, to)] }),
  ObjectExpression: (node, to) => object(node, to),
  ObjectPattern: (node, to) => target(node, to),
  ArrayExpression: list, ArrayPattern: list,
  SpreadElement: spread, RestElement: spread,
  ArrowFunctionExpression: (node, to) => ({ kind: 'function', index: lowerFunction(node, { start: node.start }, to) }),
  FunctionExpression: (node, to) => ({ kind: 'function', index: lowerFunction(node, { start: node.start, name: node.id?.name }, to) }),
  ClassExpression: (node, to) => ({ kind: 'class', index: lowerClass(node, startOf(node, node.decorators), to) }),
  ParenthesizedExpression: inner, TSNonNullExpression: inner, ChainExpression: inner,
  AwaitExpression: (node, to) => ({ kind: 'await', of: lower(node.argument, to) }),
  BinaryExpression: operation, LogicalExpression: operation,
  AssignmentExpression: (node, to) => assignment(node.operator, node, to),
  AssignmentPattern: (node, to) => assignment('=', node, to),
  SequenceExpression: (node, to) => ({ kind: 'other', of: node.expressions.map((one) => lower(one, to)) }),
  ConditionalExpression: (node, to) => {
    to.keep(lower(node.test, to));
    return { kind: 'either', of: [lower(node.consequent, to), lower(node.alternate, to)] };
  },
  ThisExpression: () => ({ kind: 'this' }), Super: () => ({ kind: 'super' }), MetaProperty: () => ({ kind: 'name', name: 'import.meta' }),
  TSAsExpression: (node, to) => cast(node, to), TSSatisfiesExpression: (node, to) => cast(node, to), TSTypeAssertion: (node, to) => cast(node, to),
  ImportExpression: (node, to) => importCall(node, to),
  JSXElement: lowerJsx, JSXFragment: lowerJsx,
  UnaryExpression: onArgument, UpdateExpression: onArgument, YieldExpression: onArgument,
  TSInstantiationExpression: (node, to) => others(lower(node.expression, to)),
};

/** Lowers an expression; what is not known by name is kept for the calls inside it. */
export const lower = (node: Valued, to: Walk): Expr => {
  to.enter();
  const rule = RULES[node.type] as ((node: Valued, to: Walk) => Expr) | undefined;
  const lowered = rule === undefined ? NOTHING : rule(node, to);
  to.leave();
  return lowered;
};

const others = (of: Expr): Expr => ({ kind: 'other', of: matters(of) ? [of] : [] });

const name = (text: string, to: Walk): Expr => {
  to.valueUses.add(text);
  return { kind: 'name', name: text };
};

const template = (node: Extract<Expression, { type: 'TemplateLiteral' }>, to: Walk): Expr => {
  const constant = constantText(node);
  if (constant !== undefined) return { kind: 'text', value: constant, line: to.line(node) };
  return { kind: 'template', line: to.line(node), texts: node.quasis.map(({ value }) => value.cooked ?? ''), holes: node.expressions.map((hole) => lower(hole, to)) };
};

const cast = (node: Extract<Expression, { type: 'TSAsExpression' | 'TSSatisfiesExpression' | 'TSTypeAssertion' }>, to: Walk): Expr => {
  const of = lower(node.expression, to);
  const type = lowerType(node.typeAnnotation, to);
  return type === undefined || type.name === 'const' ? of : { kind: 'cast', of, type };
};

const call = (node: CallExpression, to: Walk): Expr => {
  if (node.callee.type === 'Identifier' && node.callee.name === 'require') noteLoad(node.arguments[0], to.current === 0 ? 'require' : 'dynamic', node, to);
  return invocation(node, 'call', to);
};

/** `import('x')` is awaited and gives what `require('x')` gives. */
const importCall = (node: ImportExpression, to: Walk): Expr => {
  noteLoad(node.source, 'dynamic', node, to);
  const constant = constantText(node.source);
  if (constant === undefined) return lower(node.source, to);
  const line = to.line(node);
  return { kind: 'await', of: { kind: 'call', callee: { kind: 'name', name: 'require' }, args: [{ kind: 'text', value: constant, line: to.line(node.source) }], form: 'call', line } };
};

const object = (node: ObjectExpression, to: Walk): Expr => {
  const outer = to.hint;
  const properties = node.properties.flatMap((element) => (element.type === 'SpreadElement' ? [] : [property(element, outer, to)]));
  const spreads = node.properties.flatMap((element) => (element.type === 'SpreadElement' ? [lower(element.argument, to)] : []));
  return { kind: 'object', properties, spreads, line: to.line(node) };
};

/** `({ a, b: c = 1 } = x)`: the left side reads like the object it takes apart. */
const target = (node: ObjectAssignmentTarget, to: Walk): Expr => {
  const outer = to.hint;
  const properties = node.properties.flatMap((element) => (element.type === 'RestElement' ? [] : [property(element, outer, to)]));
  const spreads = node.properties.flatMap((element) => (element.type === 'RestElement' ? [lower(element.argument, to)] : []));
  return { kind: 'object', properties, spreads, line: to.line(node) };
};

const property = (node: ObjectProperty | AssignmentTargetProperty, outer: string | undefined, to: Walk): Property => {
  const constant = propertyName(node.key, node.computed);
  const hint = constant === undefined ? outer : outer === undefined ? constant : `${outer}.${constant}`;
  const value = to.named(hint, () => propertyValue(node, constant, to));
  return constant === undefined ? { computed: node.computed ? lower(node.key, to) : NOTHING, value } : { name: constant, value };
};

const propertyValue = (node: ObjectProperty | AssignmentTargetProperty, constant: string | undefined, to: Walk): Expr => {
  const value: Expression | AssignmentTarget | AssignmentTargetMaybeDefault | ArrayAssignmentTarget = node.value;
  if ((node.method || node.kind !== 'init') && value.type === 'FunctionExpression') return { kind: 'function', index: lowerFunction(value, { start: node.start, name: constant }, to) };
  return node.shorthand ? name(constant ?? '', to) : lower(value, to);
};
