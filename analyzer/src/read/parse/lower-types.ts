import { ts } from 'ts-morph';
import type { ShapeFact, TypeFact } from './facts.ts';
import type { Lowering } from './lowering.ts';

type LowerType = (node: ts.TypeNode, to: Lowering) => TypeFact | undefined;

const many = (name: string) => (node: ts.TypeNode, to: Lowering): TypeFact => ({
  name, args: (node as ts.UnionOrIntersectionTypeNode).types.flatMap((type) => lowerType(type, to) ?? []),
});

const entityName = (name: ts.EntityName): string => (ts.isIdentifier(name) ? name.text : `${entityName(name.left)}.${name.right.text}`);

const TYPES = new Map<ts.SyntaxKind, LowerType>([
  [ts.SyntaxKind.TypeReference, (node, to) => reference(entityName((node as ts.TypeReferenceNode).typeName), (node as ts.TypeReferenceNode).typeArguments, to)],
  [ts.SyntaxKind.ExpressionWithTypeArguments, (node, to) => {
    const { expression, typeArguments } = node as ts.ExpressionWithTypeArguments;
    return reference(dotted(expression) ?? '', typeArguments, to);
  }],
  [ts.SyntaxKind.UnionType, many('|')],
  [ts.SyntaxKind.IntersectionType, many('&')],
  [ts.SyntaxKind.ArrayType, (node, to) => wrap('[]', (node as ts.ArrayTypeNode).elementType, to)],
  [ts.SyntaxKind.ParenthesizedType, (node, to) => lowerType((node as ts.ParenthesizedTypeNode).type, to)],
  [ts.SyntaxKind.TypeOperator, (node, to) => lowerType((node as ts.TypeOperatorNode).type, to)],
  [ts.SyntaxKind.FunctionType, (node, to) => functionType(node as ts.FunctionTypeNode, to)],
  [ts.SyntaxKind.TypeLiteral, (node, to) => ({ name: '{}', members: lowerMembers((node as ts.TypeLiteralNode).members, to) })],
  [ts.SyntaxKind.TypeQuery, (node) => ({ name: `typeof ${entityName((node as ts.TypeQueryNode).exprName)}` })],
  [ts.SyntaxKind.IndexedAccessType, (node, to) => indexed(node as ts.IndexedAccessTypeNode, to)],
  [ts.SyntaxKind.LiteralType, (node) => {
    const { literal } = node as ts.LiteralTypeNode;
    return ts.isStringLiteral(literal) ? { name: 'literal', literal: literal.text } : { name: ts.tokenToString(literal.kind) ?? 'literal' };
  }],
  [ts.SyntaxKind.ImportType, (node, to) => {
    const { qualifier, argument } = node as ts.ImportTypeNode;
    if (ts.isLiteralTypeNode(argument) && ts.isStringLiteral(argument.literal)) {
      to.imports.push({ specifier: argument.literal.text, kind: 'import', typeOnly: true, names: [], line: to.line(node) });
    }
    return { name: qualifier === undefined ? '' : entityName(qualifier) };
  }],
]);

const reference = (name: string, args: ts.NodeArray<ts.TypeNode> | undefined, to: Lowering): TypeFact =>
  args === undefined ? { name } : { name, args: args.flatMap((arg) => lowerType(arg, to) ?? []) };

const wrap = (name: string, inner: ts.TypeNode, to: Lowering): TypeFact => {
  const type = lowerType(inner, to);
  return type === undefined ? { name } : { name, args: [type] };
};

const functionType = (node: ts.FunctionTypeNode | ts.MethodSignature, to: Lowering): TypeFact => {
  const of = node.type === undefined ? { name: '=>' } : wrap('=>', node.type, to);
  return node.parameters.length === 0 ? of : { ...of, parameters: node.parameters.map(({ type }) => lowerType(type, to)) };
};

const generics = (node: ts.InterfaceDeclaration | ts.TypeAliasDeclaration): Pick<ShapeFact, 'generics'> => (node.typeParameters === undefined ? {} : { generics: node.typeParameters.map(({ name }) => name.text) });

const indexed = (node: ts.IndexedAccessTypeNode, to: Lowering): TypeFact => ({
  name: 'T[K]', args: [node.objectType, node.indexType].flatMap((type) => lowerType(type, to) ?? []),
});

/** `a.b.c` as text; undefined for anything that is more than names and dots. */
export const dotted = (node: ts.Expression): string | undefined => {
  if (ts.isIdentifier(node)) return node.text;
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const left = dotted(node.expression);
  return left === undefined ? undefined : `${left}.${node.name.text}`;
};

/** The part of a type that names something: literals of objects, references, arrays, unions. Undefined for the rest. */
export const lowerType = (node: ts.TypeNode | undefined, to: Lowering): TypeFact | undefined => {
  if (node === undefined) return undefined;
  const lower = TYPES.get(node.kind);
  if (lower !== undefined) return to.deeper(node, undefined, () => lower(node, to));
  const keyword = ts.tokenToString(node.kind);
  return keyword === undefined ? undefined : { name: keyword };
};

const memberType = (member: ts.TypeElement, to: Lowering): TypeFact | undefined => {
  if (ts.isPropertySignature(member)) return lowerType(member.type, to);
  if (ts.isMethodSignature(member)) return functionType(member, to);
  return undefined;
};

export const lowerMembers = (members: ts.NodeArray<ts.TypeElement>, to: Lowering): Map<string, TypeFact> => {
  const known = new Map<string, TypeFact>();
  for (const member of members) {
    const type = memberType(member, to);
    if (type !== undefined && member.name !== undefined && (ts.isIdentifier(member.name) || ts.isStringLiteral(member.name))) known.set(member.name.text, type);
  }
  return known;
};

export const lowerShape = (node: ts.InterfaceDeclaration | ts.TypeAliasDeclaration, to: Lowering): void => {
  const isInterface = ts.isInterfaceDeclaration(node);
  to.addShape(node.name.text, isInterface ? interfaceShape(node, to) : aliasShape(node, to), isInterface);
};

const interfaceShape = (node: ts.InterfaceDeclaration, to: Lowering): ShapeFact => ({
  members: lowerMembers(node.members, to),
  bases: (node.heritageClauses ?? []).flatMap((clause) => clause.types.flatMap((type) => lowerType(type, to) ?? [])), ...generics(node),
});

const aliasShape = (node: ts.TypeAliasDeclaration, to: Lowering): ShapeFact => {
  const alias = lowerType(node.type, to);
  return { members: alias?.members ?? new Map(), bases: [], ...(alias === undefined ? {} : { alias }), ...generics(node) };
};
