import type { Evidence } from '../../model/evidence.ts';
import type { Site } from '../interpret/interpreter.ts';
import { memberOf } from '../interpret/members.ts';
import { UNKNOWN, each, text, texts, type FunctionValue, type Value } from '../interpret/values.ts';
import { isBorrowed, originOf } from './origin.ts';
import { asRouter, MountThing, native, RouterThing, RouteThing } from './router.ts';

export const VERBS: ReadonlyMap<string, string> = new Map([
  ['get', 'GET'], ['post', 'POST'], ['put', 'PUT'], ['patch', 'PATCH'], ['delete', 'DELETE'], ['del', 'DELETE'], ['head', 'HEAD'], ['options', 'OPTIONS'], ['all', 'ANY'],
]);
const SAME_ROUTER = new Set(['routes', 'middleware', 'callback', 'after', 'withTypeProvider', 'disable', 'enable', 'set', 'engine', 'param', 'setErrorHandler', 'addHook', 'decorate']);

export const siteOf = (site: Site): Evidence => ({ file: site.frame.file.path, line: site.call.line });

/** Texts of a path argument: a string, several, or a list of them. */
export const pathsOf = (value: Value): string[] => each(value).flatMap((one) => (one.kind === 'list' ? one.items.flatMap(pathsOf) : texts(one)));

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
  register: (router, args, site) => (router.framework === 'fastify' ? register(router, args, site) : undefined),
  method: (router, args, site) => verbCall(router, (texts(args[0] ?? UNKNOWN)[0] ?? 'ANY').toUpperCase(), args.slice(1), site),
};

const verbCall = (router: RouterThing, method: string, args: readonly Value[], site: Site): Value | undefined => {
  const counts = args.slice(0, 2).map((arg) => pathsOf(arg).length);
  // `app.get('setting')` reads a setting.
  if (args.length < 2 && counts[0] !== 0) return undefined;
  // Koa's routes may have a name before their path.
  const isNamed = router.framework === 'koa' && args.length > 2 && counts[0] === 1 && counts[1] !== 0;
  const [path = UNKNOWN, ...rest] = isNamed ? args.slice(1) : args;
  if (path.kind === 'function') addRoute(router, method, [''], args, site);
  else addRoute(router, method, pathsOf(path), rest, site);
  return native(router);
};

const addRoute = (router: RouterThing, method: string, paths: readonly string[], rest: readonly Value[], site: Site): void => {
  // A wrapper that nobody calls registers nothing: its caller would have named the path.
  if (paths.length === 0 && site.run.stack.length <= 1 && site.call.args[0] !== undefined && isBorrowed(site.call.args[0], site)) return;
  const handlers = handlersOf(rest).flatMap(fastifyHandler);
  router.registrations.push({ kind: 'route', method, paths, handlers, at: originOf(site, paths) });
};

/** Fastify's `{ handler, preHandler }` between path and handler. */
const fastifyHandler = (value: Value): Value[] => (value.kind === 'object' && value.of === undefined ? handlersOf([value.properties.get('handler') ?? UNKNOWN]).filter(({ kind }) => kind !== 'unknown') : [value]);

const use = (router: RouterThing, args: readonly Value[], site: Site): Value => {
  const first = args[0] ?? UNKNOWN;
  const paths = pathsOf(first);
  const rest = paths.length > 0 || first.kind === 'unknown' && first.wraps === undefined && args.length > 1 ? args.slice(1) : args;
  const where = paths.length > 0 ? paths : rest === args ? [''] : [];
  const parts = rest.flatMap(each).flatMap((one) => (one.kind === 'list' ? one.items : [one]));
  for (const part of parts) mountPart(router, where, part, site);
  mountHandler(router, paths, handlersOf(rest), site);
  return native(router);
};

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

const mount = (router: RouterThing, paths: readonly string[], child: RouterThing, at: Evidence): void => {
  if (child === router) return;
  child.mounted = true;
  router.registrations.push({ kind: 'mount', paths, child, at });
};

/** `app.use('/health', (req, res) => …)` answers by itself; with three parameters it is middleware. */
const mountHandler = (router: RouterThing, paths: readonly string[], handlers: readonly Value[], site: Site): void => {
  const last = handlers.at(-1);
  if (paths.length === 0 || last?.kind !== 'function' || router.framework !== 'express') return;
  if (last.file.functions[last.index]?.parameters.length === 2) router.registrations.push({ kind: 'route', method: 'ANY', paths, handlers, at: siteOf(site) });
};

const route = (router: RouterThing, args: readonly Value[], site: Site): Value => {
  const first = args[0] ?? UNKNOWN;
  const table = first.kind === 'list' ? first.items : [first];
  for (const one of table) if (one.kind === 'object') routeObject(router, one, site);
  return table.some(({ kind }) => kind === 'object') ? native(router) : native(new RouteThing(router, pathsOf(first)));
};

/** `{ method, url | path, handler }` as Fastify and many wrappers take it. */
export const routeObject = (router: RouterThing, options: Extract<Value, { kind: 'object' }>, site: Site): boolean => {
  const get = (name: string): Value => options.properties.get(name) ?? UNKNOWN;
  const methods = [...pathsOf(get('method')), ...pathsOf(get('methods'))];
  const paths = ['url', 'path', 'route'].flatMap((key) => pathsOf(get(key)));
  const handler = ['handler', 'handlers', 'controller', 'action'].map(get).find(({ kind }) => kind !== 'unknown') ?? UNKNOWN;
  if (methods.length === 0 || paths.length === 0) return false;
  for (const method of methods) addRoute(router, VERBS.get(method.toLowerCase()) ?? method.toUpperCase(), paths, [handler], site);
  return true;
};

const prefix = (router: RouterThing, args: readonly Value[]): Value => {
  router.prefix += texts(args[0] ?? UNKNOWN)[0] ?? '';
  return native(router);
};

/** Fastify: a plugin builds routes on an instance of its own, under a prefix. */
const register = (router: RouterThing, args: readonly Value[], site: Site): Value => {
  const [plugin = UNKNOWN, options = UNKNOWN] = args;
  const child = new RouterThing('fastify', siteOf(site), false);
  const at = options.kind === 'object' ? pathsOf(options.properties.get('prefix') ?? UNKNOWN) : [];
  mount(router, at.length > 0 ? at : [''], child, siteOf(site));
  for (const made of pluginsIn(plugin, site)) site.run.invoke(made, [native(child), options], made.self);
  return native(router);
};

const pluginsIn = (value: Value, site: Site): FunctionValue[] => each(value).flatMap((one): FunctionValue[] => {
  if (one.kind === 'function') return [one];
  if (one.kind === 'unknown') return (one.wraps ?? []).flatMap((inner) => pluginsIn(inner, site));
  if (one.kind === 'module') return pluginsIn(site.run.exportValue(one.file, 'default'), site);
  return one.kind === 'object' && one.properties.has('default') ? pluginsIn(one.properties.get('default') ?? UNKNOWN, site) : [];
});

/** `router.route('/x').get(a).post(b)`. */
export const callRoute = (of: RouteThing, name: string, args: readonly Value[], site: Site): Value | undefined => {
  const verb = VERBS.get(name);
  if (verb !== undefined) addRoute(of.router, verb, of.paths, args, site);
  return native(of);
};

export const mountOf = (args: readonly Value[], site: Site): Value | undefined => {
  const child = args.map((arg) => routerIn(arg, site)).find((one) => one !== undefined);
  return child === undefined ? undefined : native(new MountThing(pathsOf(args[0] ?? text('')), child));
};
