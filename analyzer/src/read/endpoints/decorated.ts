import type { EndpointFact, FunctionRef, Unresolved } from '../../model/graph.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { HOLE, UNKNOWN, each, texts, type Value } from '../interpret/values.ts';
import type { Types } from '../link/types.ts';
import { eachFunction } from '../link/visit.ts';
import type { CallExpr, ClassFact, Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import { pathsIn, readAppSettings, type AppSettings } from './app-settings.ts';
import type { ReadEndpoints } from './read-routers.ts';
import { imaginedFrame } from './read-routers.ts';

const VERBS: Readonly<Record<string, string>> = {
  Get: 'GET', Post: 'POST', Put: 'PUT', Patch: 'PATCH', Delete: 'DELETE', Head: 'HEAD', Options: 'OPTIONS', All: 'ANY', Sse: 'GET', Search: 'SEARCH',
  httpGet: 'GET', httpPost: 'POST', httpPut: 'PUT', httpPatch: 'PATCH', httpDelete: 'DELETE', httpHead: 'HEAD', httpOptions: 'OPTIONS', all: 'ANY',
  GET: 'GET', POST: 'POST', PUT: 'PUT', PATCH: 'PATCH', DELETE: 'DELETE', get: 'GET', post: 'POST', put: 'PUT', patch: 'PATCH', del: 'DELETE',
};
const CONTROLLERS = new Set(['Controller', 'JsonController', 'controller', 'RestController', 'basePath', 'Route', 'ApiController', 'Path']);
const GRAPHQL: Readonly<Record<string, string>> = { Query: 'QUERY', Mutation: 'MUTATION', Subscription: 'SUBSCRIPTION' };
const RESOLVED = new Set(['ResolveField', 'FieldResolver', 'ResolveProperty']);
const EVENTS = new Set(['EventPattern', 'MessagePattern', 'OnEvent', 'SubscribeMessage', 'EventHandler', 'OnQueueEvent', 'RabbitSubscribe', 'RabbitRPC', 'SqsMessageHandler', 'OnJob', 'Subscribe', 'GrpcMethod', 'OnQueueCompleted']);
const JOBS = new Set(['Cron', 'Interval', 'Timeout', 'Process', 'Processor', 'Job']);

/** Words that libraries of schedules and queues share with everybody. */
const PLAIN_WORDS = new Set(['Interval', 'Timeout', 'Process', 'Job']);

/** Decorators of classes that handle messages, and the method that does (NestJS CQRS). */
const HANDLES: Readonly<Record<string, string>> = { CommandHandler: 'execute', QueryHandler: 'execute', EventsHandler: 'handle' };

/** Under which key a decorator's options carry a name. */
const NAME_KEYS = ['name', 'cmd', 'topic', 'routingKey', 'queue'];

interface Decorated { readonly name: string; readonly call: CallExpr }

const decoratorsOf = (list: readonly Expr[]): Decorated[] => list.flatMap((one) => {
  if (one.kind !== 'call') return [];
  const name = one.callee.kind === 'name' ? one.callee.name : one.callee.kind === 'member' ? one.callee.name : '';
  return [{ name, call: one }];
});

type ModulePaths = Map<ClassFact, readonly string[]>;

const ROUTES_MODULES = new Set(['register', 'forRoutes']);

/** Endpoints that decorators declare: NestJS, inversify-express-utils, routing-controllers, tsoa; GraphQL resolvers, schedules, queues, events. */
export class DecoratedReader {
  private readonly run: Interpreter;
  private readonly types: Types;
  private modulePaths: ReadonlyMap<ClassFact, readonly string[]> = new Map();
  private readonly endpoints: EndpointFact[] = [];
  private readonly unresolved: Unresolved[] = [];

  constructor(run: Interpreter, types: Types) {
    this.run = run;
    this.types = types;
  }

  read(files: readonly FileFacts[]): ReadEndpoints {
    const decorated = files.filter(({ classes }) => classes.some(({ decorators, methods }) => decorators.length > 0 || methods.length > 0));
    const settings = readAppSettings(files, (file, scope, expr) => this.evaluate(file, scope, expr));
    this.modulePaths = this.moduleRoutesIn(files);
    for (const file of decorated) {
      const app = settings(file.path);
      for (const fact of file.classes) this.readClass(file, fact, app);
    }
    return { endpoints: this.endpoints, unresolved: this.unresolved };
  }

  private evaluate(file: FileFacts, scope: number, expr: Expr | undefined): Value {
    return expr === undefined ? UNKNOWN : this.run.evaluate(expr, imaginedFrame(this.run, file, scope));
  }

  private readClass(file: FileFacts, fact: ClassFact, app: AppSettings): void {
    const own = decoratorsOf(fact.decorators);
    const controller = own.find(({ name }) => CONTROLLERS.has(name));
    const bases = controller === undefined ? [] : this.controllerPaths(file, fact, controller, app);
    const processor = own.find(({ name }) => name === 'Processor');
    for (const decorator of own) if (Object.hasOwn(HANDLES, decorator.name)) this.addHandled(file, fact, decorator);
    for (const { index, owner } of this.methodsOf(file, fact)) {
      const method = owner.functions[index];
      if (method !== undefined) this.readMethod({ file: owner, declared: file, fact, method, index, bases, processor, controller: controller !== undefined });
    }
  }

  /** Its own methods; for a controller also those of its bases, when the base is no controller itself. */
  private methodsOf(file: FileFacts, fact: ClassFact): { index: number; owner: FileFacts }[] {
    const own = fact.methods.map((index) => ({ index, owner: file }));
    if (fact.base === undefined || !decoratorsOf(fact.decorators).some(({ name }) => CONTROLLERS.has(name))) return own;
    const base = this.types.baseOf(file, file.classes.indexOf(fact));
    const above = base === undefined ? undefined : base.file.classes[base.index];
    if (base === undefined || above === undefined || decoratorsOf(above.decorators).some(({ name }) => CONTROLLERS.has(name))) return own;
    const names = new Set(own.map(({ index }) => file.functions[index]?.member?.name));
    return [...own, ...this.methodsOf(base.file, above).filter(({ index, owner }) => !names.has(owner.functions[index]?.member?.name))];
  }

  private readMethod(at: MethodAt): void {
    for (const decorator of decoratorsOf(at.method.decorators)) this.readDecorator(at, decorator);
    // A worker host of BullMQ: the processor class with a method `process`.
    if (at.processor !== undefined && at.method.member?.name === 'process' && !decoratorsOf(at.method.decorators).some(({ name }) => JOBS.has(name) || EVENTS.has(name))) this.addNamed(at, 'JOB', at.processor);
  }

  private readDecorator(at: MethodAt, decorator: Decorated): void {
    const { name } = decorator;
    const verb = at.controller && Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    const field = Object.hasOwn(GRAPHQL, name) && this.isResolver(at) ? GRAPHQL[name] : undefined;
    if (verb !== undefined) this.addRoutes(at, verb, decorator);
    else if (field !== undefined) this.addField(at, field, decorator);
    else if (RESOLVED.has(name)) this.addResolved(at, decorator);
    else this.readListening(at, decorator);
  }

  private readListening(at: MethodAt, decorator: Decorated): void {
    if (EVENTS.has(decorator.name)) this.addNamed(at, 'EVENT', decorator);
    else if (JOBS.has(decorator.name) && !this.isOwnWord(at, decorator.name)) this.addNamed(at, 'JOB', decorator);
  }

  /** `@Timeout` of the project's own may be about anything. */
  private isOwnWord(at: MethodAt, name: string): boolean {
    return PLAIN_WORDS.has(name) && this.types.ofName(at.file, 0, name)?.kind === 'function';
  }

  private isResolver(at: MethodAt): boolean {
    const type = this.types.ofName(at.file, 0, 'Query') ?? this.types.ofName(at.file, 0, 'Mutation');
    const fromHttp = type?.kind === 'external' && type.module === '@nestjs/common';
    return !at.controller && !fromHttp;
  }

  private addRoutes(at: MethodAt, method: string, decorator: Decorated): void {
    const [first] = decorator.call.args;
    const value = this.evaluate(at.file, at.fact.scope, first);
    const paths = first === undefined ? [''] : pathsIn(value);
    if (paths.length === 0) this.note(at, decorator, 'its path is not a constant');
    const own = decoratorsOf(at.method.decorators);
    const versions = versionsOf(own, (expr) => this.evaluate(at.file, 0, expr));
    // `@Version(VERSION_NEUTRAL)` names none, and so takes the controller's away.
    const isNeutral = versions.length === 0 && own.some(({ name }) => name === 'Version');
    for (const base of at.bases) {
      const prefixes = isNeutral ? [base.unversioned] : versions.length === 0 ? [base.prefix] : versions.map(base.versioned);
      for (const prefix of prefixes) for (const path of paths) this.push(at, method, tidy([prefix, base.path, path].join('/')), frameworkOf(at), decorator);
    }
  }

  private addField(at: MethodAt, method: string, decorator: Decorated): void {
    const values = decorator.call.args.map((arg) => this.evaluate(at.file, 0, arg));
    const named = values.flatMap((value) => (value.kind === 'object' ? texts(value.properties.get('name') ?? UNKNOWN) : texts(value)))[0];
    this.push(at, method, named ?? at.method.member?.name ?? '', 'graphql', decorator);
  }

  private addResolved(at: MethodAt, decorator: Decorated): void {
    const of = this.resolvedType(at);
    const named = texts(this.evaluate(at.file, 0, decorator.call.args[0]))[0];
    this.push(at, 'QUERY', `${of}.${named ?? at.method.member?.name ?? ''}`, 'graphql', decorator);
  }

  /** The type a resolver is for: `@Resolver(() => Order)`. */
  private resolvedType(at: MethodAt): string {
    const resolver = decoratorsOf(at.fact.decorators).find(({ name }) => name === 'Resolver');
    const of = returnedBy(at.declared, resolver?.call.args[0]);
    if (of?.kind === 'text') return of.value;
    return of?.kind === 'name' ? of.name : at.fact.name.replace(/Resolver$/, '');
  }

  private addNamed(at: MethodAt, method: 'JOB' | 'EVENT', decorator: Decorated): void {
    const own = `${at.fact.name}.${at.method.member?.name ?? ''}`;
    // A schedule's pattern says when, not what: such jobs go by their method.
    const name = method === 'JOB' && !decorator.name.startsWith("Process") ? own : this.writtenName(at, decorator) ?? own;
    const queue = at.processor === undefined || at.processor === decorator ? undefined : this.writtenName(at, at.processor);
    this.push(at, method, queue === undefined ? name : `${queue}/${name}`, method === 'JOB' ? 'schedule' : 'event', decorator);
  }

  /** `@CommandHandler(PlaceOrder)`: what it handles goes by the class of the message. */
  private addHandled(file: FileFacts, fact: ClassFact, decorator: Decorated): void {
    const index = fact.methods.find((one) => file.functions[one]?.member?.name === HANDLES[decorator.name]);
    const method = index === undefined ? undefined : file.functions[index];
    if (index === undefined || method === undefined) return;
    const at: MethodAt = { file, declared: file, fact, method, index, bases: [], processor: undefined, controller: false };
    const messages = decorator.call.args.flatMap((arg) => (arg.kind === 'name' || arg.kind === 'member' ? [arg.name] : []));
    if (messages.length === 0) this.note(at, decorator, 'what it handles is not named');
    for (const message of messages) this.push(at, 'EVENT', message, 'event', decorator);
  }

  private writtenName(at: MethodAt, { call }: Decorated): string | undefined {
    const values = call.args.map((arg) => this.evaluate(at.declared, 0, arg));
    return values.flatMap((value) => (value.kind === 'object' ? NAME_KEYS.flatMap((key) => texts(value.properties.get(key) ?? UNKNOWN)) : texts(value)))[0];
  }

  private push(at: MethodAt, method: string, path: string, framework: EndpointFact['framework'], decorator: Decorated): void {
    const handlers: FunctionRef[] = [{ module: at.file.path, name: at.method.name }];
    this.endpoints.push({ method, path, module: at.declared.path, handlers, framework, evidence: { file: at.file.path, line: decorator.call.line } });
  }

  private note(at: MethodAt, decorator: Decorated, why: string): void {
    this.unresolved.push({ kind: 'endpoint', what: `@${decorator.name}(…) ${at.method.name}`, why, evidence: { file: at.file.path, line: decorator.call.line } });
  }

  private controllerPaths(file: FileFacts, fact: ClassFact, { call, name }: Decorated, app: AppSettings): Base[] {
    const value = this.evaluate(file, fact.scope, call.args[0]);
    const options = value.kind === 'object' ? value.properties : undefined;
    const paths = call.args.length === 0 || options?.has('path') === false ? [''] : pathsIn(value);
    if (paths.length === 0) this.unresolved.push({ kind: 'endpoint', what: `@${name}(…) ${fact.name}`, why: 'its path is not a constant', evidence: { file: file.path, line: call.line } });
    const own = versionsOf(decoratorsOf(fact.decorators), (expr) => this.evaluate(file, 0, expr));
    const used = usedVersions(options, own, app);
    const modules = this.modulePaths.get(fact) ?? [''];
    const versioned = (version: string): string => (app.uriVersioning === undefined ? app.prefix : `${app.prefix}/${app.uriVersioning}${version}`);
    return paths.flatMap((path) => modules.flatMap((module) => used.map((version): Base => {
      const whole = `${module}/${path}`;
      const excluded = app.excludes.some((one) => tidy(one) === tidy(whole));
      return { path: whole, prefix: excluded ? '' : version === undefined ? app.prefix : versioned(version), unversioned: excluded ? '' : app.prefix, versioned };
    })));
  }

  /** The paths that RouterModule gives to modules. */
  private moduleRoutesIn(files: readonly FileFacts[]): ReadonlyMap<ClassFact, readonly string[]> {
    const found: ModulePaths = new Map();
    for (const file of files) {
      eachFunction(file, (scope, expr) => {
        if (expr.kind !== 'call' || expr.callee.kind !== 'member' || !ROUTES_MODULES.has(expr.callee.name)) return;
        const { of } = expr.callee;
        if (of.kind === 'name' && /^Router(?:Module)?$/.test(of.name)) this.moduleRoutes(this.evaluate(file, scope, expr.args[0]), '', found);
      });
    }
    return found;
  }

  private moduleRoutes(value: Value, above: string, found: ModulePaths): void {
    for (const one of value.kind === 'list' ? value.items.flatMap(each) : []) {
      const get = (key: string): Value => (one.kind === 'object' ? one.properties.get(key) ?? UNKNOWN : UNKNOWN);
      const path = `${above}/${texts(get('path'))[0] ?? ''}`;
      for (const controller of this.controllersIn(one.kind === 'object' ? get('module') : one)) found.set(controller, [...(found.get(controller) ?? []), path]);
      this.moduleRoutes(get('children'), path, found);
    }
  }

  private controllersIn(module: Value): ClassFact[] {
    return each(module).flatMap((of) => (of.kind === 'class' ? this.controllersOf(of.file, of.index) : []));
  }

  private controllersOf(file: FileFacts, index: number): ClassFact[] {
    const call = decoratorsOf(file.classes[index]?.decorators ?? []).find(({ name }) => name === 'Module')?.call;
    const options = this.evaluate(file, 0, call?.args[0]);
    const list = options.kind === 'object' ? options.properties.get('controllers') ?? UNKNOWN : UNKNOWN;
    return (list.kind === 'list' ? list.items : []).flatMap(each).flatMap((one) => (one.kind === 'class' ? [one.file.classes[one.index] ?? []].flat() : []));
  }
}

interface Base { readonly path: string; readonly prefix: string; readonly unversioned: string; readonly versioned: (version: string) => string }

interface MethodAt {
  /** Where the method stands; `declared` is where the class stands. */
  readonly file: FileFacts;
  readonly declared: FileFacts;
  readonly fact: ClassFact;
  readonly method: FunctionFact;
  readonly index: number;
  readonly bases: readonly Base[];
  readonly processor: Decorated | undefined;
  readonly controller: boolean;
}

/** Decorators of inversify and routing-controllers sit on Express. */
const frameworkOf = (at: MethodAt): EndpointFact['framework'] => (at.declared.imports.some(({ specifier }) => /inversify-express|routing-controllers|^tsoa$|ts-express/.test(specifier)) ? 'express' : 'nest');

/** `() => Order` → `Order`; anything else is itself. */
const returnedBy = (file: FileFacts, expr: Expr | undefined): Expr | undefined => {
  const step = expr?.kind === 'function' ? file.functions[expr.index]?.steps[0] : undefined;
  return step?.kind === 'return' ? step.value : expr;
};

const versionsOf = (decorators: readonly Decorated[], evaluate: (expr: Expr) => Value): string[] => decorators.filter(({ name }) => name === 'Version').flatMap(({ call }) => call.args.flatMap((arg) => pathsIn(evaluate(arg))));

/** A controller's versions, or the application's; `version: VERSION_NEUTRAL` names none, and so says that the default does not hold. */
const usedVersions = (options: ReadonlyMap<string, Value> | undefined, own: readonly string[], app: AppSettings): readonly (string | undefined)[] => {
  const versions = [...pathsIn(options?.get('version') ?? UNKNOWN), ...own];
  const used = versions.length > 0 || options?.has('version') === true ? versions : app.defaultVersions;
  return used.length === 0 ? [undefined] : used;
};

const tidy = (path: string): string => `/${path.replaceAll(HOLE, '*').split('/').filter((part) => part !== '').join('/')}`;
