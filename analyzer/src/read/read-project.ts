import { join, resolve } from 'node:path';
import { compareText } from '../model/evidence.ts';
import type { EndpointFact, Module, SystemModel, Unresolved } from '../model/graph.ts';
import { DecoratedReader } from './endpoints/decorated.ts';
import { readFileRoutes } from './endpoints/file-routes.ts';
import { RouterHooks } from './endpoints/frameworks.ts';
import { missedRoutes } from './endpoints/missed.ts';
import { readResolverMaps } from './endpoints/resolver-maps.ts';
import { buildRouters, collectEndpoints } from './endpoints/read-routers.ts';
import type { ReadOptions } from './options.ts';
import { CallReader, withEvents, withInherited } from './calls.ts';
import { crossCheckImports } from './cross-check.ts';
import { readHistory } from './history.ts';
import { readImports, sortUnresolved } from './imports.ts';
import { Interpreter } from './interpret/interpreter.ts';
import { ListenerReader } from './listeners/read-listeners.ts';
import { RaiseReader } from './listeners/read-raises.ts';
import { Program } from './link/program.ts';
import { Types } from './link/types.ts';
import type { FileFacts } from './parse/facts.ts';
import { readFiles, tooLarge } from './read-files.ts';
import { TOO_LARGE_BYTES } from './source/classify.ts';
import { jsonReader } from './source/json-data.ts';
import { withBrowser } from './source/browser.ts';
import { Disk } from './source/disk.ts';
import { Resolver } from './source/resolve.ts';
import { systemName } from './source/system-name.ts';
import { withUsedTests } from './source/used-tests.ts';
import { Instances } from './tables/instances.ts';
import { findModels } from './tables/models.ts';
import type { LiveCatalog } from './schema/live-catalog.ts';
import { withIndirect } from './schema/indirect.ts';
import { readSchema, type TextFile } from './schema/read-schema.ts';
import { imaginedFrame } from './endpoints/read-routers.ts';
import { withUsedTables } from './tables/used-tables.ts';
import { AccessReader, byAccess } from './tables/read-accesses.ts';
import { loadSqlParser } from './tables/sql.ts';

/** SQL and Prisma files, with a finding for each that is left out. */
const readTexts = (root: string, paths: readonly string[], disk: Disk, unresolved: Unresolved[]): TextFile[] => paths.flatMap((path) => {
  const { text, why } = disk.text(join(root, path));
  const reason = text === undefined ? why : text.length > TOO_LARGE_BYTES ? tooLarge(text) : undefined;
  if (reason !== undefined) unresolved.push({ kind: 'file', what: path, why: reason, evidence: { file: path, line: 1 } });
  return text === undefined || reason !== undefined ? [] : [{ path, text }];
});

/** Counted, not listed: a line for each would bury the rest. */
const unresolvedCalls = (counts: ReadonlyMap<string, number>): Unresolved[] => [...counts].map(([file, count]) => ({
  kind: 'call', what: `${String(count)} call${count === 1 ? '' : 's'}`, why: 'on things of this project, but which function is meant could not be told', evidence: { file, line: 1 },
}));

const byEndpoint = (a: EndpointFact, b: EndpointFact): number =>
  compareText(a.path, b.path) || compareText(a.method, b.method) || compareText(a.module, b.module) || a.evidence.line - b.evidence.line;

const BUDGET_PER_FILE = 3_000;

/** The driver is loaded only for whom has a database to read. */
const readLive = async (url: string): Promise<LiveCatalog> => (await import('./schema/live-catalog.ts')).readCatalog(url);

/** Reads a project into plain facts: no configuration, none of its code run, none of its packages needed. */
export const readProject = async (directory: string, options: ReadOptions): Promise<SystemModel> => {
  const root = resolve(directory);
  const disk = options.disk ?? new Disk();
  const listing = disk.listing(root);
  const paths = new Set(listing.sources);
  // git works while we read: its log is asked for first and taken last.
  const log = options.history ? disk.log(root) : undefined;
  const catalog = options.database === undefined ? undefined : await readLive(options.database);
  const files = await readFiles(root, listing.sources, options, disk);
  const resolver = new Resolver(root, listing.sources, listing.packages, disk);
  const program = new Program(files.facts, resolver);
  const modules = withUsedTests(files.modules, program);
  const kinds = new Map(modules.map(({ path, kind }) => [path, kind]));
  const imports = readImports(program, (path) => kinds.get(path) === 'test', (path) => resolver.settingsFor(path));
  const types = new Types(program);
  const calls = new CallReader(program, types, (path) => kinds.get(path) === 'source').read();
  const run = new Interpreter(program, 500_000 + files.facts.length * BUDGET_PER_FILE, jsonReader(root, disk));
  const routers = new RouterHooks();
  buildRouters(run, routers, files.facts.filter(({ path }) => ['source', 'config'].includes(kinds.get(path) ?? '')), calls.sites);
  const endpoints = collectEndpoints(routers);
  await loadSqlParser();
  const production = files.facts.filter(({ path }) => kinds.get(path) === 'source');
  const decorated = new DecoratedReader(run, types).read(production);
  const heard = new ListenerReader(run, types, calls.sites).read(production);
  const served = [...endpoints.endpoints, ...decorated.endpoints, ...heard.endpoints, ...readFileRoutes(production), ...readResolverMaps(production, types)].sort(byEndpoint);
  const raised = new RaiseReader(run, types, calls.sites, served).read(production);
  const missed = missedRoutes(production, served, routers.taken, [...endpoints.unresolved, ...decorated.unresolved]);
  const ofKind = (...wanted: Module['kind'][]): FileFacts[] => files.facts.filter(({ path }) => wanted.includes(kinds.get(path) ?? 'source'));
  const models = findModels(ofKind('source'), (file, scope, expr) => run.evaluate(expr, imaginedFrame(run, file, scope)));
  const leftOut: Unresolved[] = [];
  const texts = { sql: readTexts(root, listing.sql, disk, leftOut), prisma: readTexts(root, listing.prisma, disk, leftOut) };
  const schema = readSchema({ migrations: ofKind('migration'), code: production, ...texts, catalog }, run, types, models);
  const data = new AccessReader({ program, run, types, models, relations: schema.relations, columns: schema.columns, instances: new Instances(run, production), sites: calls.sites }).read(ofKind('source'));
  const [views, triggers] = [schema.schema.views(), schema.schema.triggers()];
  const accesses = withIndirect(data.accesses, views, triggers).sort(byAccess);
  const history = log === undefined ? { coChanges: [], history: [], unresolved: [] } : readHistory(await log, paths);
  const check = options.crossCheck === true ? await crossCheckImports(root, imports.edges, paths) : { disagreements: [], unresolved: [] };
  return {
    name: systemName(root, disk), modules: withBrowser({ modules, imports: imports.edges, packages: listing.packages, serving: new Set([...served.flatMap(({ module, handlers }) => [module, ...handlers.map((handler) => handler.module)]), ...accesses.map(({ at }) => at.module)]),
      specifiers: new Map(files.facts.map(({ path, imports: its }) => [path, its.map(({ specifier }) => specifier)])) }), imports: imports.edges, calls: withEvents(withInherited(calls, data.accesses.map(({ at }) => at)), raised.edges), endpoints: served,
    tables: withUsedTables(schema.schema.facts(), accesses), accesses, transactions: data.transactions, foreignKeys: schema.schema.foreignKeys(), views, triggers, coChanges: history.coChanges, history: history.history,
    unresolved: sortUnresolved([...listing.findings, ...files.unresolved, ...leftOut, ...resolver.configs.findings(root), ...imports.unresolved, ...unresolvedCalls(calls.unresolved), ...endpoints.unresolved, ...decorated.unresolved, ...heard.unresolved, ...raised.unresolved, ...missed, ...data.unresolved, ...schema.unresolved, ...history.unresolved, ...check.unresolved]), crossCheck: check.disagreements,
  };
};
