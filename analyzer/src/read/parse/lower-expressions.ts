import { ts } from 'ts-morph';
import type { CallExpr, Expr, Property } from './facts.ts';
import { lowerClass } from './lower-classes.ts';
import { lowerFunction } from './lower-functions.ts';
import { propertyName } from './property-name.ts';
import { dotted, lowerType } from './lower-types.ts';
import type { Lowering} from './lowering.ts';
import { LISTENER_VERBS, matters, nameOfPath, ROUTE_VERBS } from './collected.ts';

type LowerExpression = (node: never, to: Lowering) => Expr;

const NOTHING: Expr = { kind: 'other', of: [] };
const undecorated = (kind: 'await') => (node: ts.AwaitExpression, to: Lowering): Expr => ({ kind, of: lower(node.expression, to) });
const inner = (node: { expression: ts.Expression }, to: Lowering): Expr => lower(node.expression, to);
const text = (node: ts.StringLiteralLike, to: Lowering): Expr => ({ kind: 'text', value: node.text, line: to.line(node) });
const literal = (value: number | boolean | null) => (): Expr => ({ kind: 'literal', value });

const cast = (node: ts.AsExpression | ts.SatisfiesExpression | ts.TypeAssertion, to: Lowering): Expr => {
  const of = lower(node.expression, to);
  const type = lowerType(node.type, to);
  return type === undefined || type.name === 'const' ? of : { kind: 'cast', of, type };
};

const call = (node: ts.CallExpression, to: Lowering): Expr => {
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return importCall(node, to);
  if (ts.isIdentifier(node.expression) && node.expression.text === 'require') noteRequire(node, to);
  return invocation(node, 'call', to);
};

const invocation = (node: ts.CallExpression | ts.NewExpression, form: 'call' | 'new', to: Lowering): CallExpr => {
  const callee = lower(node.expression, to);
  const route = form === 'call' ? routeName(node as ts.CallExpression) ?? listenerName(node as ts.CallExpression) ?? wrappedName(node as ts.CallExpression, to) : undefined;
  const args = (node.arguments ?? []).map((arg) => to.named(route, () => lower(arg, to)));
  const at = ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node;
  const types = node.typeArguments?.flatMap((type) => lowerType(type, to) ?? []);
  return { kind: 'call', callee, args, form, line: to.line(at), ...(types === undefined ? {} : { types }) };
};

/** `exports.list = asyncHandler(async (req, res) => …)`: the one function a wrapper is given has the name of the whole. */
const wrappedName = (node: ts.CallExpression, to: Lowering): string | undefined => {
  const isRoute = to.hint?.includes(' ') === true;
  if (to.hint === undefined || to.hint === 'default' || (to.current !== 0 && !isRoute)) return undefined;
  const functions = node.arguments.filter((arg) => ts.isArrowFunction(arg) || ts.isFunctionExpression(arg));
  return functions.length === 1 ? to.hint : undefined;
};

/** `router.get('/:id', (req, res) => …)`: the callback is called `GET /:id`, so that two handlers of one file stay apart. */
const routeName = (node: ts.CallExpression): string | undefined => {
  if (!ts.isPropertyAccessExpression(node.expression) || !ROUTE_VERBS.has(node.expression.name.text)) return undefined;
  const path = node.arguments.length < 2 ? undefined : pathText(node.arguments[0]);
  const routed = path ?? routedPath(node.expression.expression);
  return routed === undefined ? undefined : `${node.expression.name.text.toUpperCase()} ${routed}`;
};

/** `bus.on('order.placed', (order) => …)`: the callback is called `on order.placed`, apart from the function that sets it up. */
const listenerName = (node: ts.CallExpression): string | undefined => {
  const [name, ...rest] = node.arguments;
  if (!ts.isPropertyAccessExpression(node.expression) || !LISTENER_VERBS.has(node.expression.name.text) || name === undefined || !rest.some((arg) => ts.isArrowFunction(arg) || ts.isFunctionExpression(arg))) return undefined;
  const text = ts.isStringLiteralLike(name) ? name.text : dotted(name);
  return text === undefined ? undefined : `${node.expression.name.text} ${text}`;
};

const pathText = (node: ts.Expression | undefined): string | undefined => {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isArrayLiteralExpression(node) ? pathText(node.elements[0]) : undefined;
};

/** The path of `router.route('/x').get(a).post(b)`, from behind. */
const routedPath = (node: ts.Expression): string | undefined => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  return node.expression.name.text === 'route' ? pathText(node.arguments[0]) : routedPath(node.expression.expression);
};

const importCall = (node: ts.CallExpression, to: Lowering): Expr => {
  const argument = node.arguments[0];
  if (argument !== undefined && ts.isStringLiteralLike(argument)) {
    to.imports.push({ specifier: argument.text, kind: 'dynamic', typeOnly: false, names: to.binding ?? [], line: to.line(node) });
    return { kind: 'await', of: { kind: 'call', callee: { kind: 'name', name: 'require' }, args: [text(argument, to)], form: 'call', line: to.line(node) } };
  }
  to.opaqueImports.push({ what: to.textOf(node), line: to.line(node) });
  return argument === undefined ? NOTHING : lower(argument, to);
};

const noteRequire = (node: ts.CallExpression, to: Lowering): void => {
  const argument = node.arguments[0];
  if (argument !== undefined && ts.isStringLiteralLike(argument)) {
    const kind = to.current === 0 ? 'require' : 'dynamic';
    to.imports.push({ specifier: argument.text, kind, typeOnly: false, names: to.binding ?? [], line: to.line(node) });
  } else if (argument !== undefined) {
    to.opaqueImports.push({ what: to.textOf(node), line: to.line(node) });
  }
};

const template = (node: ts.TemplateExpression, to: Lowering): Expr => ({
  kind: 'template', line: to.line(node),
  texts: [node.head.text, ...node.templateSpans.map((span) => span.literal.text)],
  holes: node.templateSpans.map((span) => lower(span.expression, to)),
});

const tagged = (node: ts.TaggedTemplateExpression, to: Lowering): Expr => ({
  kind: 'call', form: 'tag', line: to.line(node), callee: lower(node.tag, to), args: [lower(node.template, to)],
});

const property = (node: ts.ObjectLiteralElementLike, to: Lowering, outer: string | undefined): Property | undefined => {
  if (ts.isSpreadAssignment(node)) return undefined;
  const name = propertyName(node.name);
  const hint = name === undefined ? outer : outer === undefined ? name : `${outer}.${name}`;
  const value = to.named(hint, () => propertyValue(node, to));
  return name === undefined ? { computed: computedName(node.name, to), value } : { name, value };
};

const computedName = (name: ts.PropertyName, to: Lowering): Expr => (ts.isComputedPropertyName(name) ? lower(name.expression, to) : NOTHING);

const propertyValue = (node: Exclude<ts.ObjectLiteralElementLike, ts.SpreadAssignment>, to: Lowering): Expr => {
  if (ts.isPropertyAssignment(node)) return lower(node.initializer, to);
  if (ts.isShorthandPropertyAssignment(node)) return name(node.name, to);
  return { kind: 'function', index: lowerFunction(node, to, {}) };
};

const object = (node: ts.ObjectLiteralExpression, to: Lowering): Expr => {
  const outer = to.hint;
  const properties = node.properties.flatMap((element) => property(element, to, outer) ?? []);
  const spreads = node.properties.flatMap((element) => (ts.isSpreadAssignment(element) ? [lower(element.expression, to)] : []));
  return { kind: 'object', properties, spreads, line: to.line(node) };
};

const name = (node: ts.Identifier, to: Lowering): Expr => {
  to.valueUses.add(node.text);
  return { kind: 'name', name: node.text };
};

const ASSIGNMENTS = new Set([ts.SyntaxKind.EqualsToken, ts.SyntaxKind.BarBarEqualsToken, ts.SyntaxKind.QuestionQuestionEqualsToken]);
const EITHER = new Set([ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.AmpersandAmpersandToken]);

const binary = (node: ts.BinaryExpression, to: Lowering): Expr => {
  const operator = node.operatorToken.kind;
  if (ASSIGNMENTS.has(operator)) return assign(node, to);
  const of = operands(node).map((operand) => lower(operand, to));
  if (operator === ts.SyntaxKind.PlusToken) return { kind: 'concat', of };
  if (EITHER.has(operator)) return { kind: 'either', of };
  if (operator === ts.SyntaxKind.CommaToken) return { kind: 'other', of };
  return { kind: 'other', of: of.filter(matters) };
};

/** `a + b + c + …` leans to the left: its operands side by side, so that a long sum is not a deep one. */
const operands = (node: ts.BinaryExpression): ts.Expression[] => {
  const found = [node.right];
  let at = node.left;
  for (; ts.isBinaryExpression(at) && at.operatorToken.kind === node.operatorToken.kind; at = at.left) found.push(at.right);
  return [...found, at].reverse();
};

/** What a thing assigned here is called: `exports.find = …` → `find`, `User.create = …` → `User.create`, `this.save = …` → `save`. */
const assignedName = (target: ts.Expression): string | undefined => {
  const path = dotted(target);
  if (path !== undefined) return nameOfPath(path);
  return ts.isPropertyAccessExpression(target) && target.expression.kind === ts.SyntaxKind.ThisKeyword ? target.name.text : undefined;
};

const assign = (node: ts.BinaryExpression, to: Lowering): Expr => {
  const target = lower(node.left, to);
  const hint = assignedName(node.left);
  return { kind: 'assign', target, line: to.line(node), value: to.named(hint === 'default' ? undefined : hint, () => lower(node.right, to)) };
};

const index = (node: ts.ElementAccessExpression, to: Lowering): Expr => {
  const of = lower(node.expression, to);
  const by = node.argumentExpression;
  const last = fromEnd(node);
  if (last !== undefined) return { kind: 'call', callee: { kind: 'member', of, name: 'at', line: to.line(by) }, args: [{ kind: 'literal', value: -last }], form: 'call', line: to.line(by) };
  return ts.isStringLiteralLike(by) ? { kind: 'member', of, name: by.text, line: to.line(by) } : { kind: 'index', of, by: lower(by, to) };
};

/** `list[list.length - 1]` → 1. */
const fromEnd = (node: ts.ElementAccessExpression): number | undefined => {
  const by = node.argumentExpression;
  if (!ts.isBinaryExpression(by) || by.operatorToken.kind !== ts.SyntaxKind.MinusToken || !ts.isNumericLiteral(by.right) || !ts.isPropertyAccessExpression(by.left)) return undefined;
  const list = dotted(node.expression);
  return by.left.name.text === 'length' && list !== undefined && dotted(by.left.expression) === list ? Number(by.right.text) : undefined;
};

const EXPRESSIONS = new Map<ts.SyntaxKind, LowerExpression>([
  [ts.SyntaxKind.StringLiteral, text], [ts.SyntaxKind.NoSubstitutionTemplateLiteral, text],
  [ts.SyntaxKind.NumericLiteral, (node: ts.NumericLiteral): Expr => ({ kind: 'literal', value: Number(node.text) })],
  [ts.SyntaxKind.RegularExpressionLiteral, text],
  [ts.SyntaxKind.TrueKeyword, literal(true)], [ts.SyntaxKind.FalseKeyword, literal(false)], [ts.SyntaxKind.NullKeyword, literal(null)],
  [ts.SyntaxKind.Identifier, name],
  [ts.SyntaxKind.MetaProperty, (): Expr => ({ kind: 'name', name: 'import.meta' })],
  [ts.SyntaxKind.ThisKeyword, (): Expr => ({ kind: 'this' })], [ts.SyntaxKind.SuperKeyword, (): Expr => ({ kind: 'super' })],
  [ts.SyntaxKind.PropertyAccessExpression, (node: ts.PropertyAccessExpression, to: Lowering): Expr =>
    ({ kind: 'member', of: lower(node.expression, to), name: node.name.text, line: to.line(node.name) })],
  [ts.SyntaxKind.ElementAccessExpression, index],
  [ts.SyntaxKind.CallExpression, call],
  [ts.SyntaxKind.NewExpression, (node: ts.NewExpression, to: Lowering): Expr => invocation(node, 'new', to)],
  [ts.SyntaxKind.TaggedTemplateExpression, tagged], [ts.SyntaxKind.TemplateExpression, template],
  [ts.SyntaxKind.ObjectLiteralExpression, object],
  [ts.SyntaxKind.ArrayLiteralExpression, (node: ts.ArrayLiteralExpression, to: Lowering): Expr => ({ kind: 'array', items: node.elements.map((item) => lower(item, to)) })],
  [ts.SyntaxKind.SpreadElement, (node: ts.SpreadElement, to: Lowering): Expr => ({ kind: 'spread', of: lower(node.expression, to) })],
  [ts.SyntaxKind.ArrowFunction, (node: ts.ArrowFunction, to: Lowering): Expr => ({ kind: 'function', index: lowerFunction(node, to, {}) })],
  [ts.SyntaxKind.FunctionExpression, (node: ts.FunctionExpression, to: Lowering): Expr => ({ kind: 'function', index: lowerFunction(node, to, {}) })],
  [ts.SyntaxKind.ClassExpression, (node: ts.ClassExpression, to: Lowering): Expr => ({ kind: 'class', index: lowerClass(node, to) })],
  [ts.SyntaxKind.ConditionalExpression, (node: ts.ConditionalExpression, to: Lowering): Expr => {
    to.keep(lower(node.condition, to));
    return { kind: 'either', of: [lower(node.whenTrue, to), lower(node.whenFalse, to)] };
  }],
  [ts.SyntaxKind.BinaryExpression, binary],
  [ts.SyntaxKind.AwaitExpression, undecorated('await')],
  [ts.SyntaxKind.ParenthesizedExpression, inner], [ts.SyntaxKind.NonNullExpression, inner],
  [ts.SyntaxKind.AsExpression, cast], [ts.SyntaxKind.SatisfiesExpression, cast], [ts.SyntaxKind.TypeAssertionExpression, cast],
]);

/** Lowers an expression; what is not known by name is kept for the calls inside it. */
export const lower = (node: ts.Expression, to: Lowering): Expr => {
  const rule = EXPRESSIONS.get(node.kind);
  return rule === undefined ? others(node, to) : to.deeper(node, NOTHING, () => rule(node as never, to));
};

const others = (node: ts.Node, to: Lowering): Expr => to.deeper(node, NOTHING, () => throughChildren(node, to));

const throughChildren = (node: ts.Node, to: Lowering): Expr => {
  const of: Expr[] = [];
  node.forEachChild((child) => {
    if (ts.isTypeNode(child) && !ts.isExpressionWithTypeArguments(child)) return;
    if (ts.isStatement(child)) to.statements([child]);
    const value = EXPRESSIONS.has(child.kind) ? lower(child as ts.Expression, to) : others(child, to);
    if (matters(value)) of.push(value);
  });
  return { kind: 'other', of };
};
