import type { Evidence } from '../../model/evidence.ts';
import type { EndpointFact } from '../../model/graph.ts';
import type { NativeMembers, Value } from '../interpret/values.ts';
import { EXTERNAL_BASE } from '../interpret/values.ts';

export type RouterFramework = Extract<EndpointFact['framework'], 'express' | 'koa' | 'fastify' | 'hono' | 'hapi'>;

/** One line of a router's table, in the order of registration. */
export type Registration =
  | { readonly kind: 'route'; readonly method: string; readonly paths: readonly string[]; readonly handlers: readonly Value[]; readonly at: Evidence }
  /** `only`: mounted by a verb (`app.get('/films*', films)`), so that its other methods cannot be reached. */
  | { readonly kind: 'mount'; readonly paths: readonly string[]; readonly child: RouterThing; readonly only?: string; readonly at: Evidence };

/** An app or a router as the program builds it. Identity is the object: two calls of one factory make two routers. */
export class RouterThing implements NativeMembers {
  readonly framework: RouterFramework;
  readonly registrations: Registration[] = [];
  readonly made: Evidence;
  /** An application: the root of a tree, though nothing mounts it. */
  readonly isApp: boolean;
  prefix = '';
  mounted = false;
  /** Seen to listen, or handed to something outside that may listen: the root of what is served. */
  served = false;
  private readonly properties = new Map<string, Value>();

  constructor(framework: RouterFramework, made: Evidence, isApp: boolean) {
    this.framework = framework;
    this.made = made;
    this.isApp = isApp;
  }

  /** `router.get` as a value, or what the program put on the router itself (`app.models = …`). */
  member(name: string): Value | undefined {
    return this.properties.get(name) ?? (BINDABLE.has(name) ? native(new BoundCall(this, name)) : undefined);
  }

  setMember(name: string, value: Value): void {
    if (!BINDABLE.has(name)) this.properties.set(name, value);
  }
}

const BINDABLE = new Set(['get', 'post', 'put', 'patch', 'delete', 'del', 'head', 'options', 'all', 'use', 'route', 'register']);

/** A router's method without its call: `const { get } = router`, `app[verb].call(app, …)`, `app.get.bind(app)`. */
export class BoundCall {
  readonly router: RouterThing;
  readonly name: string;

  constructor(router: RouterThing, name: string) {
    this.router = router;
    this.name = name;
  }
}

/** `router.route('/x')`, waiting for its methods. */
export class RouteThing {
  readonly router: RouterThing;
  readonly path: Value;

  constructor(router: RouterThing, path: Value) {
    this.router = router;
    this.path = path;
  }
}

/** `mount('/x', app)` of Koa: a router with a path of its own, not yet used. */
export class MountThing {
  readonly paths: readonly string[];
  readonly child: RouterThing;

  constructor(paths: readonly string[], child: RouterThing) {
    this.paths = paths;
    this.child = child;
  }
}

export const native = (thing: object): Value => ({ kind: 'native', thing });

/** A router, or an instance of a class that extends one. */
export const asRouter = (value: Value): RouterThing | undefined => {
  const base = value.kind === 'object' ? value.properties.get(EXTERNAL_BASE) ?? value : value;
  return base.kind === 'native' && base.thing instanceof RouterThing ? base.thing : undefined;
};
