import type { CallExpr, ClassFact, Expr, FileFacts, TypeFact } from '../parse/facts.ts';
import { givenByCaller } from './handed.ts';
import type { Declared, Program } from './program.ts';
import { assignmentsTo, findBinding, thisClass, type Binding } from './scopes.ts';
import { Heirs } from './heirs.ts';
import { first, inferLiteral, instanceOf, itemOf, listOf, NOTHING, type Known, type Type, type TypeQuestions } from './type.ts';
import { MAPS, WrittenTypes } from './written.ts';

const SAME_ITEM = new Set(['find', 'findLast', 'at', 'pop', 'shift', 'get']);
const LIST_METHODS = new Set([...SAME_ITEM, 'map', 'filter', 'slice', 'sort', 'toSorted', 'reverse', 'toReversed', 'concat', 'values']);
/** Of expressions, types and members asked about within one another. */
const MAX_DEPTH = 48;

/** A small binder in place of a type checker: annotations, constructor parameters, initialisers and returns, followed by name. */
export class Types implements TypeQuestions {
  readonly program: Program;
  private readonly expressions = new WeakMap<Expr, Type | null>();
  private readonly fields = new Map<ClassFact, Map<string, Type | null>>();
  private readonly written: WrittenTypes;
  private readonly heirs: Heirs;
  private depth = 0;

  constructor(program: Program) {
    this.program = program;
    this.written = new WrittenTypes(this);
    this.heirs = new Heirs(this);
  }

  /** The type of an expression that stands in function `scope` of `file`. */
  of(file: FileFacts, scope: number, expr: Expr): Type | undefined {
    const known = this.expressions.get(expr);
    if (known !== undefined) return known ?? undefined;
    if (this.depth > MAX_DEPTH) return undefined;
    this.expressions.set(expr, null);
    this.depth += 1;
    const found = this.infer(file, scope, expr);
    this.depth -= 1;
    this.expressions.set(expr, found ?? null);
    return found;
  }

  private infer(file: FileFacts, scope: number, expr: Expr): Type | undefined {
    switch (expr.kind) {
      case 'name': return this.ofName(file, scope, expr.name);
      case 'this': return this.ofThis(file, scope);
      case 'member': return this.memberOfExpr(file, scope, expr);
      case 'call': return this.ofCall(file, scope, expr);
      case 'index': return this.ofIndex(file, scope, expr);
      case 'cast': return this.resolve(file, expr.type) ?? this.of(file, scope, expr.of);
      default: return this.ofInner(file, scope, expr);
    }
  }

  private ofInner(file: FileFacts, scope: number, expr: Expr): Type | undefined {
    switch (expr.kind) {
      case 'await': return this.of(file, scope, expr.of);
      case 'either': return first(expr.of.map((one) => () => this.of(file, scope, one)));
      case 'assign': return this.of(file, scope, expr.value);
      default: return inferLiteral(file, scope, expr);
    }
  }

  /** `stores['orders']`, and any item of a list or a dictionary. */
  private ofIndex(file: FileFacts, scope: number, { of, by }: Extract<Expr, { kind: 'index' }>): Type | undefined {
    const base = this.of(file, scope, of);
    if (base === undefined) return undefined;
    return itemOf(base) ?? (by.kind === 'text' ? this.member(base, by.value) : undefined);
  }

  ofName(file: FileFacts, scope: number, name: string): Type | undefined {
    const binding = findBinding(file, scope, name);
    if (binding !== undefined) return this.ofBinding(file, binding);
    const imported = this.program.index(file).imports.get(name);
    return imported === undefined ? undefined : this.imported(file, imported.specifier, imported.imported);
  }

  private imported(file: FileFacts, specifier: string, name: string): Type | undefined {
    const target = this.program.target(file.path, specifier);
    if (target.kind === 'external') return { kind: 'external', module: target.name, name };
    const next = this.program.fileOf(file.path, specifier);
    return next === undefined ? undefined : this.exported(next, name);
  }

  exported(file: FileFacts, name: string): Type | undefined {
    const declared = this.program.exported(file, name);
    if (declared === undefined) return name === '*' || name === 'default' ? { kind: 'module', file } : undefined;
    return this.declared(declared);
  }

  private declared(declared: Declared): Type | undefined {
    if (declared.whole === true) return this.wholeModule(declared.file);
    if (declared.local !== undefined) return this.ofName(declared.file, 0, declared.local);
    return declared.value === undefined ? undefined : this.of(declared.file, 0, declared.value);
  }

  /** The module object; for CommonJS what module.exports was set to, when that is more than a list of names. */
  private wholeModule(file: FileFacts): Type {
    const { whole } = this.program.index(file);
    const value = whole === undefined || whole.kind === 'object' ? undefined : this.of(file, 0, whole);
    return value === undefined ? { kind: 'module', file } : { kind: 'all', of: [value, { kind: 'module', file }] };
  }

  private ofBinding(file: FileFacts, binding: Binding): Type | undefined {
    const direct = binding.from === 'each' || binding.type === undefined ? undefined : this.resolve(file, binding.type);
    const base = this.ownValue(file, binding) ?? direct ?? (binding.value === undefined ? this.given(file, binding) ?? this.assignedLater(file, binding) : this.of(file, binding.scope, binding.value));
    return binding.path.reduce<Type | undefined>((type, key) => (type === undefined ? undefined : key === '[]' ? itemOf(type) : this.member(type, key)), base);
  }

  /** `const omit: Omit = (row) => …`: the function or the object itself says more than the type it must fit. */
  private ownValue(file: FileFacts, { from, value, path, scope, type }: Binding): Type | undefined {
    if (from !== 'let' || path.length > 0) return undefined;
    if (value?.kind === 'function') return { kind: 'function', file, index: value.index };
    return value?.kind === 'object' && type !== undefined ? this.typedObject({ kind: 'object', file, scope, value }, type) : undefined;
  }

  private typedObject(own: Extract<Type, { kind: 'object' }>, type: TypeFact): Type | undefined {
    const typed = this.resolve(own.file, type);
    return typed === undefined || typed.kind === 'list' ? typed : { kind: 'all', of: [own, typed] };
  }

  /** `let mails; if (enabled) mails = new Queue('mails')`. */
  private assignedLater(file: FileFacts, { from, scope, name }: Binding): Type | undefined {
    if (from !== 'let') return undefined;
    return first(assignmentsTo(file, scope, name).map(({ scope: at, value }) => () => this.of(file, at, value)));
  }

  /** A closure's parameter without a type has the one its caller gives it. */
  private given(file: FileFacts, { from, scope, position }: Binding): Type | undefined {
    return from === 'parameter' && position !== undefined ? givenByCaller(file, scope, position, this) : undefined;
  }

  private ofThis(file: FileFacts, scope: number): Type | undefined {
    const index = thisClass(file, scope);
    return index < 0 ? undefined : { kind: 'class', file, index, self: false };
  }

  private memberOfExpr(file: FileFacts, scope: number, expr: Extract<Expr, { kind: 'member' }>): Type | undefined {
    if (expr.of.kind === 'super') return this.ofSuper(file, scope, expr.name);
    const of = this.of(file, scope, expr.of);
    return of === undefined ? undefined : this.member(of, expr.name);
  }

  private ofSuper(file: FileFacts, scope: number, name: string): Type | undefined {
    const index = thisClass(file, scope);
    const base = index < 0 ? undefined : this.baseOf(file, index);
    return base === undefined ? undefined : this.member(base, name);
  }

  baseOf(file: FileFacts, index: number): Extract<Type, { kind: 'class' }> | undefined {
    const fact = file.classes[index];
    const base = fact?.base === undefined ? undefined : this.of(file, fact.scope, fact.base);
    return base?.kind === 'class' ? { ...base, self: false } : undefined;
  }

  /** Classes that extend one, at any distance. */
  heirsOf(type: Extract<Type, { kind: 'class' }>): readonly Extract<Type, { kind: 'class' }>[] {
    return this.heirs.of(type);
  }

  private ofCall(file: FileFacts, scope: number, expr: Extract<Expr, { kind: 'call' }>): Type | undefined {
    if (expr.callee.kind === 'name' && expr.callee.name === 'require') return this.required(file, expr);
    const item = this.ofItem(file, scope, expr);
    if (item !== undefined) return item;
    const callee = this.of(file, scope, expr.callee);
    if (expr.form === 'new') return instanceOf(callee) ?? this.collection(file, expr);
    return (callee === undefined ? undefined : this.returned(callee)) ?? this.typeArgument(file, expr);
  }

  /** `orders.find(…)`: one of the list; `orders.filter(…)`: the list; `orders.map((order) => …)`: a list of what the closure gives. */
  private ofItem(file: FileFacts, scope: number, { callee, args: [given] }: CallExpr): Type | undefined {
    if (callee.kind !== 'member') return undefined;
    if (given !== undefined && isObjectValues(callee)) return this.of(file, scope, given);
    const list = LIST_METHODS.has(callee.name) ? this.of(file, scope, callee.of) : undefined;
    if (list?.kind !== 'list') return undefined;
    return callee.name === 'map' ? this.mapped(file, scope, given) : SAME_ITEM.has(callee.name) ? list.of : list;
  }

  private mapped(file: FileFacts, scope: number, closure: Expr | undefined): Type | undefined {
    const made = closure === undefined ? undefined : this.of(file, scope, closure);
    return listOf(made === undefined ? undefined : this.returned(made));
  }

  /** `new Map<string, Store>()`. */
  private collection(file: FileFacts, { callee, types }: CallExpr): Type | undefined {
    const item = callee.kind === 'name' && (MAPS.has(callee.name) || callee.name === 'Set') ? types?.at(-1) : undefined;
    return item === undefined ? undefined : listOf(this.resolve(file, item));
  }

  /** `inject(OrderService)`, `container.get<OrderService>()`, `moduleRef.get(OrderService)`: a container gives what it is asked for. */
  private typeArgument(file: FileFacts, expr: Extract<Expr, { kind: 'call' }>): Type | undefined {
    const name = expr.callee.kind === 'member' ? expr.callee.name : expr.callee.kind === 'name' ? expr.callee.name : '';
    if (!/^(?:get|inject|resolve|getInstance|make|mock)$/.test(name)) return undefined;
    const [type] = expr.types ?? [];
    if (type !== undefined) return this.resolve(file, type);
    const [token] = expr.args;
    const found = token?.kind === 'name' ? this.of(file, 0, token) : undefined;
    return found?.kind === 'class' ? { ...found, self: false } : undefined;
  }

  private required(file: FileFacts, expr: Extract<Expr, { kind: 'call' }>): Type | undefined {
    const [argument] = expr.args;
    return argument?.kind === 'text' ? this.imported(file, argument.value, '*') : undefined;
  }

  /** What calling a thing of this type gives. */
  returned(callee: Type): Type | undefined {
    switch (callee.kind) {
      case 'declared': return callee.returns;
      case 'callable': return callee.type.args?.[0] === undefined ? undefined : this.resolve(callee.file, callee.type.args[0], callee.known);
      case 'all': return first(callee.of.map((one) => () => this.returned(one)));
      case 'function': return this.returnedBy(callee);
      default: return undefined;
    }
  }

  private returnedBy({ file, index }: Extract<Type, { kind: 'function' }>): Type | undefined {
    const fact = file.functions[index];
    if (fact?.returns !== undefined) return this.resolve(file, fact.returns);
    return first((fact?.steps ?? []).map((step) => () => (step.kind === 'return' ? this.of(file, index, step.value) : undefined)));
  }

  /** The type of a member; in broken code a line of bases may lead in a circle. */
  member(of: Type, name: string): Type | undefined {
    if (this.depth > MAX_DEPTH) return undefined;
    this.depth += 1;
    const found = this.findMember(of, name);
    this.depth -= 1;
    return found;
  }

  private findMember(of: Type, name: string): Type | undefined {
    switch (of.kind) {
      case 'class': return this.classMember(of, name);
      case 'shape': return this.written.shapeMember(of, name);
      case 'literal': return this.written.literalMember(of, name);
      case 'object': return this.objectMember(of, name);
      case 'module': return this.exported(of.file, name) ?? this.assigned(of.file, name);
      case 'all': return first(of.of.map((one) => () => this.member(one, name)));
      case 'function': return this.assignedTo(of, name);
      case 'external': return { kind: 'external', module: of.module, name: `${of.name}.${name}` };
      default: return keyedItem(of);
    }
  }

  private objectMember({ file, scope, value }: Extract<Type, { kind: 'object' }>, name: string): Type | undefined {
    const property = value.properties.find((one) => one.name === name);
    if (property !== undefined) return this.of(file, scope, property.value);
    return first(value.spreads.map((spread) => () => {
      const of = this.of(file, scope, spread);
      return of === undefined ? undefined : this.member(of, name);
    })) ?? this.assigned(file, name);
  }

  /** `Users.create = function …`: a function by that name anywhere in the file of the object. */
  private assigned(file: FileFacts, name: string): Type | undefined {
    const index = file.functions.findIndex((fact) => !fact.anonymous && (fact.name === name || fact.name.endsWith(`.${name}`)) && fact.owner < 0 && fact.parent <= 0 && fact.name !== '(top)');
    return index < 0 ? undefined : { kind: 'function', file, index };
  }

  private assignedTo(of: Extract<Type, { kind: 'function' }>, name: string): Type | undefined {
    const own = of.file.functions[of.index]?.name ?? '';
    const index = of.file.functions.findIndex((fact) => fact.name === `${own}.${name}`);
    return index < 0 ? undefined : { kind: 'function', file: of.file, index };
  }

  private classMember(of: Extract<Type, { kind: 'class' }>, name: string): Type | undefined {
    const fact = of.file.classes[of.index];
    if (fact === undefined) return undefined;
    const method = fact.methods.find((index) => of.file.functions[index]?.member?.name === name && of.file.functions[index].member.kind !== 'set');
    if (method !== undefined) return this.methodOrGetter(of.file, method);
    const known = this.fields.get(fact) ?? new Map<string, Type | null>();
    this.fields.set(fact, known);
    if (!known.has(name)) {
      known.set(name, null);
      known.set(name, this.fieldType(of, fact, name) ?? null);
    }
    const base = known.get(name) === null ? this.baseOf(of.file, of.index) : undefined;
    return known.get(name) ?? (base === undefined ? this.heirs.declared(of, name) : this.member(base, name));
  }

  private methodOrGetter(file: FileFacts, index: number): Type | undefined {
    const type: Type = { kind: 'function', file, index };
    return file.functions[index]?.member?.kind === 'get' ? this.returned(type) : type;
  }

  /** A field by its annotation, its initialiser, the constructor's parameter that declares it, or what the constructor assigns. */
  private fieldType({ file }: Extract<Type, { kind: 'class' }>, fact: ClassFact, name: string): Type | undefined {
    const field = fact.fields.find((one) => one.name === name);
    const typed = field?.type === undefined || field.initial?.kind === 'function' ? undefined : this.resolve(file, field.type);
    if (typed !== undefined) return typed;
    if (field?.initial !== undefined) return this.of(file, fact.scope, field.initial);
    return this.builtField(file, fact, name);
  }

  private builtField(file: FileFacts, fact: ClassFact, name: string): Type | undefined {
    const build = fact.methods.find((index) => file.functions[index]?.member?.kind === 'constructor');
    if (build === undefined) return undefined;
    const parameter = file.functions[build]?.parameters.find((one) => one.field && one.pattern.kind === 'name' && one.pattern.name === name);
    return parameter?.type === undefined ? this.assignedInConstructor(file, build, name) : this.resolve(file, parameter.type);
  }

  private assignedInConstructor(file: FileFacts, index: number, name: string): Type | undefined {
    for (const step of file.functions[index]?.steps ?? []) {
      if (step.kind === 'do' && step.value.kind === 'assign' && step.value.target.kind === 'member' && step.value.target.of.kind === 'this' && step.value.target.name === name) {
        return this.of(file, index, step.value.value);
      }
    }
    return undefined;
  }

  /** What a written type leads to; `known` gives the meaning of type parameters. */
  resolve(file: FileFacts, type: TypeFact, known: Known = NOTHING): Type | undefined {
    if (this.depth > MAX_DEPTH) return undefined;
    this.depth += 1;
    const found = this.written.resolve(file, type, known);
    this.depth -= 1;
    return found;
  }
}

const keyedItem = (of: Type): Type | undefined => (of.kind === 'list' && of.keyed === true ? of.of : undefined);

const isObjectValues = ({ of, name }: Extract<Expr, { kind: 'member' }>): boolean => name === 'values' && of.kind === 'name' && of.name === 'Object';
