import type { EndpointFact, Unresolved } from '../../model/graph.ts';
import type { CallSite } from '../calls.ts';
import type { ReadEndpoints } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { refName } from '../link/program.ts';
import type { Types } from '../link/types.ts';
import { eachFunction } from '../link/visit.ts';
import type { CallExpr, Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import { calleeOf } from './callee.ts';
import { Emitters } from './emitters.ts';
import { handlerRefs } from './handlers.ts';
import { namedPlaces, parameterOf, type Handed, type Named, type Place } from './passed.ts';
import { queueName } from './queue-name.ts';
import { calleeName, isLifecycle, MAY_REGISTER, registrarOf, type Registrar } from './registrars.ts';

/** Runs in a browser, where what is heard is no entry point of the server. */
const isBrowser = (file: FileFacts): boolean => /\.[jt]sx$|(?:^|\/)public\//.test(file.path) || file.imports.some(({ specifier }) => /^(?:react|vue|svelte|preact|socket\.io-client)(?:\/|$)/.test(specifier));

/** Jobs and listeners that calls set up: schedules, queue workers, consumers of messages, listeners of emitters and sockets. */
export class ListenerReader {
  private readonly run: Interpreter;
  private readonly types: Types;
  private readonly emitters: Emitters;
  private readonly sites: ReadonlyMap<FunctionFact, readonly CallSite[]>;
  private readonly endpoints = new Map<string, EndpointFact>();
  private readonly unresolved = new Map<string, Unresolved>();

  constructor(run: Interpreter, types: Types, sites: ReadonlyMap<FunctionFact, readonly CallSite[]>) {
    this.run = run;
    this.types = types;
    this.sites = sites;
    this.emitters = new Emitters(types);
  }

  read(files: readonly FileFacts[]): ReadEndpoints {
    for (const file of files) {
      if (!isBrowser(file)) eachFunction(file, (scope, expr) => { if (expr.kind === 'call' && expr.form !== 'tag' && this.may(expr)) this.readCall(file, scope, expr); });
    }
    return { endpoints: [...this.endpoints.values()], unresolved: [...this.unresolved.values()] };
  }

  private may(call: CallExpr): boolean {
    return MAY_REGISTER.has(calleeName(call)) || (call.form === 'new' && call.args.length > 0);
  }

  private readCall(file: FileFacts, scope: number, call: CallExpr): void {
    const registrar = registrarOf(call, calleeOf(call, file, scope, this.types, this.emitters.is));
    if (registrar !== undefined && !registrar.handlers.some((one) => isEmpty(file, one))) this.take(registrar, file, scope, call);
  }

  private take(registrar: Registrar, file: FileFacts, scope: number, call: CallExpr): void {
    const handlers = registrar.handlers.length > 0 ? registrar.handlers.map((expr) => ({ file, scope, expr })) : takersIn(file);
    const name = registrar.name ?? registrar.on;
    if (name === undefined) {
      this.add(registrar, { file, scope, line: call.line, name: call, handlers, names: [] }, undefined);
      return;
    }
    const queue = registrar.on === undefined ? undefined : queueName(file, scope, registrar.on, this.types, this.run);
    const place: Place = { file, scope, line: call.line, name, handlers };
    const places = registrar.name === undefined ? [{ ...place, names: [] }] : namedPlaces(place, this.run, this.sites);
    for (const one of places) if (!isPassedOn(one)) this.add(registrar, one, queue);
  }

  private add(registrar: Registrar, place: Named, queue: string | undefined): void {
    const isUnnamed = place.names.length === 0 && (registrar.method === 'EVENT' || (registrar.name !== undefined && queue === undefined));
    if (isUnnamed && registrar.certain) this.note(registrar, place);
    const handlers = place.handlers.flatMap((one) => handlerRefs(one, this.types, this.run));
    for (const path of pathsOf(registrar, place, queue)) this.push({ method: registrar.method, path, module: place.file.path, handlers, framework: registrar.method === 'JOB' ? 'schedule' : 'event', evidence: { file: place.file.path, line: place.line } });
  }

  private push(endpoint: EndpointFact): void {
    this.endpoints.set([endpoint.method, endpoint.path, endpoint.evidence.file, endpoint.evidence.line].join('\0'), endpoint);
  }

  private note({ method }: Registrar, { file, line }: Named): void {
    this.unresolved.set(`${file.path}:${String(line)}`, { kind: 'endpoint', what: method === 'JOB' ? 'worker' : 'listener', why: 'its name is only known at run time', evidence: { file: file.path, line } });
  }
}

/** `new CronJob(pattern, () => {})` only tries whether the pattern is one. */
const isEmpty = (file: FileFacts, expr: Expr): boolean => expr.kind === 'function' && file.functions[expr.index]?.steps.length === 0;

/** `consumer.run({ eachMessage })`: who takes the messages of the topics that the same file subscribes to. */
const takersIn = (file: FileFacts): Handed[] => {
  const found: Handed[] = [];
  eachFunction(file, (scope, expr) => {
    const [options] = expr.kind === 'call' && calleeName(expr) === 'run' ? expr.args : [];
    for (const { name, value } of options?.kind === 'object' ? options.properties : []) if (name === 'eachMessage' || name === 'eachBatch') found.push({ file, scope, expr: value });
  });
  return found;
};

/** A job without a name goes by its queue, or by the function that sets it up; an event without one is none that could be spoken of. */
const pathsOf = ({ method }: Registrar, { names, file, scope }: Named, queue: string | undefined): string[] => {
  if (names.length > 0) return names.filter((name) => method === 'JOB' || !isLifecycle(name)).map((name) => (queue === undefined ? name : `${queue}/${name}`));
  return method === 'EVENT' ? [] : [queue ?? refName(file, scope)];
};

/** A wrapper that nobody calls, or whose callers were followed, registers nothing by itself: name and function both come from elsewhere. */
const isPassedOn = (place: Named): boolean => place.names.length === 0 && parameterOf(place, place.name) !== undefined && place.handlers.length > 0 && place.handlers.every((one) => parameterOf(one, one.expr) !== undefined);
