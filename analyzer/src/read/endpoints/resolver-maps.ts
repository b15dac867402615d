import type { EndpointFact, FunctionRef } from '../../model/graph.ts';
import { refName } from '../link/program.ts';
import type { Types } from '../link/types.ts';
import { eachFunction } from '../link/visit.ts';
import type { Expr, FileFacts } from '../parse/facts.ts';

type ObjectExpr = Extract<Expr, { kind: 'object' }>;

const ROOTS: Readonly<Record<string, string>> = { Query: 'QUERY', Mutation: 'MUTATION', Subscription: 'SUBSCRIPTION' };

/** A field of a resolver map with what resolves it. */
interface Field { readonly name: string; readonly file: FileFacts; readonly scope: number; readonly value: Expr }

/**
 * GraphQL resolvers written as plain maps: `{ Query: { film: (root, args) => … }, Film: { seats } }`, also where a part stands elsewhere.
 * A field of a root goes by its own name, one of another type by `Type.field`; types called like a root (`FilmMutation`) are reached through it.
 */
export const readResolverMaps = (files: readonly FileFacts[], types: Types): EndpointFact[] => {
  const found = new Map<string, EndpointFact>();
  for (const file of files) {
    eachFunction(file, (scope, expr) => {
      if (expr.kind !== 'object' || !expr.properties.some(({ name }) => name !== undefined && Object.hasOwn(ROOTS, name))) return;
      for (const endpoint of endpointsIn(file, scope, expr, types)) found.set([endpoint.method, endpoint.path, endpoint.evidence.file, endpoint.evidence.line].join('\0'), endpoint);
    });
  }
  return [...found.values()];
};

const endpointsIn = (file: FileFacts, scope: number, map: ObjectExpr, types: Types): EndpointFact[] => {
  const parts = map.properties.flatMap(({ name, value }) => (name !== undefined && /^[A-Z]/.test(name) ? [{ type: name, fields: fieldsOf(file, scope, value, types) }] : []));
  const isMap = parts.some(({ type, fields }) => Object.hasOwn(ROOTS, type) && fields.length > 0);
  return isMap ? parts.flatMap(({ type, fields }) => fields.map((field) => endpoint(type, field, types))) : [];
};

/** Fields that are functions, or hold `resolve` and `subscribe`; what is spread in or stands under a name is followed. */
const fieldsOf = (file: FileFacts, scope: number, expr: Expr, types: Types, depth = 0): Field[] => {
  if (depth > 4) return [];
  if (expr.kind !== 'object') {
    const of = expr.kind === 'name' || expr.kind === 'member' ? types.of(file, scope, expr) : undefined;
    return of?.kind === 'object' ? fieldsOf(of.file, of.scope, of.value, types, depth + 1) : [];
  }
  const spread = expr.spreads.flatMap((one) => fieldsOf(file, scope, one, types, depth + 1));
  return [...spread, ...expr.properties.flatMap(({ name, value }) => (name === undefined || !resolves(file, scope, value, types) ? [] : [{ name, file, scope, value }]))];
};

const resolves = (file: FileFacts, scope: number, value: Expr, types: Types): boolean => refsOf({ name: '', file, scope, value }, types).length > 0;

const refsOf = ({ file, scope, value }: Field, types: Types): FunctionRef[] => {
  const further = (next: Expr): FunctionRef[] => refsOf({ name: '', file, scope, value: next }, types);
  switch (value.kind) {
    case 'function': return [{ module: file.path, name: refName(file, value.index) }];
    case 'call': return value.args.flatMap(further);
    case 'object': return value.properties.flatMap(({ name, value: inner }) => (name === 'resolve' || name === 'subscribe' ? further(inner) : []));
    case 'name': case 'member': {
      const of = types.of(file, scope, value);
      return of?.kind === 'function' ? [{ module: of.file.path, name: refName(of.file, of.index) }] : [];
    }
    default: return [];
  }
};

const endpoint = (type: string, field: Field, types: Types): EndpointFact => {
  const root = Object.keys(ROOTS).find((name) => type === name || type.endsWith(name));
  const { file, value } = field;
  const line = value.kind === 'function' ? file.functions[value.index]?.line ?? 1 : value.kind === 'call' || value.kind === 'object' || value.kind === 'member' ? value.line : lineOf(file, field);
  return {
    method: (root === undefined ? undefined : ROOTS[root]) ?? 'QUERY', path: type === root ? field.name : `${type}.${field.name}`, module: file.path,
    handlers: refsOf(field, types), framework: 'graphql', evidence: { file: file.path, line },
  };
};

/** A bare name has no line of its own: that of the object around it. */
const lineOf = (file: FileFacts, { value }: Field): number => {
  let line = 1;
  eachFunction(file, (_, expr) => { if (expr.kind === 'object' && expr.properties.some((one) => one.value === value)) line = expr.line; });
  return line;
};
