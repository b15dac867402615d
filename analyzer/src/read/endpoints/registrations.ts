import type { Evidence } from '../../model/evidence.ts';
import type { Site } from '../interpret/interpreter.ts';
import { memberOf } from '../interpret/members.ts';
import { HOLE, UNKNOWN, each, text, texts, type Value } from '../interpret/values.ts';
import { isBorrowed, originOf } from './origin.ts';
import { mount, pathsOf, siteOf } from './mounts.ts';
import { register } from './plugins.ts';
import { asRouter, MountThing, native, RouteThing, type RouterThing } from './router.ts';

export const VERBS: ReadonlyMap<string, string> = new Map([
  ['get', 'GET'], ['post', 'POST'], ['put', 'PUT'], ['patch', 'PATCH'], ['delete', 'DELETE'], ['del', 'DELETE'], ['head', 'HEAD'], ['options', 'OPTIONS'], ['all', 'ANY'],
]);
const SAME_ROUTER = new Set(['routes', 'middleware', 'callback', 'after', 'withTypeProvider', 'disable', 'enable', 'set', 'engine', 'param', 'setErrorHandler', 'addHook', 'decorate']);

/** Handlers in order; lists flattened, wrappers seen through to what they wrap. */
export const handlersOf = (values: readonly Value[]): Value[] =>
  distinct(values.flatMap(each).flatMap((value) => (value.kind === 'list' ? handlersOf(value.items) : wrapped(value))));

/** The same function once, where it stands last: the last handler is the one that answers. */
const distinct = (values: readonly Value[]): Value[] => {
  const key = (value: Value): unknown => (value.kind === 'function' ? value.file.functions[value.index] : value);
  return values.filter((value, position) => !values.slice(position + 1).some((later) => key(later) === key(value)));
};

const wrapped = (value: Value): Value[] => {
  if ((value.kind !== 'function' && value.kind !== 'unknown') || value.wraps === undefined) return [value];
  const inner = handlersOf(value.wraps);
  // `tryRoute(place, (error, res) => …)`: what was handed over by name is the handler, the closure beside it is not.
  const named = inner.filter((one) => one.kind === 'function' && one.file.functions[one.index]?.anonymous === false);
  return named.length > 0 ? named : inner.length > 0 ? inner : [value];
};

/** A call on a router: registers what it registers and answers what the framework would. Undefined when it is no registration. */
export const callRouter = (router: RouterThing, name: string, args: readonly Value[], site: Site): Value | undefined => {
  const verb = VERBS.get(name);
  if (verb !== undefined) return verbCall(router, verb, args, site);
  const rule = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  return rule === undefined ? (SAME_ROUTER.has(name) ? native(router) : undefined) : rule(router, args, site);
};

type RouterCall = (router: RouterThing, args: readonly Value[], site: Site) => Value | undefined;

const CALLS: Readonly<Record<string, RouterCall>> = {
  use: (router, args, site) => use(router, args, site),
  route: (router, args, site) => route(router, args, site),
  prefix: (router, args) => prefix(router, args),
  basePath: (router, args) => prefix(router, args),
  on: (router, args, site) => (router.framework === 'hono' ? onVerbs(router, args, site) : undefined),
  register: (router, args, site) => (router.framework === 'fastify' || router.framework === 'hapi' ? register(router, args, site) : undefined),
  method: (router, args, site) => verbCall(router, (texts(args[0] ?? UNKNOWN)[0] ?? 'ANY').toUpperCase(), args.slice(1), site),
};

const verbCall = (router: RouterThing, method: string, args: readonly Value[], site: Site): Value | undefined => {
  const counts = args.slice(0, 2).map((arg) => pathsOf(arg).length);
  // `app.get('setting')` reads a setting.
  if (args.length < 2 && counts[0] !== 0) return undefined;
  // Koa's routes may have a name before their path.
  const isNamed = router.framework === 'koa' && args.length > 2 && counts[0] === 1 && counts[1] !== 0;
  const [path = UNKNOWN, ...rest] = isNamed ? args.slice(1) : args;
  if (path.kind === 'function') addRoute(router, method, text(''), args, site);
  else addRoute(router, method, path, rest, site);
  return native(router);
};

const addRoute = (router: RouterThing, method: string, path: Value, rest: readonly Value[], site: Site): void => {
  const paths = pathsOf(path);
  // A wrapper that nobody calls registers nothing: its caller would have named the path.
  if (paths.length === 0 && site.run.stack.length <= 1 && site.call.args[0] !== undefined && isBorrowed(site.call.args[0], site)) return;
  // A router as the handler sees the whole path: its own routes repeat what is written here.
  const children = rest.flatMap((part) => routerIn(part, site) ?? []);
  for (const child of children) mount(router, [''], child, siteOf(site), method);
  if (children.length > 0) return;
  const handlers = handlersOf(rest).flatMap(fastifyHandler);
  const at = originOf(site, paths, path);
  router.registrations.push({ kind: 'route', method, paths, handlers: answering(handlers, at, site), at });
};

/** A registrar of the project's own may add wrappers after what it was given: what stands where the route is written answers. */
const answering = (handlers: readonly Value[], at: Evidence, site: Site): readonly Value[] => {
  const isOwn = (value: Value): boolean => value.kind === 'function' && value.file.path === at.file;
  return at.file === site.frame.file.path ? handlers : [...handlers.filter((one) => !isOwn(one)), ...handlers.filter(isOwn)];
};

/** Fastify's `{ handler, preHandler }` between path and handler. */
const fastifyHandler = (value: Value): Value[] => (value.kind === 'object' && value.of === undefined ? handlersOf([value.properties.get('handler') ?? UNKNOWN]).filter(({ kind }) => kind !== 'unknown') : [value]);

const use = (router: RouterThing, args: readonly Value[], site: Site): Value => {
  const first = args[0] ?? UNKNOWN;
  const paths = pathsOf(first);
  const rest = paths.length > 0 || args.length > 1 && isRunTimeText(first) ? args.slice(1) : args;
  // A path only known at run time still leads somewhere: what is below is shown under `*`, and listed.
  const where = paths.length > 0 ? paths : rest === args ? [''] : [HOLE];
  const parts = rest.flatMap(each).flatMap((one) => (one.kind === 'list' ? one.items : [one]));
  for (const part of parts) mountPart(router, where, part, site);
  mountHandler(router, paths, handlersOf(rest), site);
  return native(router);
};

/** Not known, an environment variable or a global: as the first of several arguments it can only be the path. */
const isRunTimeText = (value: Value): boolean => (value.kind === 'unknown' && value.wraps === undefined) || (value.kind === 'external' && value.module === 'global' && /^(?:process\.env|global|globalThis)\./.test(value.path));

const mountPart = (router: RouterThing, paths: readonly string[], part: Value, site: Site): void => {
  const child = routerIn(part, site);
  if (child !== undefined) mount(router, paths, child, siteOf(site));
  if (part.kind === 'native' && part.thing instanceof MountThing) mount(router, part.thing.paths, part.thing.child, siteOf(site));
};

/** A router itself, or an object that carries one (`{ router }`, a default export interop, a controller). */
const routerIn = (value: Value, site: Site): RouterThing | undefined => {
  const direct = asRouter(value);
  if (direct !== undefined) return direct;
  if (value.kind === 'module') return asRouter(site.run.exportValue(value.file, 'default'));
  if (value.kind === 'unknown') return value.wraps?.map(asRouter).find((one) => one !== undefined);
  return value.kind === 'object' ? asRouter(memberOf(value, 'default', site.run)) : undefined;
};

/** `app.use('/health', (req, res) => …)` answers by itself; with three parameters it is middleware. */
const mountHandler = (router: RouterThing, paths: readonly string[], handlers: readonly Value[], site: Site): void => {
  const last = handlers.at(-1);
  if (paths.length === 0 || last?.kind !== 'function' || router.framework !== 'express') return;
  if (last.file.functions[last.index]?.parameters.length === 2) router.registrations.push({ kind: 'route', method: 'ANY', paths, handlers, at: siteOf(site) });
};

/** Hono: `app.on(['GET', 'POST'], '/films', handler)`. */
const onVerbs = (router: RouterThing, [methods = UNKNOWN, ...rest]: readonly Value[], site: Site): Value => {
  for (const method of pathsOf(methods)) verbCall(router, method.toUpperCase(), rest, site);
  return native(router);
};

const route = (router: RouterThing, args: readonly Value[], site: Site): Value => {
  const first = args[0] ?? UNKNOWN;
  if (router.framework === 'hono' && args.length > 1) return use(router, args, site);
  const table = first.kind === 'list' ? first.items : [first];
  for (const one of table) if (one.kind === 'object') routeObject(router, one, site);
  return table.some(({ kind }) => kind === 'object') ? native(router) : native(new RouteThing(router, first));
};

/** `{ method, url | path, handler }` as Fastify and many wrappers take it. */
export const routeObject = (router: RouterThing, options: Extract<Value, { kind: 'object' }>, site: Site): boolean => {
  const get = (name: string): Value => options.properties.get(name) ?? UNKNOWN;
  const methods = [...pathsOf(get('method')), ...pathsOf(get('methods'))];
  const path = ['url', 'path', 'route'].map(get).find((one) => pathsOf(one).length > 0);
  const handler = ['handler', 'handlers', 'controller', 'action'].map(get).find(({ kind }) => kind !== 'unknown') ?? UNKNOWN;
  if (methods.length === 0 || path === undefined) return false;
  for (const method of methods) addRoute(router, VERBS.get(method.toLowerCase()) ?? method.toUpperCase(), path, [handler], site);
  return true;
};

const prefix = (router: RouterThing, args: readonly Value[]): Value => {
  router.prefix += texts(args[0] ?? UNKNOWN)[0] ?? '';
  return native(router);
};

/** `router.route('/x').get(a).post(b)`. */
export const callRoute = (of: RouteThing, name: string, args: readonly Value[], site: Site): Value | undefined => {
  const verb = VERBS.get(name);
  if (verb !== undefined) addRoute(of.router, verb, of.path, args, site);
  return native(of);
};

export const mountOf = (args: readonly Value[], site: Site): Value | undefined => {
  const child = args.map((arg) => routerIn(arg, site)).find((one) => one !== undefined);
  const paths = args.length < 2 ? [''] : pathsOf(args[0] ?? text(''));
  return child === undefined ? undefined : native(new MountThing(paths.length === 0 ? [HOLE] : paths, child));
};
