import type { AccessorProperty, Class, ClassElement, Expression, MethodDefinition, PropertyDefinition } from 'oxc-parser';
import type { ClassFact, Expr, FieldFact, FunctionFact } from '../facts.ts';
import { decoratorCalls, lowerFunction, startOf } from './functions.ts';
import { annotated, argumentTypes, heritage } from './types.ts';
import { propertyName, type Walk } from './walk.ts';

type MutableClass = { -readonly [K in keyof ClassFact]: ClassFact[K] };
interface Owner { readonly owner: number; readonly className: string }

/** @param start where the declaration begins: at `export` or the first decorator. */
export const lowerClass = (node: Class, start: number, to: Walk): number => {
  const index = to.classes.length;
  const fact: MutableClass = {
    name: node.id?.name ?? to.hint ?? 'default', line: to.lineAt(start), scope: to.current, baseArguments: [], implemented: [],
    decorators: decoratorCalls(node.decorators, to), fields: [], methods: [],
  };
  to.classes.push(fact);
  fact.implemented = (node.implements ?? []).map((type) => heritage(type, to));
  if (node.superClass !== null) Object.assign(fact, { base: to.expression(node.superClass), baseArguments: argumentTypes(node.superTypeArguments, to) });
  const fields: FieldFact[] = [];
  const methods: number[] = [];
  for (const member of node.body.body) lowerMember(member, { owner: index, className: fact.name }, { fields, methods }, to);
  Object.assign(fact, { fields, methods });
  to.noteDecoratedTypes(fact);
  return index;
};

const lowerMember = (member: ClassElement, owner: Owner, { fields, methods }: { fields: FieldFact[]; methods: number[] }, to: Walk): void => {
  switch (member.type) {
    case 'PropertyDefinition': case 'TSAbstractPropertyDefinition': case 'AccessorProperty': case 'TSAbstractAccessorProperty':
      fields.push(lowerField(member, owner, to));
      break;
    case 'MethodDefinition': case 'TSAbstractMethodDefinition':
      if (member.value.body !== null) methods.push(lowerMethod(member, owner, to));
      break;
    case 'StaticBlock':
      to.statements(member.body);
      break;
    case 'TSIndexSignature':
  }
};

const lowerMethod = (node: MethodDefinition, owner: Owner, to: Walk): number => {
  const kind: NonNullable<FunctionFact['member']>['kind'] = node.kind;
  const name = kind === 'constructor' ? 'constructor' : propertyName(node.key, node.computed) ?? '(computed)';
  return lowerFunction(node.value, { ...owner, start: startOf(node, node.decorators), decorators: node.decorators, member: { name, kind, isStatic: node.static } }, to);
};

const lowerField = (node: PropertyDefinition | AccessorProperty, owner: Owner, to: Walk): FieldFact => {
  const name = propertyName(node.key, node.computed) ?? '(computed)';
  const type = annotated(node.typeAnnotation, to);
  const initial = node.value === null ? undefined : fieldValue(node.value, name, node.static, owner, to);
  return {
    name, line: to.lineAt(startOf(node, node.decorators)), isStatic: node.static, decorators: decoratorCalls(node.decorators, to),
    ...(type === undefined ? {} : { type }), ...(initial === undefined ? {} : { initial }),
  };
};

const fieldValue = (node: Expression, name: string, isStatic: boolean, owner: Owner, to: Walk): Expr => {
  if (node.type !== 'ArrowFunctionExpression' && node.type !== 'FunctionExpression') return to.named(`${owner.className}.${name}`, () => to.expression(node));
  return { kind: 'function', index: lowerFunction(node, { ...owner, start: node.start, member: { name, kind: 'property', isStatic } }, to) };
};
