import type { Evidence } from '../../model/evidence.ts';
import type { EndpointFact } from '../../model/graph.ts';
import type { Value } from '../interpret/values.ts';

export type RouterFramework = Extract<EndpointFact['framework'], 'express' | 'koa' | 'fastify'>;

/** One line of a router's table, in the order of registration. */
export type Registration =
  | { readonly kind: 'route'; readonly method: string; readonly paths: readonly string[]; readonly handlers: readonly Value[]; readonly at: Evidence }
  | { readonly kind: 'mount'; readonly paths: readonly string[]; readonly child: RouterThing; readonly at: Evidence };

/** An app or a router as the program builds it. Identity is the object: two calls of one factory make two routers. */
export class RouterThing {
  readonly framework: RouterFramework;
  readonly registrations: Registration[] = [];
  readonly made: Evidence;
  /** An application: the root of a tree, though nothing mounts it. */
  readonly isApp: boolean;
  prefix = '';
  mounted = false;

  constructor(framework: RouterFramework, made: Evidence, isApp: boolean) {
    this.framework = framework;
    this.made = made;
    this.isApp = isApp;
  }
}

/** `router.route('/x')`, waiting for its methods. */
export class RouteThing {
  readonly router: RouterThing;
  readonly paths: readonly string[];

  constructor(router: RouterThing, paths: readonly string[]) {
    this.router = router;
    this.paths = paths;
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

export const asRouter = (value: Value): RouterThing | undefined => (value.kind === 'native' && value.thing instanceof RouterThing ? value.thing : undefined);
