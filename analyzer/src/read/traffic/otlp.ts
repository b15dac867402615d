import { pathOf } from './access-log.ts';
import type { Request } from './match.ts';

/** What we use of a span. */
export interface Span {
  readonly trace: string;
  readonly id: string;
  readonly parent: string;
  readonly seconds: number | undefined;
  /** Set on spans in which the service answers a request. */
  readonly request?: Request;
  /** Set on spans that ask a database: the statement, or the table and what is done to it. */
  readonly statement?: string;
  readonly table?: { readonly name: string; readonly mode: 'read' | 'write' };
}

type Json = Readonly<Record<string, unknown>>;

/** Spans of an OTLP export (`resourceSpans`), of any age of the format. Undefined when the value is none. */
export function spansOf(value: unknown): Span[] | undefined {
  if (!isObject(value)) return undefined;
  const resources = value['resourceSpans'] ?? value['resource_spans'];
  if (!Array.isArray(resources)) return undefined;
  return resources.filter(isObject).flatMap((resource) => listAt(resource, 'scopeSpans', 'scope_spans', 'instrumentationLibrarySpans')).flatMap((scope) => listAt(scope, 'spans')).flatMap(spanOf);
}

function spanOf(span: Json): Span[] {
  const at = (camel: string, snake: string): string => text(span[camel] ?? span[snake]);
  const [trace, id] = [at('traceId', 'trace_id'), at('spanId', 'span_id')];
  if (id === '' || trace === '') return [];
  const attributes = attributesOf(span);
  const request = isServer(span['kind']) ? requestOf(attributes, text(span['name'])) : undefined;
  return [{ trace, id, parent: at('parentSpanId', 'parent_span_id'), seconds: startOf(span), ...(request === undefined ? {} : { request }), ...databaseOf(attributes) }];
}

function startOf(span: Json): number | undefined {
  const nanos = Number(span['startTimeUnixNano'] ?? span['start_time_unix_nano']);
  return Number.isFinite(nanos) && nanos > 0 ? nanos / 1e9 : undefined;
}

const isServer = (kind: unknown): boolean => kind === 2 || kind === 'SPAN_KIND_SERVER' || kind === 'SERVER';

/** By the semantic conventions, stable and before: the route if the framework told it, else the path. The span's name says both where attributes say neither. */
function requestOf(attributes: ReadonlyMap<string, string>, name: string): Request | undefined {
  const at = first(attributes);
  const [, named, route] = /^([A-Z]+) (\/\S*)$/.exec(name) ?? [];
  const method = at('http.request.method', 'http.method') ?? named;
  const path = at('http.route') ?? at('url.path', 'http.target') ?? at('url.full', 'http.url') ?? route;
  return method === undefined || path === undefined || path === '' ? undefined : { method: method.toUpperCase(), path: pathOf(path) };
}

function databaseOf(attributes: ReadonlyMap<string, string>): Pick<Span, 'statement' | 'table'> {
  const at = first(attributes);
  const statement = at('db.query.text', 'db.statement');
  const name = at('db.collection.name', 'db.sql.table', 'db.mongodb.collection', 'db.prisma.model');
  const operation = at('db.operation.name', 'db.operation') ?? statement?.trim().split(/\s/, 1)[0] ?? '';
  const table = name === undefined ? {} : { table: { name, mode: /^(?:insert|update|delete|upsert|create|remove|save|replace|merge|truncate)/i.test(operation) ? 'write' as const : 'read' as const } };
  return { ...(statement === undefined ? {} : { statement }), ...table };
}

const first = (attributes: ReadonlyMap<string, string>) => (...keys: readonly string[]): string | undefined => keys.map((key) => attributes.get(key)).find((value) => value !== undefined && value !== '');

function attributesOf(span: Json): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key, value } of listAt(span, 'attributes')) {
    if (typeof key !== 'string' || !isObject(value)) continue;
    const [plain] = Object.values(value);
    if (typeof plain === 'string' || typeof plain === 'number') found.set(key, String(plain));
  }
  return found;
}

const listAt = (value: Json, ...keys: readonly string[]): Json[] => {
  const list = keys.map((key) => value[key]).find(Array.isArray) as unknown[] | undefined;
  return (list ?? []).filter(isObject);
};
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
