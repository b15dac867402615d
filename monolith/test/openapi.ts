import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';

/** The part of JSON Schema that openapi.yaml uses. */
interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  type?: string | string[];
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  items?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
}

interface Operation {
  responses: Record<string, { $ref?: string; content?: { 'application/json': { schema: Schema } } }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, Operation['responses'][string]> };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export const document = parse(readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8')) as Document;

/** 'GET /products/{}' for every operation, parameters unnamed: what a path means does not depend on what its parameter is called. */
export function documentedEndpoints(): string[] {
  return Object.entries(document.paths)
    .flatMap(([path, item]) => METHODS.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`))
    .sort();
}

function named<Kind extends 'schemas' | 'responses'>(kind: Kind, ref: string): Document['components'][Kind][string] {
  const target = document.components[kind][ref.replace(`#/components/${kind}/`, '')];
  if (target === undefined) throw new Error(`openapi.yaml refers to ${ref}, which it does not have`);
  return target as Document['components'][Kind][string];
}

function resolve(schema: Schema): Schema {
  if (schema.$ref !== undefined) return resolve(named('schemas', schema.$ref));
  if (schema.allOf === undefined) return schema;
  const parts = schema.allOf.map(resolve);
  return {
    type: 'object',
    required: parts.flatMap((part) => part.required ?? []),
    properties: Object.assign({}, ...parts.map((part) => part.properties ?? {})) as Record<string, Schema>,
  };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function hasType(value: unknown, types: readonly string[]): boolean {
  return types.includes(typeOf(value)) || (types.includes('integer') && Number.isInteger(value));
}

function objectProblems(schema: Schema, value: Record<string, unknown>, at: string): string[] {
  const properties = schema.properties ?? {};
  return [
    ...(schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}/${name} is missing`),
    ...Object.keys(value).flatMap((name) => {
      const property = properties[name];
      return property === undefined ? [`${at}/${name} is not documented`] : problems(property, value[name], `${at}/${name}`);
    }),
  ];
}

function scalarProblems(schema: Schema, value: unknown, at: string): string[] {
  if (schema.enum?.some((choice) => isDeepStrictEqual(choice, value)) === false) return [`${at} is not one of ${schema.enum.join(', ')}`];
  if (typeof value !== 'number') return [];
  const outside = value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity);
  return outside ? [`${at} is ${String(value)}, outside its limits`] : [];
}

/** Where a value differs from its schema. Undocumented fields are differences too. */
function problems(unresolved: Schema, value: unknown, at: string): string[] {
  const schema = resolve(unresolved);
  if (schema.oneOf !== undefined) {
    const tries = schema.oneOf.map((choice) => problems(choice, value, at));
    return tries.some((found) => found.length === 0) ? [] : tries.flat();
  }
  const types = [schema.type ?? 'object'].flat();
  if (!hasType(value, types)) return [`${at} is ${typeOf(value)}, not ${types.join(' or ')}`];
  const { items } = schema;
  if (Array.isArray(value)) return items === undefined ? [] : value.flatMap((item, index) => problems(items, item, `${at}/${String(index)}`));
  if (typeOf(value) === 'object') return objectProblems(schema, value as Record<string, unknown>, at);
  return scalarProblems(schema, value, at);
}

/** The documented operation a request is for; a path spelt out ('me') comes before one with a parameter. */
function operationOf(method: string, path: string): Operation | undefined {
  const [pathname = ''] = path.split('?');
  const templates = Object.keys(document.paths)
    .filter((template) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname))
    .sort((a, b) => a.split('{').length - b.split('{').length);
  return templates.map((template) => document.paths[template]?.[method.toLowerCase()]).find((operation) => operation !== undefined);
}

/** express.json() may answer this to any request with a body; it is described once, not at every operation. */
const TOO_LARGE = 413;

/** What an answer has that the document does not promise. Empty when they agree. */
export function disagreements(method: string, path: string, status: number, body: unknown): string[] {
  const operation = operationOf(method, path);
  if (operation === undefined) return status === 404 ? [] : [`${method} ${path} answers ${String(status)} but is not documented`];
  if (status === TOO_LARGE) return [];
  const response = operation.responses[String(status)];
  if (response === undefined) return [`${method} ${path} answers ${String(status)}, which is not documented`];
  const resolved = response.$ref === undefined ? response : named('responses', response.$ref);
  const schema = resolved.content?.['application/json'].schema;
  if (schema === undefined) return body === undefined ? [] : [`${method} ${path} answers a body, which is not documented`];
  return problems(schema, body, `${method} ${path} ${String(status)}: body`);
}
