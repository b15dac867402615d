import { isSafe, METHODS, parseEndpoint, type Endpoint, type Segment } from '@strangler/kernel';
import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { isProgram } from '../measure/program.ts';
import type { Analysis, EndpointPlan, ServiceCandidate } from './analysis.ts';
import { shapesOf, type TableShape } from './tables.ts';
import type { Territory } from './territory.ts';

interface DraftRoute {
  readonly id: string;
  readonly match: string;
  readonly to: string;
  readonly writes: readonly string[];
  readonly note?: string;
}

interface Sorted {
  readonly routes: readonly DraftRoute[];
  /** Endpoints that the config cannot hold, with the reason. */
  readonly left: readonly string[];
}

export type DraftInput = Pick<Analysis, 'model' | 'contexts' | 'endpoints' | 'tables'>;
type Owners = Pick<Territory, 'ofTable'>;

/**
 * Text of a strangler.config.ts: a service per context, every route at stage `monolith`, write sets from the endpoint traces. It loads as it is and moves nothing.
 * Tables that a route writes in another context are named in a comment: they become steps of a saga, not part of its write set.
 * @param only contexts to draft, by name; all that have something to route or to own when left out.
 */
export function draftConfig({ model, contexts, endpoints, tables: plans }: DraftInput, only?: ReadonlySet<string>): string {
  const where = { ofTable: (table: string): string | undefined => ownerOf.get(table) };
  const ownerOf = new Map(plans.map(({ table, owner }) => [table, owner]));
  const drafted = contexts.filter(({ name, endpoints: its, tables }) => its.length + tables.length > 0 && (only === undefined || only.has(name)));
  const { routes, left } = sortRoutes(drafted, endpoints, where);
  const owners = folderOwners(model, contexts);
  const shapes = shapesOf(model);
  return [
    "import { defineMigration, env } from '@strangler/kernel';", '',
    '/** Drafted by `strangler analyze`. Every route starts at the monolith; promote them one at a time. */',
    'export default defineMigration({',
    "  monolith: { source: '.', url: env('MONOLITH_URL'), database: env('MONOLITH_DATABASE_URL') },",
    '  services: {', ...drafted.map((context) => serviceText(context, owners)), '  },',
    '  routes: {', ...routes.map(routeText), '  },',
    ...left.map((line) => `  // Left out: ${line}`),
    '  compare: {',
    "    ignore: ['header:date', 'header:etag', 'header:x-request-id'],",
    '    promoteWhen: { minSamples: 1_000, maxMismatchRate: 0.001, maxLatencyRatio: 1.2 },',
    '  },',
    '  replication: {', ...drafted.filter(({ tables }) => tables.some((table) => keyOf(shapes, table).length > 0)).map((context) => replicationText(context, shapes)), '  },',
    '});', '',
  ].join('\n');
}

function sortRoutes(contexts: readonly ServiceCandidate[], endpoints: readonly EndpointPlan[], where: Owners): Sorted {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  const routes: DraftRoute[] = [];
  const left: string[] = [];
  const taken: Endpoint[] = [];
  const ids = new Set<string>();
  const others = new Map<string, number>();
  for (const plan of [...endpoints].sort((a, b) => compareText(a.context ?? '', b.context ?? '') || compareText(a.id, b.id))) {
    const context = plan.context === undefined ? undefined : byName.get(plan.context);
    if (context === undefined) continue;
    const other = OTHER_ENTRIES[plan.trace.endpoint.method];
    if (other !== undefined) {
      others.set(other, (others.get(other) ?? 0) + 1);
      continue;
    }
    const made = draftRoute(plan, context, taken, where);
    if (typeof made === 'string') {
      left.push(`${plan.id}: ${made}.`);
      continue;
    }
    const id = unique(made.route.id, ids);
    taken.push(made.endpoint);
    routes.push({ ...made.route, id });
  }
  return { routes, left: [...left, ...[...others].sort(([a], [b]) => compareText(a, b)).map(([what, n]) => `${String(n)} ${what}.`)] };
}

/** Entry points that no proxy of HTTP can tell apart. */
const OTHER_ENTRIES: Readonly<Record<string, string>> = {
  QUERY: 'GraphQL queries: all of them are one HTTP endpoint', MUTATION: 'GraphQL mutations: all of them are one HTTP endpoint', SUBSCRIPTION: 'GraphQL subscriptions: all of them are one HTTP endpoint',
  JOB: 'jobs: they move with their context, no request starts them', EVENT: 'event handlers: they move with their context, no request starts them',
};

function draftRoute({ id, trace }: EndpointPlan, context: ServiceCandidate, taken: readonly Endpoint[], where: Owners): { route: DraftRoute; endpoint: Endpoint } | string {
  const match = portable(trace.endpoint.method, trace.endpoint.path);
  if (match === undefined) return 'no pattern of method and path can say it';
  const endpoint = parseEndpoint(match);
  if (taken.some((other) => clash(endpoint, other))) return 'it overlaps a route above, and neither is the more specific one';
  const own = trace.writes.filter((table) => where.ofTable(table) === context.name).sort(compareText);
  const foreign = trace.writes.filter((table) => where.ofTable(table) !== context.name).sort(compareText);
  const base = { id: `${slug(context.name)}.${routeWord(match)}`, match, to: slug(context.name) };
  const note = foreign.length === 0 ? {} : { note: `also writes ${foreign.join(', ')}: see its saga` };
  if (own.length > 0) return { endpoint, route: { ...base, writes: own, ...note } };
  if (isSafe(endpoint.method) && foreign.length === 0) return { endpoint, route: { ...base, writes: [] } };
  if (context.tables.length === 0) return `it may write, and ${context.name} owns no table`;
  return { endpoint, route: { ...base, writes: context.tables, note: foreign.length > 0 ? `writes ${foreign.join(', ')} only, which it does not own` : `no write of ${id} was seen; all its tables are assumed` } };
}

/** As the config can say it, or nothing: a known method, `:name` parameters, `*` only at the end. */
function portable(method: string, path: string): string | undefined {
  if (!METHODS.some((known) => known === method)) return undefined;
  const text = `${method} ${path.replace(/\/+/g, '/').replace(/\/(?:\*\w*|\{\*\w+\}|:\w+\*)$/, '/*').replace(/(.)\/$/, '$1')}`;
  // One class, repeated once: a repetition within a repetition takes exponential time on long paths that do not match.
  if (!/^[A-Z]+ \/[\w.~%@$:/-]*\*?$/.test(text)) return undefined;
  try {
    parseEndpoint(text);
    return text;
  } catch {
    return undefined;
  }
}

/** The proxy refuses two routes that share requests unless one lies inside the other. */
function clash(a: Endpoint, b: Endpoint): boolean {
  if (a.method !== b.method && a.method !== 'ANY' && b.method !== 'ANY' && ![a.method, b.method].every((method) => method === 'GET' || method === 'HEAD')) return false;
  const steps = relations(a.segments, b.segments);
  if (steps === 'disjoint') return false;
  return steps.has('inside') === steps.has('around');
}

function relations(a: readonly Segment[], b: readonly Segment[]): ReadonlySet<string> | 'disjoint' {
  const found = new Set<string>();
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined || differ(x, y)) return 'disjoint';
    if (x.kind !== y.kind) found.add(WIDTH[x.kind] < WIDTH[y.kind] ? 'inside' : 'around');
    if (x.kind === 'rest' || y.kind === 'rest') break;
  }
  return found;
}

const differ = (x: Segment, y: Segment): boolean => x.kind === 'literal' && y.kind === 'literal' && x.text.toLowerCase() !== y.text.toLowerCase();
const WIDTH = { literal: 0, param: 1, rest: 2 } as const;

const serviceText = ({ name, modules, tables }: ServiceCandidate, owners: FolderOwners): string => [
  `    ${key(slug(name))}: {`,
  `      context: ${quote(title(name))}, url: env('${envName(name)}_URL'), database: env('${envName(name)}_DATABASE_URL'),`,
  `      owns: { modules: [${globs(name, modules, owners).map(quote).join(', ')}], tables: [${tables.map(quote).join(', ')}] },`,
  '    },',
].join('\n');

const routeText = ({ id, match, to, writes, note }: DraftRoute): string =>
  `    ${quote(id)}: { match: ${quote(match)}, to: ${quote(to)}, stage: 'monolith'${writes.length === 0 ? '' : `, writes: [${writes.map(quote).join(', ')}]`} },${note === undefined ? '' : ` // ${note}`}`;

const keyOf = (shapes: ReadonlyMap<string, TableShape>, table: string): readonly string[] => shapes.get(table)?.key ?? [];

/** Both ways, because a rollback stands on the way back. Tables whose key is known; for the others the primary key must be named by hand. */
function replicationText({ name, tables }: ServiceCandidate, shapes: ReadonlyMap<string, TableShape>): string {
  const keyed = tables.filter((table) => keyOf(shapes, table).length > 0);
  const other = tables.filter((table) => !keyed.includes(table));
  const list = keyed.map((table) => `${key(table)}: { key: [${keyOf(shapes, table).map(quote).join(', ')}] }`).join(', ');
  const oneWay = (way: 'forward' | 'back', from: string, to: string): string[] => [
    `    ${quote(`${slug(name)}-${way}`)}: {`,
    `      from: ${quote(from)}, to: ${quote(to)},`,
    `      tables: { ${list} },`,
    ...(other.length === 0 ? [] : [`      // Name the primary keys of ${other.join(', ')} and add them.`]),
    '    },',
  ];
  return [...oneWay('forward', 'monolith', slug(name)), ...oneWay('back', slug(name), 'monolith')].join('\n');
}

/** Folder → the one context that all its program modules belong to; undefined when they belong to several, or to none. */
type FolderOwners = ReadonlyMap<string, string | undefined>;

function folderOwners(model: SystemModel, contexts: readonly ServiceCandidate[]): FolderOwners {
  const home = new Map(contexts.flatMap(({ name, modules }) => modules.map((module) => [module, name] as const)));
  const owners = new Map<string, string | undefined>();
  for (const module of model.modules) {
    if (!isProgram(module)) continue;
    for (const folder of folders(module.path)) owners.set(folder, owners.has(folder) && owners.get(folder) !== home.get(module.path) ? undefined : home.get(module.path));
  }
  return owners;
}

/** Whole folders where the context has all of their program modules, single modules elsewhere. */
const globs = (name: string, modules: readonly ModulePath[], owners: FolderOwners): string[] => [...new Set(modules.map((path) => {
  const whole = folders(path).find((folder) => owners.get(folder) === name);
  return whole === undefined ? path : `${whole}/**`;
}))].sort(compareText);

/** `a/b/c.ts` → `a`, `a/b`: widest first. */
const folders = (path: string): string[] => path.split('/').slice(0, -1).map((_, i, parts) => parts.slice(0, i + 1).join('/'));

const slug = (name: string): string => {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '');
  return plain === '' || plain === 'monolith' ? `service-${plain}`.replace(/-$/, '') : plain;
};
const title = (name: string): string => name.split('-').map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join(' ');
const envName = (name: string): string => slug(name).toUpperCase().replaceAll('-', '_');
const routeWord = (match: string): string => match.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
const key = (text: string): string => (/^[A-Za-z_$][\w$]*$/.test(text) ? text : quote(text));

function unique(wanted: string, taken: Set<string>): string {
  let id = wanted;
  for (let n = 2; taken.has(id); n += 1) id = `${wanted}-${String(n)}`;
  taken.add(id);
  return id;
}
