import type { AssignmentExpression, AssignmentTargetWithDefault, BinaryExpression, ComputedMemberExpression, Expression, LogicalExpression, PrivateInExpression } from 'oxc-parser';
import { matters, nameOfPath } from '../collected.ts';
import type { Expr } from '../facts.ts';
import { constantText, dotted, memberName, unchained, type Valued, type Walk } from './walk.ts';

const ASSIGNMENTS: ReadonlySet<string> = new Set(['=', '||=', '??=']);
const EITHER: ReadonlySet<string> = new Set(['||', '??', '&&']);

export const binary = (operator: string, of: readonly Expr[]): Expr => {
  if (operator === '+') return { kind: 'concat', of };
  return EITHER.has(operator) ? { kind: 'either', of } : { kind: 'other', of: of.filter(matters) };
};

/** `a + b + c + …` leans to the left: its operands side by side, so that a long sum is not a deep one. */
export const operands = (node: BinaryExpression | LogicalExpression | PrivateInExpression): Valued[] => {
  const found: Valued[] = [node.right];
  let at: Valued = node.left;
  for (; (at.type === 'BinaryExpression' || at.type === 'LogicalExpression') && at.operator === node.operator; at = at.left) found.push(at.right);
  return [...found, at].reverse();
};

export const assignment = (operator: string, node: Pick<AssignmentExpression | AssignmentTargetWithDefault, 'left' | 'right' | 'start' | 'end'>, to: Walk): Expr => {
  const target = to.expression(node.left);
  if (!ASSIGNMENTS.has(operator)) return binary(operator, [target, to.expression(node.right)]);
  const hint = assignedName(node.left);
  return { kind: 'assign', target, line: to.line(node), value: to.named(hint === 'default' ? undefined : hint, () => to.expression(node.right)) };
};

/** What a thing assigned here is called: `exports.find = …` → `find`, `User.create = …` → `User.create`, `this.save = …` → `save`. */
const assignedName = (target: Valued): string | undefined => {
  const path = dotted(target);
  if (path !== undefined) return nameOfPath(path);
  return target.type === 'MemberExpression' && !target.computed && target.object.type === 'ThisExpression' ? memberName(target.property) : undefined;
};

export const index = (node: ComputedMemberExpression, to: Walk): Expr => {
  const of = to.expression(node.object);
  const by = node.property;
  const last = fromEnd(node);
  if (last !== undefined) return { kind: 'call', callee: { kind: 'member', of, name: 'at', line: to.line(by) }, args: [{ kind: 'literal', value: -last }], form: 'call', line: to.line(by) };
  const constant = constantText(by);
  return constant === undefined ? { kind: 'index', of, by: to.expression(by) } : { kind: 'member', of, name: constant, line: to.line(by) };
};

/** `list[list.length - 1]` → 1. */
const fromEnd = ({ object, property: by }: ComputedMemberExpression): number | undefined => {
  if (by.type !== 'BinaryExpression' || by.operator !== '-' || by.right.type !== 'Literal' || typeof by.right.value !== 'number') return undefined;
  const left = unchained(by.left);
  if (left.type !== 'MemberExpression' || left.computed || memberName(left.property) !== 'length') return undefined;
  const list = dotted(object);
  return list !== undefined && dotted(left.object) === list ? by.right.value : undefined;
};

export const literal = (node: Extract<Expression, { type: 'Literal' }>, to: Walk): Expr => {
  if ('regex' in node) return { kind: 'text', value: node.raw ?? '', line: to.line(node) };
  if ('bigint' in node) return { kind: 'other', of: [] };
  return typeof node.value === 'string' ? { kind: 'text', value: node.value, line: to.line(node) } : { kind: 'literal', value: node.value };
};
