import type { Hooks, Site } from '../interpret/interpreter.ts';
import { spread } from '../interpret/evaluators.ts';
import { memberOf } from '../interpret/members.ts';
import { UNKNOWN, texts, type Frame, type Value } from '../interpret/values.ts';
import { childrenOf } from '../link/visit.ts';
import type { CallExpr, Expr, FunctionFact, Step, TypeFact } from '../parse/facts.ts';
import { siteOf } from './mounts.ts';
import { callRoute, callRouter, mountOf, routeObject, VERBS } from './registrations.ts';
import { asRouter, BoundCall, native, RouterThing, RouteThing, type RouterFramework } from './router.ts';

/** Calls (or constructions) that make an app or a router: package and path → what they make. */
const MAKERS: Readonly<Record<string, { readonly framework: RouterFramework; readonly app: boolean }>> = {
  'express:': { framework: 'express', app: true }, 'express:Router': { framework: 'express', app: false }, 'express:default': { framework: 'express', app: true },
  'express-promise-router:': { framework: 'express', app: false }, 'router:': { framework: 'express', app: false }, 'polka:': { framework: 'express', app: true },
  'restify:createServer': { framework: 'express', app: true }, 'express:application': { framework: 'express', app: true },
  'koa:': { framework: 'koa', app: true }, 'koa-router:': { framework: 'koa', app: false }, '@koa/router:': { framework: 'koa', app: false }, 'koa-router:Router': { framework: 'koa', app: false }, '@koa/router:Router': { framework: 'koa', app: false }, 'koa:Koa': { framework: 'koa', app: true }, 'koa-joi-router:': { framework: 'koa', app: false },
  'fastify:': { framework: 'fastify', app: true }, 'fastify:fastify': { framework: 'fastify', app: true }, 'fastify:default': { framework: 'fastify', app: true }, 'Fastify:': { framework: 'fastify', app: true },
  'hono:Hono': { framework: 'hono', app: false }, '@hono/zod-openapi:OpenAPIHono': { framework: 'hono', app: false }, 'elysia:Elysia': { framework: 'hono', app: false },
  '@hapi/hapi:server': { framework: 'hapi', app: true }, '@hapi/hapi:Server': { framework: 'hapi', app: true }, 'hapi:server': { framework: 'hapi', app: true }, 'hapi:Server': { framework: 'hapi', app: true },
};

const ROUTER_TYPES: Readonly<Record<string, RouterFramework>> = {
  Router: 'express', IRouter: 'express', Express: 'express', Application: 'express', IApplication: 'express', 'express.Application': 'express', 'express.Router': 'express',
  'express.Express': 'express', 'core.Express': 'express', FastifyInstance: 'fastify', Hono: 'hono', OpenAPIHono: 'hono', Koa: 'koa', KoaRouter: 'koa', 'Router.IRouter': 'koa',
};
const ROUTER_NAMES: Readonly<Record<string, RouterFramework>> = { app: 'express', router: 'express', fastify: 'fastify', server: 'express', expressApp: 'express', apiRouter: 'express' };

/** Follows the routers a program builds. All that were made are kept, mounted or not. */
export class RouterHooks implements Hooks {
  readonly routers: RouterThing[] = [];
  /** Calls that were seen to do something to a router. */
  readonly taken = new Set<CallExpr>();
  private readonly mayRegister = new Map<FunctionFact, boolean>();
  /** While true, parameters nobody passed may stand for routers. */
  guessing = false;

  private make(framework: RouterFramework, app: boolean, site: Site | { file: string; line: number }): RouterThing {
    const made = new RouterThing(framework, 'call' in site ? siteOf(site) : site, app);
    this.routers.push(made);
    return made;
  }

  onExternal = (callee: Extract<Value, { kind: 'external' }>, args: readonly Value[], site: Site): Value | undefined => {
    const key = `${callee.module}:${callee.path}`;
    const maker = Object.hasOwn(MAKERS, key) ? MAKERS[key] : undefined;
    if (maker !== undefined) return native(this.prefixed(this.make(maker.framework, maker.app, site), args));
    if (callee.module === 'koa-mount') return mountOf(args, site);
    for (const arg of args) markServed(asRouter(arg));
    return this.passedThrough(args);
  };

  /** A wrapper we cannot see inside (`websockify(app)`, `addAsync(router)`) most likely gives back what it got. */
  private passedThrough(args: readonly Value[]): Value | undefined {
    const only = args.length === 1 ? args[0] : undefined;
    return only !== undefined && asRouter(only) !== undefined ? only : undefined;
  }

  private prefixed(made: RouterThing, args: readonly Value[]): RouterThing {
    const [options] = args;
    if (options?.kind === 'object') made.prefix = texts(options.properties.get('prefix') ?? UNKNOWN)[0] ?? '';
    return made;
  }

  onMember = (receiver: Value, name: string, args: readonly Value[], site: Site): Value | undefined => {
    const router = this.routerOf(receiver, name, site);
    if (router !== undefined || receiver.kind === 'native') this.taken.add(site.call);
    if (router !== undefined) return this.onRouter(router, name, args, site);
    if (receiver.kind === 'native') return this.onThing(receiver.thing, name, args, site);
    if (receiver.kind === 'external' && receiver.module === 'inversify-express-utils' && /^set(?:Error)?Config$/.test(name)) return this.configure(args, site);
    return receiver.kind === 'unknown' && name === 'route' ? this.wrapperCall(args, site) : undefined;
  };

  /** `server.setConfig((app) => …)`: the app is made by the package, and served. */
  private configure(args: readonly Value[], site: Site): Value {
    const app = this.make('express', true, site);
    app.served = true;
    for (const arg of args) if (arg.kind === 'function') site.run.invoke(arg, [native(app)], arg.self);
    return UNKNOWN;
  }

  private onRouter(router: RouterThing, name: string, args: readonly Value[], site: Site): Value {
    if (name === 'listen' || name === 'callback') markServed(router);
    return this.registerPlugin(router, name, args, site) ?? callRouter(router, name, args, site) ?? UNKNOWN;
  }

  private onThing(thing: object, name: string, args: readonly Value[], site: Site): Value | undefined {
    if (thing instanceof BoundCall) return this.boundCall(thing, name, args, site);
    return thing instanceof RouteThing ? callRoute(thing, name, args, site) : undefined;
  }

  /** An instance of a class that extends a router answers by its own methods first. */
  private routerOf(receiver: Value, name: string, site: Site): RouterThing | undefined {
    const isOwn = receiver.kind === 'object' && memberOf(receiver, name, site.run).kind !== 'unknown';
    return isOwn ? undefined : asRouter(receiver);
  }

  private boundCall({ router, name: method }: BoundCall, name: string, args: readonly Value[], site: Site): Value | undefined {
    if (name === 'bind') return native(new BoundCall(router, method));
    const given = name === 'call' ? args.slice(1) : name === 'apply' ? spread(args[1] ?? UNKNOWN) : args;
    return callRouter(router, method, given, site) ?? UNKNOWN;
  }

  /** `register(app)` methods of unknown plugins are given the router and nothing else. */
  private registerPlugin(router: RouterThing, name: string, args: readonly Value[], site: Site): Value | undefined {
    if (name !== 'configure' && name !== '') return undefined;
    for (const arg of args) if (arg.kind === 'function') site.run.invoke(arg, [native(router)], arg.self);
    return native(router);
  }

  /** `something.route({ method, path, handler })` where the something is not ours: the path is reported as it stands. */
  private wrapperCall(args: readonly Value[], site: Site): Value | undefined {
    const [options] = args;
    if (options?.kind !== 'object' || !options.properties.has('handler')) return undefined;
    const made = new RouterThing('express', siteOf(site), false);
    if (!routeObject(made, options, site)) return undefined;
    this.routers.push(made);
    return UNKNOWN;
  }

  runsCallback = (fact: FunctionFact): boolean => {
    const known = this.mayRegister.get(fact);
    if (known !== undefined) return known;
    const may = fact.steps.some(registersSomething);
    this.mayRegister.set(fact, may);
    return may;
  };

  parameter = (fact: FunctionFact, position: number, frame: Frame): Value | undefined => {
    const parameter = fact.parameters[position];
    if (!this.guessing || parameter?.pattern.kind !== 'name') return undefined;
    const framework = typedRouter(parameter.type) ?? (parameter.type === undefined && Object.hasOwn(ROUTER_NAMES, parameter.pattern.name) ? ROUTER_NAMES[parameter.pattern.name] : undefined);
    return framework === undefined ? undefined : native(this.make(framework, false, { file: frame.file.path, line: fact.line }));
  };
}

const markServed = (router: RouterThing | undefined): void => {
  if (router !== undefined) router.served = true;
};

const typedRouter = (type: TypeFact | undefined): RouterFramework | undefined => (type !== undefined && Object.hasOwn(ROUTER_TYPES, type.name) ? ROUTER_TYPES[type.name] : undefined);

const REGISTERS = new Set([...VERBS.keys(), 'use', 'route', 'register']);
const MAKES = new Set(['Router', 'express', 'fastify', 'Fastify', 'Koa', 'KoaRouter']);

/** A cheap look at a function's text: does it call anything that could register a route? */
export const registersSomething = (step: Step): boolean => {
  if (step.kind === 'each') return step.body.some(registersSomething);
  const value = step.value;
  return value !== undefined && hasRegistration(value);
};

const hasRegistration = (expr: Expr): boolean => (expr.kind === 'call' && isRegistration(expr)) || (LOOKED_INTO.has(expr.kind) && childrenOf(expr).some(hasRegistration));

const LOOKED_INTO: ReadonlySet<Expr['kind']> = new Set(['call', 'member', 'await', 'cast', 'spread', 'assign', 'either', 'other']);

const NOT_ROUTERS = /^(?:_|lodash|axios|https?|request|got|fetch|superagent|\w*[cC]ache|redis|db|map|localStorage|\w*[cC]onfig|nconf|Reflect|\$|hooks|plugins|i18n|store|\w*[rR]epo(?:sitory)?|\w*[sS]ervice|\w*[mM]ap|headers|params|query|session|cookies|fs|path|Object|winston|logger)$/;

export const isRegistration = ({ callee, args }: Extract<Expr, { kind: 'call' }>): boolean => {
  if (callee.kind === 'name') return MAKES.has(callee.name);
  if (callee.kind === 'index') return args.length > 1 && looksHandled(args);
  if (callee.kind !== 'member') return false;
  const receiver = callee.of.kind === 'name' || callee.of.kind === 'member' ? callee.of.name : '';
  return MAKES.has(callee.name) || (REGISTERS.has(callee.name) && !NOT_ROUTERS.test(receiver) && registers(callee.name, receiver, args));
};

const registers = (name: string, receiver: string, args: readonly Expr[]): boolean => {
  if (name === 'route') return args.length > 0;
  if (name === 'use') return args.length > 0 && args[0]?.kind !== 'literal';
  if (name === 'register') return /^(?:fastify|app|server|instance|api|scope)$/i.test(receiver);
  return args.length > 1 && looksHandled(args);
};

/** A route's last argument is something that can be called; options and texts are another API's. */
const looksHandled = (args: readonly Expr[]): boolean => {
  const [first, last] = [args[0], args.at(-1)];
  return last !== undefined && first !== undefined && first.kind !== 'object' && ['function', 'name', 'member', 'call', 'array', 'spread', 'either', 'cast', 'index'].includes(last.kind);
};
