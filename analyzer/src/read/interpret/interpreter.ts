import { compareText, type ModulePath } from '../../model/evidence.ts';
import type { Program } from '../link/program.ts';
import { isModuleExports } from '../link/program.ts';
import type { CallExpr, Expr, FileFacts, FunctionFact, Pattern, Step } from '../parse/facts.ts';
import { callBuiltin, callPackage } from './builtins.ts';
import { findBinding, handedBack, hoist, isDeclaration } from './bindings.ts';
import { evaluateWith, itemsOf, spread, type Machine } from './evaluators.ts';
import { construct, memberOf, setMember } from './members.ts';
import { modulesFor, ownName, specifierOf } from './paths.ts';
import { UNKNOWN, each, join, texts, wrapping, type Frame, type FunctionValue, type Value } from './values.ts';

/** What a framework's reader wants to know of the run. Each hook answers undefined for what is not its own. */
export interface Hooks {
  readonly onExternal: (callee: Extract<Value, { kind: 'external' }>, args: readonly Value[], at: Site) => Value | undefined;
  readonly onMember: (receiver: Value, name: string, args: readonly Value[], at: Site) => Value | undefined;
  /** A closure handed to something unknown: should it be run where it stands? */
  readonly runsCallback: (fact: FunctionFact) => boolean;
  /** A value for a parameter nobody passed, from its name and type. */
  readonly parameter: (fact: FunctionFact, position: number, frame: Frame) => Value | undefined;
}

export interface Site {
  readonly call: CallExpr;
  readonly frame: Frame;
  readonly run: Interpreter;
}

interface ModuleState {
  readonly frame: Frame;
  readonly exports: Extract<Value, { kind: 'object' }>;
  whole?: Value;
  done: boolean;
}

/** Steps that one function may cost in all its runs: much where something is built that we look for, little elsewhere. */
const LIMITS = { depth: 48, wanted: 200_000, other: 20_000 };
const NO_HOOKS: Hooks = { onExternal: () => undefined, onMember: () => undefined, runsCallback: () => false, parameter: () => undefined };

/**
 * Runs the parts of a program that build things (tops of modules, constructors, factories) over abstract values, without running any of its code:
 * both branches are taken, loops over constants are unrolled, what is unknown stays unknown. Work is bounded by a budget of steps.
 */
export class Interpreter implements Machine {
  readonly program: Program;
  hooks: Hooks = NO_HOOKS;
  /** Functions worth their cost: from which something is reached that a reader looks for. */
  wanted: ReadonlySet<FunctionFact> = new Set();
  /** Functions that were run at least once, with the steps they cost. */
  readonly executed = new Map<FunctionFact, number>();
  /** Where a closure was made, for those that were never called. */
  readonly closures = new Map<FunctionFact, FunctionValue>();
  readonly instances = new Map<object, Extract<Value, { kind: 'object' }>[]>();
  /** The calls being run, outermost first. */
  readonly stack: Site[] = [];
  steps: number;
  readonly paths: readonly string[];
  private readonly data: (from: ModulePath, specifier: string) => Value;
  private readonly modules = new Map<ModulePath, ModuleState>();
  private readonly lookingUp = new Set<object>();
  private depth = 0;
  /** Steps that went into tops of modules: whoever loads them first is not to blame for them. */
  private loading = 0;

  constructor(program: Program, budget: number, data: (from: ModulePath, specifier: string) => Value = () => UNKNOWN) {
    this.data = data;
    this.program = program;
    this.paths = [...program.files.keys()].sort(compareText);
    this.steps = budget;
  }

  get exhausted(): boolean {
    return this.steps <= 0;
  }

  /** The module's state after its top level was run, once. */
  module(file: FileFacts): ModuleState {
    const known = this.modules.get(file.path);
    if (known !== undefined) return known;
    const frame: Frame = { file, index: 0, variables: new Map(), returns: [], imagined: false };
    const state: ModuleState = { frame, exports: { kind: 'object', properties: new Map() }, done: false };
    this.modules.set(file.path, state);
    const top = file.functions[0];
    const before = this.steps + this.loading;
    if (top !== undefined) this.runSteps(top.steps, frame);
    this.loading = before - this.steps;
    state.done = true;
    return state;
  }

  runSteps(steps: readonly Step[], frame: Frame): void {
    hoist(steps, frame, this);
    for (const step of steps) {
      if (this.steps-- <= 0) return;
      this.runStep(step, frame);
    }
  }

  private runStep(step: Step, frame: Frame): void {
    if (step.kind === 'do') this.evaluate(step.value, frame);
    else if (step.kind === 'return') frame.returns.push(this.evaluate(step.value, frame));
    else if (step.kind === 'let') {
      if (step.value !== undefined && !(isDeclaration(step) && step.pattern.kind === 'name' && frame.variables.has(step.pattern.name))) this.bind(step.pattern, handedBack(step, this.evaluate(step.value, frame), frame, this), frame);
    } else this.runEach(step, frame);
  }

  private runEach(step: Extract<Step, { kind: 'each' }>, frame: Frame): void {
    const over = this.evaluate(step.of, frame);
    const items = each(over).flatMap((one) => itemsOf(one, step.keys));
    for (const item of items.length === 0 ? [UNKNOWN] : items.slice(0, 300)) {
      this.bind(step.pattern, item, frame);
      this.runSteps(step.body, frame);
    }
  }

  bind(pattern: Pattern, value: Value, frame: Frame): void {
    if (pattern.kind === 'name') frame.variables.set(pattern.name, value);
    else if (pattern.kind === 'object') this.bindObject(pattern, value, frame);
    else for (const [position, item] of pattern.items.entries()) if (item !== undefined) this.bind(item, memberOf(value, String(position), this), frame);
  }

  private bindObject(pattern: Extract<Pattern, { kind: 'object' }>, value: Value, frame: Frame): void {
    for (const { key, target, initial } of pattern.entries) {
      const found = memberOf(value, key, this);
      this.bind(target, found.kind === 'unknown' && initial !== undefined ? this.evaluate(initial, frame) : found, frame);
    }
    if (pattern.rest !== undefined) frame.variables.set(pattern.rest, value);
  }

  evaluate(expr: Expr, frame: Frame): Value {
    if (this.steps-- <= 0) return UNKNOWN;
    return evaluateWith(this, expr, frame);
  }

  lookup(name: string, frame: Frame): Value {
    for (let at: Frame | undefined = frame; at !== undefined; at = at.parent) {
      const found = at.variables.get(name) ?? (at.imagined ? this.imagine(name, at) : undefined);
      if (found !== undefined) return found;
    }
    return this.imported(name, frame.file) ?? this.declaredLater(name, frame.file) ?? ownName(name, frame.file);
  }

  /** A name bound further down in a module whose top level is still being run (import cycles). */
  private declaredLater(name: string, file: FileFacts): Value | undefined {
    const state = this.module(file);
    return state.frame.variables.get(name) ?? (state.done ? undefined : this.imagine(name, { ...state.frame, imagined: true }));
  }

  /** The value of a local variable of a function that nobody called: from its declaration. */
  private imagine(name: string, frame: Frame): Value | undefined {
    const fact = frame.file.functions[frame.index];
    const step = fact === undefined ? undefined : findBinding(fact.steps, name);
    if (step === undefined || this.lookingUp.has(step) || this.lookingUp.size > 24) return undefined;
    this.lookingUp.add(step);
    const value = step.kind === 'let' ? (step.value === undefined ? UNKNOWN : this.evaluate(step.value, frame)) : join(each(this.evaluate(step.of, frame)).flatMap((one) => itemsOf(one, step.keys)));
    this.lookingUp.delete(step);
    this.bind(step.pattern, value, frame);
    return frame.variables.get(name);
  }

  private imported(name: string, file: FileFacts): Value | undefined {
    const found = this.program.index(file).imports.get(name);
    return found === undefined ? undefined : this.importValue(file, found.specifier, found.imported);
  }

  importValue(from: FileFacts, specifier: string, name: string): Value {
    const target = this.program.target(from.path, specifier);
    if (target.kind === 'external') return { kind: 'external', module: target.name, path: name === '*' || name === 'default' ? '' : name };
    const file = target.kind === 'module' ? this.program.files.get(target.path) : undefined;
    if (target.kind === 'asset') return this.asset(from, specifier, name);
    return file === undefined ? UNKNOWN : this.exportValue(file, name);
  }

  private asset(from: FileFacts, specifier: string, name: string): Value {
    const whole = this.data(from.path, specifier);
    return name === '*' || name === 'default' ? whole : memberOf(whole, name, this);
  }

  exportValue(file: FileFacts, name: string): Value {
    if (name === '*') return this.wholeOf(file);
    const declared = this.program.exported(file, name);
    if (declared === undefined) return this.undeclared(file, name);
    const state = this.module(declared.file);
    if (declared.local !== undefined) return this.lookup(declared.local, state.frame);
    if (declared.whole === true) return this.wholeOf(declared.file);
    return this.exportedExpression(declared.file, name, declared.value, state);
  }

  /** Names put on module.exports by code that had to be run to be seen. */
  private undeclared(file: FileFacts, name: string): Value {
    const whole = this.wholeOf(file);
    return name === 'default' ? whole : whole.kind === 'module' ? UNKNOWN : memberOf(whole, name, this, true);
  }

  private exportedExpression(file: FileFacts, name: string, value: Expr | undefined, state: ModuleState): Value {
    const stored = name === 'default' ? state.frame.variables.get('*default*') ?? state.whole : state.exports.properties.get(name);
    return stored ?? (value === undefined ? UNKNOWN : this.evaluate(value, this.module(file).frame));
  }

  private wholeOf(file: FileFacts): Value {
    const state = this.module(file);
    if (state.whole !== undefined) return state.whole;
    return file.exports.length > 0 ? { kind: 'module', file } : state.exports;
  }

  call(expr: CallExpr, frame: Frame): Value {
    if (expr.callee.kind === 'name' && expr.callee.name === 'require') return this.require(expr, frame);
    this.stack.push({ call: expr, frame, run: this });
    const value = this.callAny(expr, frame);
    this.stack.pop();
    return value;
  }

  private callAny(expr: CallExpr, frame: Frame): Value {
    const receiver = expr.callee.kind === 'member' || expr.callee.kind === 'index' ? this.evaluate(expr.callee.of, frame) : undefined;
    const args = expr.args.flatMap((arg) => (arg.kind === 'spread' ? spread(this.evaluate(arg.of, frame)) : [this.evaluate(arg, frame)]));
    const site: Site = { call: expr, frame, run: this };
    if (receiver !== undefined) return join(each(receiver).map((one) => this.callMembers(one, expr, args, site)));
    if (expr.callee.kind === 'super') return construct.base(frame, args, this);
    return join(each(this.evaluate(expr.callee, frame)).map((callee) => this.callValue(callee, args, site)));
  }

  private require(expr: CallExpr, frame: Frame): Value {
    const [first] = expr.args;
    const from = frame.file.path;
    const named = first?.kind === 'text' ? [first.value] : first === undefined ? [] : texts(this.evaluate(first, frame));
    return join(named.flatMap((one) => {
      const places = first?.kind === 'text' ? [] : modulesFor(from, one, this.paths);
      return places.length === 0 ? [one] : places.map((place) => specifierOf(from, place));
    }).map((one) => this.importValue(frame.file, one, '*')));
  }

  external(callee: Extract<Value, { kind: 'external' }>, args: readonly Value[]): Value {
    const at = this.stack.at(-1);
    return at === undefined ? UNKNOWN : this.hooks.onExternal(callee, args, at) ?? UNKNOWN;
  }

  private callMembers(receiver: Value, expr: CallExpr, args: readonly Value[], site: Site): Value {
    const names = expr.callee.kind === 'member' ? [expr.callee.name] : expr.callee.kind === 'index' ? texts(this.evaluate(expr.callee.by, site.frame)) : [];
    return join(names.map((name) => this.callMember(receiver, name, args, site)));
  }

  private callMember(receiver: Value, name: string, args: readonly Value[], site: Site): Value {
    const hooked = this.hooks.onMember(receiver, name, args, site);
    if (hooked !== undefined) return hooked;
    const method = memberOf(receiver, name, this, true);
    if (method.kind !== 'unknown') return this.callValue(method, args, site, site.call.callee.kind === 'member' && site.call.callee.of.kind === 'super' ? site.frame.self : receiver);
    return callBuiltin(receiver, name, args, this) ?? this.callUnknown(args);
  }

  callValue(callee: Value, args: readonly Value[], site: Site, self?: Value): Value {
    switch (callee.kind) {
      case 'function': return site.call.form === 'new' ? construct.byFunction(callee, args, this) : this.invoke(callee, args, callee.self ?? self);
      case 'class': return construct.instance(callee, args, this);
      case 'external': return this.hooks.onExternal(callee, args, site) ?? this.callExternal(callee, args, site.call);
      case 'many': return join(callee.values.map((one) => this.callValue(one, args, site, self)));
      case 'native': return this.hooks.onMember(callee, '', args, site) ?? UNKNOWN;
      default: return this.callUnknown(args);
    }
  }

  private callExternal(callee: Extract<Value, { kind: 'external' }>, args: readonly Value[], made: CallExpr): Value {
    const builtin = callee.module === 'global' ? callBuiltin(callee, callee.path, args, this) : callPackage(callee.module, callee.path, args, this);
    if (builtin !== undefined) return builtin;
    const result = this.callUnknown(args);
    return result.kind === 'unknown' && result.wraps !== undefined ? result : { kind: 'external', module: callee.module, path: `${callee.path}()`, made };
  }

  /** Something we cannot see inside: closures that build routes are run as if it called them; functions passed in are remembered. */
  private callUnknown(args: readonly Value[]): Value {
    const functions = args.flatMap(each).filter((arg): arg is FunctionValue => arg.kind === 'function');
    for (const callback of functions) {
      const fact = callback.file.functions[callback.index];
      if (fact !== undefined && this.hooks.runsCallback(fact)) this.invoke(callback, [], callback.self);
    }
    const wrapped = args.filter((arg) => arg.kind === 'function' || (arg.kind === 'unknown' && arg.wraps !== undefined));
    return wrapped.length === 0 ? UNKNOWN : { kind: 'unknown', wraps: wrapped };
  }

  invoke(callee: FunctionValue, args: readonly Value[], self: Value | undefined): Value {
    const fact = callee.file.functions[callee.index];
    if (fact === undefined || !this.enter(fact)) return wrapping(UNKNOWN, args);
    const own = fact.arrow && fact.owner < 0 ? callee.scope.self : self;
    const frame: Frame = { file: callee.file, index: callee.index, variables: new Map(), parent: callee.scope, returns: [], imagined: false, ...(own === undefined ? {} : { self: own }) };
    const before = this.steps + this.loading;
    this.bindParameters(fact, args, frame);
    this.runSteps(fact.steps, frame);
    this.depth -= 1;
    this.executed.set(fact, (this.executed.get(fact) ?? 0) + before - this.steps - this.loading);
    return wrapping(join(frame.returns), args);
  }

  private enter(fact: FunctionFact): boolean {
    const spent = this.executed.get(fact) ?? 0;
    if (this.exhausted || this.depth >= LIMITS.depth || spent > (this.wanted.has(fact) ? LIMITS.wanted : LIMITS.other)) return false;
    this.executed.set(fact, spent + 1);
    this.depth += 1;
    return true;
  }

  bindParameters(fact: FunctionFact, args: readonly Value[], frame: Frame): void {
    for (const [position, parameter] of fact.parameters.entries()) {
      const value = parameter.rest ? { kind: 'list', items: args.slice(position) } as const : this.argument(fact, position, args[position] ?? UNKNOWN, frame);
      this.bind(parameter.pattern, value, frame);
      if (parameter.field && frame.self?.kind === 'object' && parameter.pattern.kind === 'name') frame.self.properties.set(parameter.pattern.name, value);
    }
  }

  private argument(fact: FunctionFact, position: number, given: Value, frame: Frame): Value {
    if (given.kind !== 'unknown') return given;
    const initial = fact.parameters[position]?.initial;
    return this.hooks.parameter(fact, position, frame) ?? (initial === undefined ? given : this.evaluate(initial, frame));
  }

  assign(target: Expr, value: Value, frame: Frame): void {
    if (target.kind === 'name') this.assignName(target.name, value, frame);
    else if (isModuleExports(target)) this.module(frame.file).whole = value;
    else if (target.kind === 'member') setMember(this.ownerOf(target.of, frame), target.name, value);
    else if (target.kind === 'index') for (const name of texts(this.evaluate(target.by, frame))) setMember(this.ownerOf(target.of, frame), name, value);
  }

  private ownerOf(of: Expr, frame: Frame): Value {
    if (of.kind !== 'name' ? isModuleExports(of) : of.name === 'exports') {
      const state = this.module(frame.file);
      return state.whole ?? state.exports;
    }
    return this.evaluate(of, frame);
  }

  private assignName(name: string, value: Value, frame: Frame): void {
    let at: Frame | undefined = frame;
    while (at !== undefined && !at.variables.has(name)) at = at.parent;
    const owner = at ?? frame;
    owner.variables.set(name, join([owner.variables.get(name) ?? UNKNOWN, value]));
  }

  make(of: Extract<Value, { kind: 'class' }>): Value {
    return construct.instance(of, [], this);
  }

  closure(frame: Frame, index: number): Value {
    const fact = frame.file.functions[index];
    const made: FunctionValue = { kind: 'function', file: frame.file, index, scope: frame, properties: new Map() };
    if (fact !== undefined && !frame.imagined) this.closures.set(fact, made);
    return made;
  }
}
