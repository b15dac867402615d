import { ts } from 'ts-morph';
import type { ClassFact, Expr, FieldFact, FunctionFact } from './facts.ts';
import { propertyName } from './property-name.ts';
import { decoratorsOf, lowerFunction } from './lower-functions.ts';
import { lowerType } from './lower-types.ts';
import type { Lowering } from './lowering.ts';

type MutableClass = { -readonly [K in keyof ClassFact]: ClassFact[K] };

export const lowerClass = (node: ts.ClassLikeDeclaration, to: Lowering): number => {
  const index = to.classes.length;
  const fact: MutableClass = {
    name: node.name?.text ?? to.hint ?? 'default', line: to.line(node), scope: to.current, baseArguments: [], implemented: [],
    decorators: decoratorsOf(node, to), fields: [], methods: [],
  };
  to.classes.push(fact);
  Object.assign(fact, heritage(node, to));
  const fields: FieldFact[] = [];
  const methods: number[] = [];
  for (const member of node.members) {
    if (ts.isPropertyDeclaration(member)) fields.push(lowerField(member, index, fact.name, to));
    else if (ts.isClassStaticBlockDeclaration(member)) to.statements(member.body.statements);
    else if (isMethod(member)) methods.push(...lowerMethod(member, index, fact.name, to));
  }
  Object.assign(fact, { fields, methods });
  to.noteDecoratedTypes(fact);
  return index;
};

const heritage = (node: ts.ClassLikeDeclaration, to: Lowering): Pick<ClassFact, 'baseArguments' | 'implemented'> & { base?: Expr } => {
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  const implemented = (node.heritageClauses ?? [])
    .filter(({ token }) => token === ts.SyntaxKind.ImplementsKeyword).flatMap(({ types }) => types.flatMap((type) => lowerType(type, to) ?? []));
  if (clause === undefined) return { baseArguments: [], implemented };
  return { base: to.expression(clause.expression), baseArguments: (clause.typeArguments ?? []).flatMap((type) => lowerType(type, to) ?? []), implemented };
};

type Method = ts.MethodDeclaration | ts.ConstructorDeclaration | ts.AccessorDeclaration;
const isMethod = (member: ts.ClassElement): member is Method => ts.isMethodDeclaration(member) || ts.isConstructorDeclaration(member) || ts.isAccessor(member);

const KINDS = new Map<ts.SyntaxKind, NonNullable<FunctionFact['member']>['kind']>([
  [ts.SyntaxKind.GetAccessor, 'get'], [ts.SyntaxKind.SetAccessor, 'set'], [ts.SyntaxKind.Constructor, 'constructor'],
]);

const isStatic = (member: ts.ClassElement): boolean => (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) !== 0;

const lowerMethod = (node: Method, owner: number, className: string, to: Lowering): number[] => {
  if (node.body === undefined) return [];
  const kind = KINDS.get(node.kind) ?? 'method';
  const name = ts.isConstructorDeclaration(node) ? 'constructor' : propertyName(node.name) ?? '(computed)';
  return [lowerFunction(node, to, { owner, className, member: { name, kind, isStatic: isStatic(node) } })];
};

const lowerField = (node: ts.PropertyDeclaration, owner: number, className: string, to: Lowering): FieldFact => {
  const name = propertyName(node.name) ?? '(computed)';
  const type = lowerType(node.type, to);
  const initial = node.initializer === undefined ? undefined : fieldValue(node.initializer, name, { owner, className, isStatic: isStatic(node) }, to);
  return {
    name, line: to.line(node), isStatic: isStatic(node), decorators: decoratorsOf(node, to),
    ...(type === undefined ? {} : { type }), ...(initial === undefined ? {} : { initial }),
  };
};

const fieldValue = (node: ts.Expression, name: string, { owner, className, isStatic: fixed }: { owner: number; className: string; isStatic: boolean }, to: Lowering): Expr => {
  if (!ts.isArrowFunction(node) && !ts.isFunctionExpression(node)) return to.named(`${className}.${name}`, () => to.expression(node));
  return { kind: 'function', index: lowerFunction(node, to, { owner, className, member: { name, kind: 'property', isStatic: fixed } }) };
};
