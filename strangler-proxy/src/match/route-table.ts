import { FindingsError, parseEndpoint, writes, type Endpoint, type Finding, type MigrationConfig, type RouteConfig, type Segment } from '@strangler/kernel';
import { isAmbiguous, otherReadings } from './other-readings.ts';
import { isGetAndHead, methodsMeet, pathSegments, patternSegments, relate } from './pattern.ts';

/** An endpoint under migration, compiled from the config. Immutable: where it stands now is in the state. */
export interface Route {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly config: RouteConfig;
  /** The service that answers once the route has moved. */
  readonly to: string;
  /** Whether its requests may change data: never mirrored to the real service, never repeated, moved as a whole write set. */
  readonly write: boolean;
}

export interface RouteTable {
  /** In the config's order. */
  readonly routes: readonly Route[];
  readonly byId: (id: string) => Route | undefined;
  /** The most specific route for a method and a raw path (no query, not decoded), or nothing: such requests stay with the monolith. */
  readonly match: (method: string, path: string) => Route | undefined;
  /**
   * A write that the path would be if a program behind us read it more liberally than `match` does: `POST /%6frders`, `POST //orders`. Such a
   * request would reach the side that no longer owns the data, past every fence.
   */
  readonly disguised: (method: string, path: string) => Route | undefined;
}

interface Node {
  readonly literals: Map<string, Node>;
  readonly here: Map<string, Route>;
  readonly rest: Map<string, Route>;
  param?: Node;
}

/**
 * Compiles the config's routes into one look-up (a segment trie: a few map reads, whatever the number of routes).
 * The path decides, literal before `:param` before `*`; the method only filters. The order of declaration does not matter.
 * @throws FindingsError STR_OVERLAPPING_ROUTES naming both routes of every pair for which no side is the more specific one.
 */
export function compileRoutes(config: Pick<MigrationConfig, 'routes'>): RouteTable {
  const routes = Object.entries(config.routes).map(([id, route]): Route => ({ id, endpoint: parseEndpoint(route.match), config: route, to: route.to, write: writes(route) }));
  refuseOverlaps(routes);
  const root = newNode();
  for (const route of routes) insert(root, route);
  const ids = new Map(routes.map((route) => [route.id, route]));
  const match = (method: string, path: string): Route | undefined => find(root, pathSegments(path), 0, method);
  const disguised = (method: string, path: string): Route | undefined => {
    if (!isAmbiguous(path)) return undefined;
    const known = match(method, path);
    // Within a route's parameter an encoded slash is data; where no route matches it may be a disguise.
    return otherReadings(path, { slashes: known === undefined }).map((reading) => match(method, reading)).find((route) => route?.write === true && route !== known);
  };
  return { routes, byId: (id) => ids.get(id), match, disguised };
}

function refuseOverlaps(routes: readonly Route[]): void {
  const compiled = routes.map((route) => ({ route, segments: patternSegments(route.endpoint) }));
  const findings = compiled.flatMap((a, i) => compiled.slice(i + 1).flatMap((b) => overlap(a, b)));
  if (findings.length === 0) return;
  throw new FindingsError({
    code: 'STR_OVERLAPPING_ROUTES',
    message: findings.map(({ message }) => message).join(' '),
    remedy: 'Make one of each pair more specific, or merge them: every request must have exactly one route.',
  }, findings);
}

interface Compiled { readonly route: Route; readonly segments: readonly Segment[] }

function overlap(a: Compiled, b: Compiled): Finding[] {
  const [first, second] = [a.route, b.route];
  if (!methodsMeet(first.endpoint.method, second.endpoint.method)) return [];
  const relation = relate(a.segments, b.segments);
  const clash = relation === 'crossing' || (relation === 'same' && !isGetAndHead(first.endpoint.method, second.endpoint.method));
  if (!clash) return [];
  return [{
    code: 'STR_OVERLAPPING_ROUTES', severity: 'error', where: `routes.${second.id}.match`,
    message: `Routes '${first.id}' (${first.config.match}) and '${second.id}' (${second.config.match}) ${relation === 'same' ? 'match the same requests' : 'share requests, and neither is the more specific one'}.`,
  }];
}

const newNode = (): Node => ({ literals: new Map(), here: new Map(), rest: new Map() });

function insert(root: Node, route: Route): void {
  let node = root;
  for (const segment of patternSegments(route.endpoint)) {
    if (segment.kind === 'rest') {
      node.rest.set(route.endpoint.method, route);
      return;
    }
    node = segment.kind === 'param' ? node.param ??= newNode() : child(node, segment.text);
  }
  node.here.set(route.endpoint.method, route);
}

function child(node: Node, text: string): Node {
  const known = node.literals.get(text);
  if (known !== undefined) return known;
  const fresh = newNode();
  node.literals.set(text, fresh);
  return fresh;
}

/** Most specific first at every segment, stepping back where the method finds nothing further down. */
function find(node: Node, path: readonly string[], at: number, method: string): Route | undefined {
  const segment = path[at];
  if (segment === undefined) return forMethod(node.here, method);
  const literal = node.literals.get(segment);
  const found = literal === undefined ? undefined : find(literal, path, at + 1, method);
  if (found !== undefined) return found;
  const viaParam = node.param === undefined || segment === '' ? undefined : find(node.param, path, at + 1, method);
  return viaParam ?? forMethod(node.rest, method);
}

function forMethod(routes: ReadonlyMap<string, Route>, method: string): Route | undefined {
  if (routes.size === 0) return undefined;
  return routes.get(method) ?? (method === 'HEAD' ? routes.get('GET') : undefined) ?? routes.get('ANY');
}
