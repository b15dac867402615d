import type { CallExpression, Expression, ImportExpression, NewExpression, Span } from 'oxc-parser';
import { LISTENER_VERBS, ROUTE_VERBS } from '../collected.ts';
import type { CallExpr, ImportFact } from '../facts.ts';
import { argumentTypes } from './types.ts';
import { constantText, dotted, memberName, unchained, type Valued, type Walk } from './walk.ts';

export const invocation = (node: CallExpression | NewExpression, form: 'call' | 'new', to: Walk): CallExpr => {
  const callee = to.expression(node.callee);
  const route = node.type === 'CallExpression' ? routeName(node) ?? listenerName(node) ?? wrappedName(node, to) : undefined;
  const args = node.arguments.map((arg) => to.named(route, () => to.expression(arg)));
  const called = unchained(node.callee);
  const at = called.type === 'MemberExpression' && !called.computed ? called.property : node;
  const types = node.typeArguments === null || node.typeArguments === undefined ? {} : { types: argumentTypes(node.typeArguments, to) };
  return { kind: 'call', callee, args, form, line: to.line(at), ...types };
};

/** `exports.list = asyncHandler(async (req, res) => …)`: the one function a wrapper is given has the name of the whole. */
const wrappedName = (node: CallExpression, to: Walk): string | undefined => {
  const isRoute = to.hint?.includes(' ') === true;
  if (to.hint === undefined || to.hint === 'default' || (to.current !== 0 && !isRoute)) return undefined;
  const functions = node.arguments.filter(isFunction);
  return functions.length === 1 ? to.hint : undefined;
};

const isFunction = ({ type }: Valued): boolean => type === 'ArrowFunctionExpression' || type === 'FunctionExpression';

/** `router.get('/:id', (req, res) => …)`: the callback is called `GET /:id`, so that two handlers of one file stay apart. */
const routeName = (node: CallExpression): string | undefined => {
  const { callee } = node;
  if (callee.type !== 'MemberExpression' || callee.computed) return undefined;
  const verb = memberName(callee.property);
  if (!ROUTE_VERBS.has(verb)) return undefined;
  const path = node.arguments.length < 2 ? undefined : pathText(node.arguments[0]);
  const routed = path ?? routedPath(callee.object);
  return routed === undefined ? undefined : `${verb.toUpperCase()} ${routed}`;
};

/** `bus.on('order.placed', (order) => …)`: the callback is called `on order.placed`, apart from the function that sets it up. */
const listenerName = ({ callee, arguments: [name, ...rest] }: CallExpression): string | undefined => {
  if (callee.type !== 'MemberExpression' || callee.computed || name === undefined || !rest.some(isFunction)) return undefined;
  const verb = memberName(callee.property);
  const text = LISTENER_VERBS.has(verb) ? constantText(name) ?? dotted(name) : undefined;
  return text === undefined ? undefined : `${verb} ${text}`;
};

const pathText = (node: Valued | null | undefined): string | undefined => {
  if (node === undefined || node === null) return undefined;
  return node.type === 'ArrayExpression' ? pathText(node.elements[0]) : constantText(node);
};

/** The path of `router.route('/x').get(a).post(b)`, from behind. */
const routedPath = (given: Expression): string | undefined => {
  const node = unchained(given);
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression' || node.callee.computed) return undefined;
  return memberName(node.callee.property) === 'route' ? pathText(node.arguments[0]) : routedPath(node.callee.object);
};

/** Notes what `require(x)` or `import(x)` loads, under the names that are being bound. */
export const noteLoad = (argument: Valued | undefined, kind: ImportFact['kind'], node: Span, to: Walk): void => {
  const specifier = constantText(argument);
  if (specifier !== undefined) to.imports.push({ specifier, kind, typeOnly: false, names: to.binding ?? [], line: to.line(node) });
  else if (argument !== undefined) to.opaqueImports.push({ what: to.textOf(node), line: to.line(node) });
};

/** Whether an expression loads a module, and perhaps takes a member of it. */
export const isLoad = (given: Expression): given is Expression | ImportExpression => {
  const node = unchained(given);
  if (node.type === 'AwaitExpression') return isLoad(node.argument);
  if (node.type === 'MemberExpression') return !node.computed && isLoad(node.object);
  return node.type === 'ImportExpression' || (node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'require');
};
