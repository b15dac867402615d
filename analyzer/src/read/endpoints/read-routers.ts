import type { Evidence } from '../../model/evidence.ts';
import type { EndpointFact, FunctionRef, Unresolved } from '../../model/graph.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { HOLE, type Frame, type Value } from '../interpret/values.ts';
import { refName } from '../link/program.ts';
import type { ReadCalls } from '../calls.ts';
import type { FileFacts, FunctionFact } from '../parse/facts.ts';
import { isRegistration, registersSomething, type RouterHooks } from './frameworks.ts';
import type { Registration, RouterThing } from './router.ts';

export interface ReadEndpoints {
  readonly endpoints: readonly EndpointFact[];
  readonly unresolved: readonly Unresolved[];
}

/** Builds all routers by running what builds them: modules, then functions from which registrations are reached, outermost first. */
export const buildRouters = (run: Interpreter, hooks: RouterHooks, files: readonly FileFacts[], sites: ReadCalls['sites']): void => {
  run.hooks = hooks;
  const reaching = reachingFunctions(files, sites);
  run.wanted = reaching;
  for (const file of files) run.module(file);
  hooks.guessing = true;
  const alone = (isRoot: (file: FileFacts, fact: FunctionFact) => boolean): void => {
    for (const file of files) {
      for (const [index, fact] of file.functions.entries()) if (index > 0 && !run.executed.has(fact) && isRoot(file, fact)) runAlone(run, file, index);
    }
  };
  alone((file, fact) => reaching.has(fact) && (sites.get(fact) ?? []).length === 0 && !ancestors(file, fact.parent).some((outer) => reaching.has(outer)));
  alone((_, fact) => fact.steps.some(registersSomething));
  hooks.guessing = false;
};

const ancestors = (file: FileFacts, index: number): FunctionFact[] => {
  const fact = index > 0 ? file.functions[index] : undefined;
  return fact === undefined ? [] : [fact, ...ancestors(file, fact.parent)];
};

/** Functions that register routes themselves or call, at whatever distance, one that does. */
const reachingFunctions = (files: readonly FileFacts[], sites: ReadCalls['sites']): ReadonlySet<FunctionFact> => {
  // What a registration calls is a registrar of the project's own: `this.route('GET', '/films', list)`.
  const reaching = new Set<FunctionFact>([...sites].filter(([, calls]) => calls.some(({ call }) => isRegistration(call))).map(([fact]) => fact));
  const waiting: FunctionFact[] = [];
  const add = (file: FileFacts, index: number): void => {
    for (const fact of ancestors(file, index)) {
      if (reaching.has(fact)) continue;
      reaching.add(fact);
      waiting.push(fact);
    }
  };
  for (const file of files) for (const [index, fact] of file.functions.entries()) if (index > 0 && fact.steps.some(registersSomething)) add(file, index);
  for (let fact = waiting.pop(); fact !== undefined; fact = waiting.pop()) for (const { file, scope } of sites.get(fact) ?? []) add(file, scope);
  return reaching;
};

const runAlone = (run: Interpreter, file: FileFacts, index: number): void => {
  const fact = file.functions[index];
  if (fact === undefined) return;
  const known = run.closures.get(fact);
  const scope = known?.scope ?? imaginedFrame(run, file, fact.parent);
  const self = fact.owner < 0 ? undefined : instanceFor(run, file, fact.owner);
  run.invoke({ kind: 'function', file, index, scope, properties: new Map() }, [], self);
};

/** An instance to run a method on: one the program made, or one made without arguments. */
export const instanceFor = (run: Interpreter, file: FileFacts, index: number): Value | undefined => {
  const fact = file.classes[index];
  if (fact === undefined) return undefined;
  const known = run.instances.get(fact)?.[0];
  if (known !== undefined) return known;
  const scope = imaginedFrame(run, file, fact.scope);
  const made = run.make({ kind: 'class', file, index, scope, statics: new Map() });
  return made;
};

/** The variables of a function nobody called, looked up as needed. */
export const imaginedFrame = (run: Interpreter, file: FileFacts, index: number): Frame => {
  const fact = file.functions[index];
  if (index <= 0 || fact === undefined) return run.module(file).frame;
  const self = fact.owner < 0 ? undefined : run.instances.get(file.classes[fact.owner] ?? fact)?.[0];
  return { file, index, variables: new Map(), returns: [], imagined: true, parent: imaginedFrame(run, file, fact.parent), ...(self === undefined ? {} : { self }) };
};

/** Walks every tree from its root and prints each route with all its mount paths. */
export const collectEndpoints = (hooks: RouterHooks): ReadEndpoints => {
  const endpoints: EndpointFact[] = [];
  const unresolved: Unresolved[] = [];
  const hasApp = hooks.routers.some(({ isApp, registrations }) => isApp && registrations.length > 0);
  const hasServed = hooks.routers.some(({ served, isApp }) => served && isApp);
  const placeOf = ({ file, line }: Evidence): string => `${file}:${String(line)}`;
  const mountedAt = new Set(hooks.routers.filter(({ mounted }) => mounted).map(({ made }) => placeOf(made)));
  const roots = hooks.routers.filter(({ mounted }) => !mounted);
  const isTwin = ({ made }: RouterThing): boolean => mountedAt.has(placeOf(made));
  for (const root of [...roots.filter((one) => !isTwin(one)), ...roots.filter(isTwin)]) {
    // Made a second time by the same code, where only one was mounted: nothing new is in it.
    if (isTwin(root) && root.registrations.every(({ at }) => endpoints.some(({ evidence }) => placeOf(evidence) === placeOf(at)))) continue;
    const why = root.registrations.length === 0 ? undefined : whyDetached(root, hasApp, hasServed);
    if (why !== undefined) unresolved.push({ kind: 'endpoint', what: root.isApp ? 'app' : 'router', why, evidence: root.made });
    walk(root, [root.prefix], { endpoints, unresolved, above: [], only: 'ANY' });
  }
  return { endpoints: [...new Map(endpoints.map((one) => [[one.method, one.path, one.evidence.file, one.evidence.line].join('\0'), one])).values()], unresolved: distinctFindings(unresolved) };
};

const whyDetached = ({ isApp, served }: RouterThing, hasApp: boolean, hasServed: boolean): string | undefined => {
  if (isApp) return hasServed && !served ? NOT_SERVED : undefined;
  return hasApp ? NOT_MOUNTED : undefined;
};

const NOT_MOUNTED = 'nothing was seen to mount it; its paths are given without a prefix';
const NOT_SERVED = 'nothing was seen to serve or to mount it; its paths are given without a prefix';

const distinctFindings = (findings: readonly Unresolved[]): Unresolved[] =>
  [...new Map(findings.map((one) => [[one.what, one.why, one.evidence.file, one.evidence.line].join('\0'), one])).values()];

interface Tree { readonly endpoints: EndpointFact[]; readonly unresolved: Unresolved[]; readonly above: readonly RouterThing[]; readonly only: string }

const walk = (router: RouterThing, prefixes: readonly string[], { endpoints, unresolved, above, only }: Tree): void => {
  if (above.includes(router) || above.length > 12) return;
  const tree = { endpoints, unresolved, above: [...above, router], only };
  for (const one of router.registrations) {
    noteUnknown(one, unresolved);
    if (one.kind === 'mount') walkMount(one, joined(prefixes, one.paths), tree);
    else if (isReached(one.method, only)) for (const path of joined(prefixes, one.paths)) endpoints.push({ ...endpoint(router, one, path), method: one.method === 'ANY' ? only : one.method });
  }
};

const joined = (prefixes: readonly string[], paths: readonly string[]): string[] => prefixes.flatMap((prefix) => paths.map((path) => prefix + slashed(path)));

const walkMount = ({ child, only }: Extract<Registration, { kind: 'mount' }>, paths: readonly string[], tree: Tree): void => {
  if (child.prefix.includes(HOLE)) tree.unresolved.push({ kind: 'endpoint', what: child.prefix.replaceAll(HOLE, '${…}'), why: 'part of its path is only known at run time', evidence: child.made });
  walk(child, paths.map((path) => path + slashed(child.prefix)).slice(0, 16), { ...tree, only: only ?? tree.only });
};

const isReached = (method: string, only: string): boolean => only === 'ANY' || method === 'ANY' || method === only;

const slashed = (path: string): string => (path === '' || path.startsWith('/') || path.startsWith(HOLE) || path === '*' ? path : `/${path}`);

const noteUnknown = (one: Registration, unresolved: Unresolved[]): void => {
  if (one.paths.length === 0) unresolved.push({ kind: 'endpoint', what: one.kind === 'mount' ? 'use(…)' : `${one.method.toLowerCase()}(…)`, why: 'its path is not a constant', evidence: one.at });
  else if (one.paths.some((path) => path.includes(HOLE))) unresolved.push({ kind: 'endpoint', what: one.paths[0]?.replaceAll(HOLE, '${…}') ?? '', why: 'part of its path is only known at run time', evidence: one.at });
};

const endpoint = (router: RouterThing, one: Extract<Registration, { kind: 'route' }>, path: string): EndpointFact => ({
  method: one.method, path: tidy(path), module: one.at.file, handlers: one.handlers.flatMap(refOf), framework: router.framework, evidence: one.at,
});

/** One slash between parts, none at the end; a part only known at run time is left out at the front and shown as `*` elsewhere. */
const tidy = (path: string): string => {
  const whole = path.replace(new RegExp(`^${HOLE}`), '').replaceAll(HOLE, '*').replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  return whole.startsWith('/') ? whole : `/${whole}`;
};

export const refOf = (value: Value): FunctionRef[] => (value.kind === 'function' ? [{ module: value.file.path, name: refName(value.file, value.index) }] : []);
