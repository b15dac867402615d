import { compareText } from '../model/evidence.ts';
import type { CallEdge, FunctionRef } from '../model/graph.ts';
import type { Type } from './link/type.ts';
import type { Types } from './link/types.ts';
import { eachFunction } from './link/visit.ts';
import type { Program } from './link/program.ts';
import type { CallExpr, ClassFact, Expr, FileFacts, FunctionFact } from './parse/facts.ts';

/** A call whose function is known: for readers that want to know what its arguments were. */
export interface CallSite {
  readonly file: FileFacts;
  readonly scope: number;
  readonly call: CallExpr;
}

export interface ReadCalls {
  readonly edges: readonly CallEdge[];
  /** Calls of inherited methods, as calls of the class that inherits: `BookStore.insert` for `Store.insert`. */
  readonly inherited: readonly CallEdge[];
  /** Who calls a function, in the order of reading. */
  readonly sites: ReadonlyMap<FunctionFact, readonly CallSite[]>;
  /** Per module: calls on things of this project whose function could not be told. */
  readonly unresolved: ReadonlyMap<string, number>;
}

interface FunctionTarget { readonly file: FileFacts; readonly index: number }
interface Target { readonly ref: FunctionRef; readonly function?: FunctionTarget }

/** Which function calls which, through imports, instances, injected fields, interfaces and module objects. */
export class CallReader {
  private readonly program: Program;
  private readonly types: Types;
  private readonly isProduction: (path: string) => boolean;
  private readonly edges = new Map<string, CallEdge>();
  private readonly inherited: CallEdge[] = [];
  private readonly sites = new Map<FunctionFact, CallSite[]>();
  private readonly unresolved = new Map<string, number>();
  private implementers: ReadonlyMap<string, readonly Extract<Type, { kind: 'class' }>[]> | undefined;

  constructor(program: Program, types: Types, isProduction: (path: string) => boolean) {
    this.program = program;
    this.types = types;
    this.isProduction = isProduction;
  }

  read(): ReadCalls {
    for (const file of this.program.files.values()) {
      // Tests call everything; that says nothing about who needs whom in production.
      if (this.isProduction(file.path)) eachFunction(file, (scope, expr) => { if (expr.kind === 'call') this.readCall(file, scope, expr); });
    }
    const edges = [...this.edges.values()].sort(byCall);
    return { edges, inherited: this.inherited, sites: this.sites, unresolved: this.unresolved };
  }

  private readCall(file: FileFacts, scope: number, call: CallExpr): void {
    if (call.form !== 'tag') this.readCallee(file, scope, call);
    for (const arg of call.args) if (arg.kind === 'name' || arg.kind === 'member' || isListening(file, arg)) this.readPassed(file, scope, arg, call.line);
  }

  private readCallee(file: FileFacts, scope: number, call: CallExpr): void {
    const callee = boundMethod(call.callee);
    const isSuper = callee.kind === 'super';
    const type = isSuper ? this.superConstructor(file, scope) : this.types.of(file, scope, callee);
    const targets = type === undefined ? [] : this.targetsOf(type, call.form === 'new' || isSuper);
    const kind = this.kindOf(file, scope, call, callee);
    for (const target of targets) {
      this.add(file, scope, target, kind, call.line, call);
      this.noteInherited(file, scope, callee, target, { kind, line: call.line });
    }
    if ((type === undefined || type.kind === 'callable') && this.isOurs(file, scope, callee)) this.unresolved.set(file.path, (this.unresolved.get(file.path) ?? 0) + 1);
  }

  private kindOf(file: FileFacts, scope: number, call: CallExpr, callee: Expr): CallEdge['kind'] {
    if (call.form === 'new') return 'construct';
    return this.isInjected(file, scope, callee) ? 'inject' : 'call';
  }

  private noteInherited(file: FileFacts, scope: number, callee: Expr, to: Target, { kind, line }: { kind: CallEdge['kind']; line: number }): void {
    if (callee.kind !== 'member' || callee.of.kind === 'super' || to.function === undefined) return;
    const method = to.function.file.functions[to.function.index];
    const of = this.types.of(file, scope, callee.of);
    if (of?.kind !== 'class' || method?.member === undefined) return;
    const heir = of.file.classes[of.index];
    if (heir === undefined || heir === to.function.file.classes[method.owner]) return;
    this.inherited.push({ from: refIn(file, scope), to: { module: of.file.path, name: `${heir.name}.${method.member.name}` }, kind, evidence: { file: file.path, line } });
  }

  private superConstructor(file: FileFacts, scope: number): Type | undefined {
    const owner = file.functions[scope]?.owner ?? -1;
    return owner < 0 ? undefined : this.types.baseOf(file, owner);
  }

  private readPassed(file: FileFacts, scope: number, arg: Expr, line: number): void {
    const type = this.types.of(file, scope, arg);
    if (type?.kind === 'function') for (const target of this.targetsOf(type, false)) this.add(file, scope, target, 'pass', line);
  }

  /** A call on a value that came from this project, though not clear from where: worth counting. */
  private isOurs(file: FileFacts, scope: number, callee: Expr): boolean {
    if (callee.kind !== 'member') return false;
    const of = this.types.of(file, scope, callee.of);
    return of !== undefined && of.kind !== 'external' && of.kind !== 'list';
  }

  private isInjected(file: FileFacts, scope: number, callee: Expr): boolean {
    if (callee.kind !== 'member' || callee.of.kind !== 'member' || callee.of.of.kind !== 'this') return false;
    const self = this.types.of(file, scope, callee.of.of);
    const fact = self?.kind === 'class' ? self.file.classes[self.index] : undefined;
    return fact !== undefined && isInjectedField(file, fact, callee.of.name);
  }

  private targetsOf(type: Type, constructing: boolean): Target[] {
    switch (type.kind) {
      case 'function': return [target(type.file, type.index)];
      case 'class': return constructing || type.self ? [this.constructorOf(type)] : [];
      case 'all': return type.of.slice(0, 1).flatMap((one) => this.targetsOf(one, constructing));
      case 'declared': return this.implementationsOf(type);
      default: return [];
    }
  }

  private constructorOf({ file, index }: Extract<Type, { kind: 'class' }>): Target {
    const fact = file.classes[index];
    const own = fact?.methods.find((method) => file.functions[method]?.member?.kind === 'constructor');
    return own === undefined ? { ref: { module: file.path, name: `${fact?.name ?? ''}.constructor` } } : target(file, own);
  }

  private implementationsOf(type: Extract<Type, { kind: 'declared' }>): Target[] {
    if (type.shape.kind === 'class') return this.types.heirsOf(type.shape).filter(({ file }) => this.isProduction(file.path)).slice(0, 6).flatMap((heir) => this.ownTargets(heir, type.member));
    this.implementers ??= this.findImplementers();
    const classes = this.implementers.get(`${type.shape.file.path}\0${type.shape.name}`) ?? [];
    return classes.slice(0, 6).flatMap((one) => {
      const member = this.types.member(one, type.member);
      return member === undefined ? [] : this.targetsOf(member, false);
    });
  }

  private ownTargets(heir: Extract<Type, { kind: 'class' }>, member: string): Target[] {
    const found = this.types.member(heir, member);
    return found?.kind === 'function' ? this.targetsOf(found, false) : [];
  }

  /** Classes by the interfaces they implement, also through extended interfaces; fakes beside tests stand aside for real ones. */
  private findImplementers(): ReadonlyMap<string, readonly Extract<Type, { kind: 'class' }>[]> {
    const found = new Map<string, Extract<Type, { kind: 'class' }>[]>();
    for (const file of this.program.files.values()) {
      for (const [index, fact] of file.classes.entries()) {
        for (const shape of fact.implemented.flatMap((type) => this.shapesAbove(file, type, 0))) found.set(shape, [...(found.get(shape) ?? []), { kind: 'class', file, index, self: false }]);
      }
    }
    for (const [shape, classes] of found) {
      const real = classes.filter(({ file }) => this.isProduction(file.path) && !/(?:^|\/)(?:fake|mock|stub)|[.-](?:fake|mock|stub)/i.test(file.path));
      if (real.length > 0) found.set(shape, real);
    }
    return found;
  }

  private shapesAbove(file: FileFacts, type: Parameters<Types['resolve']>[1], depth: number): string[] {
    const resolved = this.types.resolve(file, type);
    if (resolved?.kind !== 'shape' || depth > 6) return [];
    const { bases } = resolved.file.shapes.get(resolved.name) ?? { bases: [] };
    return [`${resolved.file.path}\0${resolved.name}`, ...bases.flatMap((base) => this.shapesAbove(resolved.file, base, depth + 1))];
  }

  private noteSite(called: FunctionFact, site: CallSite): void {
    const known = this.sites.get(called);
    if (known === undefined) this.sites.set(called, [site]);
    else known.push(site);
  }

  private add(file: FileFacts, scope: number, to: Target, kind: CallEdge['kind'], line: number, call?: CallExpr): void {
    const from = refIn(file, scope);
    const called = to.function?.file.functions[to.function.index];
    if (call !== undefined && called !== undefined) this.noteSite(called, { file, scope, call });
    if (from.module === to.ref.module && from.name === to.ref.name) return;
    const key = `${from.module}\0${from.name}\0${to.ref.module}\0${to.ref.name}\0${kind}`;
    if (!this.edges.has(key)) this.edges.set(key, { from, to: to.ref, kind, evidence: { file: file.path, line } });
  }
}

/** A closure with a name of its own (`on order.placed`) is apart from the function that hands it over. Routes are not: who sets them up does not run them. */
const isListening = (file: FileFacts, arg: Expr): boolean => arg.kind === 'function' && /(?:^|\.)[a-z]\w* /.test(file.functions[arg.index]?.name ?? '');

const refIn = (file: FileFacts, scope: number): FunctionRef => ({ module: file.path, name: file.functions[scope]?.name ?? '(top)' });

/** Declared by the constructor's parameter, or decorated (`@Inject() private orders`). */
const isInjectedField = (file: FileFacts, fact: ClassFact, name: string): boolean => {
  const constructorIndex = fact.methods.find((index) => file.functions[index]?.member?.kind === 'constructor');
  const parameters = constructorIndex === undefined ? [] : file.functions[constructorIndex]?.parameters ?? [];
  return parameters.some((one) => one.field && one.pattern.kind === 'name' && one.pattern.name === name) || fact.fields.some((one) => one.name === name && one.decorators.length > 0);
};

const target = (file: FileFacts, index: number): Target => ({ ref: { module: file.path, name: file.functions[index]?.name ?? '(top)' }, function: { file, index } });

/** `f.call(x)`, `f.apply(x)` and `f.bind(x)` are about `f`. */
const boundMethod = (callee: Expr): Expr => (callee.kind === 'member' && (callee.name === 'call' || callee.name === 'apply') ? callee.of : callee);

const byCall = (a: CallEdge, b: CallEdge): number =>
  compareText(a.from.module, b.from.module) || a.evidence.line - b.evidence.line || compareText(a.from.name, b.from.name)
  || compareText(a.to.module, b.to.module) || compareText(a.to.name, b.to.name) || compareText(a.kind, b.kind);

/** Adds calls of inherited methods where queries were read per inheriting class: there the heir's method is a place of its own. */
export const withInherited = ({ edges, inherited }: ReadCalls, places: readonly FunctionRef[]): CallEdge[] => {
  const known = new Set(places.map(({ module, name }) => `${module}\0${name}`));
  const extra = new Map(inherited.filter(({ to }) => known.has(`${to.module}\0${to.name}`)).map((edge) => [`${edge.from.module}\0${edge.from.name}\0${edge.to.module}\0${edge.to.name}`, edge]));
  const present = new Set(edges.map((edge) => `${edge.from.module}\0${edge.from.name}\0${edge.to.module}\0${edge.to.name}`));
  return [...edges, ...[...extra].filter(([key]) => !present.has(key)).map(([, edge]) => edge)].sort(byCall);
};

/** Joins what is raised to what is called; where a function also calls the listener itself, both stand. */
export const withEvents = (calls: readonly CallEdge[], events: readonly CallEdge[]): CallEdge[] => [...calls, ...events].sort(byCall);
