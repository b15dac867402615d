import type { Expression, ParamPattern, TSImportType, TSInterfaceDeclaration, TSLiteral, TSSignature, TSType, TSTypeAliasDeclaration, TSTypeAnnotation, TSTypeName, TSTypeParameterInstantiation, TSImportTypeQualifier } from 'oxc-parser';
import type { ShapeFact, TypeFact } from '../facts.ts';
import { constantText, dotted, type Walk } from './walk.ts';

const KEYWORDS: Readonly<Record<string, string>> = {
  TSAnyKeyword: 'any', TSBigIntKeyword: 'bigint', TSBooleanKeyword: 'boolean', TSIntrinsicKeyword: 'intrinsic', TSNeverKeyword: 'never', TSNullKeyword: 'null', TSNumberKeyword: 'number',
  TSObjectKeyword: 'object', TSStringKeyword: 'string', TSSymbolKeyword: 'symbol', TSUndefinedKeyword: 'undefined', TSUnknownKeyword: 'unknown', TSVoidKeyword: 'void',
};

type Rules = { readonly [K in TSType['type']]?: (node: Extract<TSType, { type: K }>, to: Walk) => TypeFact | undefined };

const inner = (node: { readonly typeAnnotation: TSType }, to: Walk): TypeFact | undefined => lowerType(node.typeAnnotation, to);

const RULES: Rules = {
  TSTypeReference: (node, to) => reference(entityName(node.typeName), node.typeArguments, to),
  TSUnionType: (node, to) => ({ name: '|', args: all(node.types, to) }),
  TSIntersectionType: (node, to) => ({ name: '&', args: all(node.types, to) }),
  TSArrayType: (node, to) => wrap('[]', node.elementType, to),
  TSParenthesizedType: inner, TSTypeOperator: inner,
  TSFunctionType: (node, to) => functionType(node.params, node.returnType, to),
  TSTypeLiteral: (node, to) => ({ name: '{}', members: lowerMembers(node.members, to) }),
  TSIndexedAccessType: (node, to) => ({ name: 'T[K]', args: all([node.objectType, node.indexType], to) }),
  TSTypeQuery: (node, to) => (node.exprName.type === 'TSImportType' ? imported(node.exprName, to) : { name: `typeof ${entityName(node.exprName)}` }),
  TSImportType: (node, to) => imported(node, to),
  TSLiteralType: (node) => literal(node.literal),
  TSTemplateLiteralType: (node) => (node.types.length === 0 ? { name: 'literal' } : undefined),
};

/** The part of a type that names something: literals of objects, references, arrays, unions. Undefined for the rest. */
export const lowerType = (node: TSType | null | undefined, to: Walk): TypeFact | undefined => {
  if (node === null || node === undefined) return undefined;
  to.enter();
  const rule = RULES[node.type] as ((node: TSType, to: Walk) => TypeFact | undefined) | undefined;
  const lowered = rule === undefined ? keyword(node.type) : rule(node, to);
  to.leave();
  return lowered;
};

const keyword = (type: string): TypeFact | undefined => {
  const name = KEYWORDS[type];
  return name === undefined ? undefined : { name };
};

const all = (types: readonly TSType[], to: Walk): TypeFact[] => types.flatMap((type) => lowerType(type, to) ?? []);

/** `: T` behind a name. */
export const annotated = (annotation: TSTypeAnnotation | null | undefined, to: Walk): TypeFact | undefined => lowerType(annotation?.typeAnnotation, to);

/** `<A, B>` behind a call or a base. */
export const argumentTypes = (given: TSTypeParameterInstantiation | null | undefined, to: Walk): TypeFact[] => all(given?.params ?? [], to);

const entityName = (name: TSTypeName | TSImportTypeQualifier): string => {
  if (name.type === 'TSQualifiedName') return `${entityName(name.left)}.${name.right.name}`;
  return name.type === 'Identifier' ? name.name : 'this';
};

const reference = (name: string, args: TSTypeParameterInstantiation | null | undefined, to: Walk): TypeFact => (args === null || args === undefined ? { name } : { name, args: all(args.params, to) });

const wrap = (name: string, inner: TSType, to: Walk): TypeFact => {
  const type = lowerType(inner, to);
  return type === undefined ? { name } : { name, args: [type] };
};

const functionType = (params: readonly ParamPattern[], returns: TSTypeAnnotation | null, to: Walk): TypeFact => {
  const of = returns === null ? { name: '=>' } : wrap('=>', returns.typeAnnotation, to);
  return params.length === 0 ? of : { ...of, parameters: params.map((one) => annotated(one.type === 'TSParameterProperty' ? undefined : one.typeAnnotation, to)) };
};

const generics = (node: TSInterfaceDeclaration | TSTypeAliasDeclaration): Pick<ShapeFact, 'generics'> => (node.typeParameters == null ? {} : { generics: node.typeParameters.params.map(({ name }) => name.name) });

const literal = (node: TSLiteral): TypeFact => {
  if (node.type !== 'Literal' || typeof node.value === 'number' || typeof node.value === 'bigint') return { name: 'literal' };
  return typeof node.value === 'string' ? { name: 'literal', literal: node.value } : { name: String(node.value) };
};

const imported = (node: TSImportType, to: Walk): TypeFact => {
  to.imports.push({ specifier: node.source.value, kind: 'import', typeOnly: true, names: [], line: to.line(node) });
  return { name: node.qualifier === null ? '' : entityName(node.qualifier) };
};

/** What a class or an interface extends or implements, with its type arguments. */
export const heritage = ({ expression, typeArguments }: { readonly expression: Expression; readonly typeArguments: TSTypeParameterInstantiation | null }, to: Walk): TypeFact => reference(dotted(expression) ?? '', typeArguments, to);

const lowerMembers = (members: readonly TSSignature[], to: Walk): Map<string, TypeFact> => {
  const known = new Map<string, TypeFact>();
  for (const member of members) {
    if (member.type !== 'TSPropertySignature' && member.type !== 'TSMethodSignature') continue;
    const type = member.type === 'TSPropertySignature' ? annotated(member.typeAnnotation, to) : methodType(member, to);
    const name = member.computed ? undefined : member.key.type === 'Identifier' ? member.key.name : constantText(member.key);
    if (type !== undefined && name !== undefined) known.set(name, type);
  }
  return known;
};

const methodType = (member: Extract<TSSignature, { type: 'TSMethodSignature' }>, to: Walk): TypeFact | undefined => {
  return member.kind === 'method' ? functionType(member.params, member.returnType, to) : undefined;
};

export const lowerShape = (node: TSInterfaceDeclaration | TSTypeAliasDeclaration, to: Walk): void => {
  const isInterface = node.type === 'TSInterfaceDeclaration';
  to.addShape(node.id.name, isInterface ? interfaceShape(node, to) : aliasShape(node, to), isInterface);
};

const interfaceShape = (node: TSInterfaceDeclaration, to: Walk): ShapeFact => ({ members: lowerMembers(node.body.body, to), bases: node.extends.map((base) => heritage(base, to)), ...generics(node) });

const aliasShape = (node: TSTypeAliasDeclaration, to: Walk): ShapeFact => {
  const alias = lowerType(node.typeAnnotation, to);
  return { members: alias?.members ?? new Map(), bases: [], ...(alias === undefined ? {} : { alias }), ...generics(node) };
};
