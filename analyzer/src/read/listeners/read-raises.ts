import type { CallEdge, EndpointFact, FunctionRef, Unresolved } from '../../model/graph.ts';
import type { CallSite } from '../calls.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { refName } from '../link/program.ts';
import type { Types } from '../link/types.ts';
import { eachFunction } from '../link/visit.ts';
import type { CallExpr, FileFacts, FunctionFact } from '../parse/facts.ts';
import { calleeOf } from './callee.ts';
import { Emitters } from './emitters.ts';
import { namedPlaces, parameterOf, type Named } from './passed.ts';
import { queueName } from './queue-name.ts';
import { MAY_RAISE, raiseOf, type Raise } from './raised.ts';
import { calleeName, lastName } from './registrars.ts';

export interface ReadRaises {
  readonly edges: readonly CallEdge[];
  readonly unresolved: readonly Unresolved[];
}

/** Leads what is raised (`emit`, `publish`, `add`) to whoever listens to that name, so that a request can be followed through its events. */
export class RaiseReader {
  private readonly run: Interpreter;
  private readonly types: Types;
  private readonly sites: ReadonlyMap<FunctionFact, readonly CallSite[]>;
  private readonly emitters: Emitters;
  private readonly listeners: Listeners;
  private readonly edges = new Map<string, CallEdge>();
  private readonly unresolved = new Map<string, Unresolved>();

  constructor(run: Interpreter, types: Types, sites: ReadonlyMap<FunctionFact, readonly CallSite[]>, endpoints: readonly EndpointFact[]) {
    this.run = run;
    this.types = types;
    this.sites = sites;
    this.emitters = new Emitters(types);
    this.listeners = new Listeners(endpoints);
  }

  read(files: readonly FileFacts[]): ReadRaises {
    if (this.listeners.isEmpty) return { edges: [], unresolved: [] };
    for (const file of files) eachFunction(file, (scope, expr) => { if (expr.kind === 'call' && MAY_RAISE.has(calleeName(expr))) this.readCall(file, scope, expr); });
    return { edges: [...this.edges.values()], unresolved: [...this.unresolved.values()] };
  }

  private readCall(file: FileFacts, scope: number, call: CallExpr): void {
    const raise = raiseOf(call, calleeOf(call, file, scope, this.types, this.emitters.is));
    if (raise !== undefined) this.follow(raise, file, scope, call.line);
  }

  private follow(raise: Raise, file: FileFacts, scope: number, line: number): void {
    if (raise.byClass === true) {
      for (const to of this.listeners.of(lastName(raise.name), undefined)) this.add({ module: file.path, name: refName(file, scope) }, to, line);
      return;
    }
    const queue = raise.on === undefined ? undefined : queueName(file, scope, raise.on, this.types, this.run);
    for (const place of namedPlaces({ file, scope, line, name: raise.name, handlers: [] }, this.run, this.sites)) this.reach(place, queue);
  }

  private reach(place: Named, queue: string | undefined): void {
    const reached = place.names.length > 0 ? place.names.flatMap((name) => this.listeners.of(name, queue)) : queue === undefined ? [] : this.listeners.ofQueue(queue);
    for (const to of reached) this.add({ module: place.file.path, name: refName(place.file, place.scope) }, to, place.line);
    if (place.names.length === 0 && reached.length === 0 && parameterOf(place, place.name) === undefined) this.note(place.file, place.line);
  }

  private add(from: FunctionRef, to: FunctionRef, line: number): void {
    const key = [from.module, from.name, to.module, to.name].join('\0');
    if (!this.edges.has(key)) this.edges.set(key, { from, to, kind: 'event', evidence: { file: from.module, line } });
  }

  private note(file: FileFacts, line: number): void {
    this.unresolved.set(`${file.path}:${String(line)}`, { kind: 'call', what: 'event', why: 'the name of what is raised is only known at run time', evidence: { file: file.path, line } });
  }
}

/** Who listens to what: events by name or pattern, jobs by their queue, their name, or both. */
class Listeners {
  private readonly named = new Map<string, FunctionRef[]>();
  private readonly patterns: { readonly pattern: RegExp; readonly handlers: readonly FunctionRef[] }[] = [];

  constructor(endpoints: readonly EndpointFact[]) {
    for (const { method, path, handlers, framework } of endpoints) {
      if (framework !== 'event' && framework !== 'schedule') continue;
      for (const key of keysOf(method, path)) this.named.set(key, [...(this.named.get(key) ?? []), ...handlers.slice(-1)]);
      if (method === 'EVENT' && path.includes('*') && path !== '*') this.patterns.push({ pattern: patternOf(path), handlers });
    }
  }

  get isEmpty(): boolean {
    return this.named.size === 0;
  }

  of(name: string, queue: string | undefined): readonly FunctionRef[] {
    if (queue !== undefined) return this.named.get(`JOB ${queue}/${name}`) ?? this.named.get(`JOB ${queue}`) ?? [];
    return [...(this.named.get(`EVENT ${name}`) ?? []), ...(this.named.get(`JOB ${name}`) ?? []), ...this.patterns.filter(({ pattern }) => pattern.test(name)).flatMap(({ handlers }) => handlers)];
  }

  ofQueue(queue: string): readonly FunctionRef[] {
    return [...this.named].filter(([key]) => key === `JOB ${queue}` || key.startsWith(`JOB ${queue}/`)).flatMap(([, handlers]) => handlers);
  }
}

/** A job of a queue that is not known at the other end is still found by its own name. */
const keysOf = (method: string, path: string): string[] => (method === 'JOB' && path.includes('/') ? [`JOB ${path}`, `JOB ${path.slice(path.indexOf('/') + 1)}`] : [`${method} ${path}`]);

const patternOf = (path: string): RegExp => new RegExp(`^${path.split(/\*+/).map((part) => part.replace(/[$()+.?[\\\]^{|}]/g, '\\$&')).join('.+')}$`);
