import type { EndpointFact, Unresolved } from '../../model/graph.ts';
import { eachFunction } from '../link/visit.ts';
import type { CallExpr, Expr, FileFacts, Property } from '../parse/facts.ts';
import { VERBS } from './registrations.ts';

const WHY = 'written like a route, but no app was seen to take it';
const METHOD = /^(?:get|post|put|patch|delete|head|options|all)$/i;
const ROUTE_DECORATORS = new Set(['Get', 'Post', 'Put', 'Patch', 'Delete', 'Head', 'Options', 'All']);
/** Served to browsers as it is: calls there are requests, not routes. */
const BROWSER = /(?:^|\/)public\//;
const NOT_APPS = /client|axios|agent|https?|fetch|request|superagent|^got$|^ky$|nock|^msw$|^rest$|mock|cache|cy|page|browser/i;

/**
 * What is written like a route and yet led to no endpoint: `films.get('/x', (req, res) => …)`, `{ method, path, handler }`, a verb's decorator on a class
 * that is no controller. Purely by its looks, as a net below the readers that follow the program.
 */
export const missedRoutes = (files: readonly FileFacts[], endpoints: readonly EndpointFact[], taken: ReadonlySet<CallExpr>, listed: readonly Unresolved[]): Unresolved[] => {
  const known = new Set([...endpoints, ...listed].map(({ evidence }) => `${evidence.file}:${String(evidence.line)}`));
  const paths = endpoints.map(({ path }) => path);
  const found = new Map<string, Unresolved>();
  for (const file of files.filter(({ path }) => !BROWSER.test(path))) {
    for (const { what, line, last } of writtenRoutes(file, taken, paths)) {
      const lines = Array.from({ length: last - line + 1 }, (_, position) => `${file.path}:${String(line + position)}`);
      if (!lines.some((one) => known.has(one))) found.set(`${file.path}\0${String(line)}\0${what}`, { kind: 'endpoint', what, why: WHY, evidence: { file: file.path, line } });
    }
  }
  return [...found.values()];
};

interface Written { readonly what: string; readonly line: number; readonly last: number }

const writtenRoutes = (file: FileFacts, taken: ReadonlySet<CallExpr>, paths: readonly string[]): Written[] => {
  const found: Written[] = [];
  const add = (what: string | undefined, line: number, last = line): void => {
    if (what !== undefined) found.push({ what, line, last });
  };
  eachFunction(file, (_, expr) => {
    if (expr.kind === 'call' && !taken.has(expr)) add(calledRoute(expr), expr.line, pathLine(expr));
    else if (expr.kind === 'object') add(tableRoute(expr.properties, paths), expr.line);
  });
  for (const method of file.functions) for (const one of method.decorators) if (one.kind === 'call') add(decoratedRoute(one), one.line);
  return found;
};

const calledRoute = ({ callee, args, form }: CallExpr): string | undefined => {
  if (form !== 'call' || callee.kind !== 'member' || args.length < 2 || NOT_APPS.test(receiver(callee.of))) return undefined;
  const path = VERBS.has(callee.name) ? verbRoute(args, callee.of) : registrarRoute(args);
  return path === undefined ? undefined : `${callee.name}(${path})`;
};

const verbRoute = (args: readonly Expr[], of: Expr): string | undefined => (handles(args.at(-1), of) ? pathText(args[0]) : undefined);

/** A registrar of the project's own: `this.route('GET', '/films', list)`. */
const registrarRoute = ([first, second, ...rest]: readonly Expr[]): string | undefined =>
  (first?.kind === 'text' && METHOD.test(first.value) && isFunction(rest.at(-1)) ? pathText(second) : undefined);

/** A path may stand on a line of its own, below the call. */
const pathLine = ({ line, args }: CallExpr): number => Math.max(line, ...args.slice(0, 2).flatMap((arg) => (arg.kind === 'text' || arg.kind === 'template' ? [arg.line] : [])));

const pathText = (expr: Expr | undefined): string | undefined => {
  switch (expr?.kind) {
    case 'text': return /^(?:\/\S*|\*)$/.test(expr.value) ? expr.value : undefined;
    case 'template': return /^(?:\$\{…\})?\//.test(expr.texts.join('${…}')) ? expr.texts.join('${…}') : undefined;
    case 'concat': return pathText(expr.of.find(({ kind }) => kind === 'text'));
    case 'array': return pathText(expr.items[0]);
    default: return undefined;
  }
};

const receiver = (of: Expr): string => {
  switch (of.kind) {
    case 'name': return of.name;
    case 'member': return of.name;
    case 'call': return receiver(of.callee.kind === 'member' ? of.callee.of : of.callee);
    case 'await': case 'cast': return receiver(of.of);
    default: return '';
  }
};

/** A function as it stands; or anything that may be one, when the receiver is called like a router. */
const handles = (last: Expr | undefined, of: Expr): boolean => isFunction(last) || (last !== undefined && ['name', 'member', 'call'].includes(last.kind) && /rout|^app$|server|fastify/i.test(receiver(of)));

const isFunction = (expr: Expr | undefined): boolean => expr?.kind === 'function' || (expr?.kind === 'call' && expr.args.some(({ kind }) => kind === 'function'));

const textOf = (properties: readonly Property[], names: readonly string[]): string | undefined => properties.flatMap(({ name, value }) => (name !== undefined && names.includes(name) && value.kind === 'text' ? [value.value] : []))[0];

const isHandler = ({ name, value }: Property): boolean => name !== undefined && /^(?:handler|handlers|controller|action)$/.test(name) && value.kind !== 'text';

/** `{ method: 'GET', path: '/films', handler }` that nobody was seen to register. */
const tableRoute = (properties: readonly Property[], paths: readonly string[]): string | undefined => {
  const method = textOf(properties, ['method', 'verb']);
  const path = textOf(properties, ['path', 'url', 'route']);
  if (method === undefined || path?.startsWith('/') !== true || !METHOD.test(method)) return undefined;
  return properties.some(isHandler) && !paths.some((known) => known.endsWith(path.replace(/(?<=.)\/$/, ''))) ? `${method} ${path}` : undefined;
};

const decoratedRoute = ({ callee, args: [path] }: CallExpr): string | undefined => {
  if (callee.kind !== 'name' || !ROUTE_DECORATORS.has(callee.name) || (path !== undefined && path.kind !== 'text')) return undefined;
  return `@${callee.name}(${path?.value ?? ''})`;
};
