import type { ClassFact, Expr, FileFacts, TypeFact } from '../parse/facts.ts';
import { givenByCaller } from './handed.ts';
import type { Declared, Program } from './program.ts';
import { assignmentsTo, findBinding, thisClass, type Binding } from './scopes.ts';
import { inferLiteral, instanceOf, itemOf, listOf, localType, type Type } from './type.ts';

const UNWRAPPED = new Set(['Promise', 'Readonly', 'Partial', 'Required', 'Pick', 'Omit', 'NonNullable', 'Awaited', 'PromiseLike', 'Ref', 'WeakRef', 'Lazy', 'DeepReadonly', 'Mutable']);
const LISTS = new Set(['[]', 'Array', 'ReadonlyArray', 'Set', 'ReadonlySet', 'Iterable', 'AsyncIterable']);
const SAME_ITEM = new Set(['find', 'at', 'pop', 'shift', 'get']);
/** Of expressions, types and members asked about within one another. */
const MAX_DEPTH = 48;

/** A small binder in place of a type checker: annotations, constructor parameters, initialisers and returns, followed by name. */
export class Types {
  readonly program: Program;
  private readonly expressions = new WeakMap<Expr, Type | null>();
  private readonly fields = new Map<ClassFact, Map<string, Type | null>>();
  private depth = 0;

  constructor(program: Program) {
    this.program = program;
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
      case 'cast': return this.resolve(file, expr.type) ?? this.of(file, scope, expr.of);
      case 'await': return this.of(file, scope, expr.of);
      case 'either': return this.first(expr.of.map((one) => () => this.of(file, scope, one)));
      case 'assign': return this.of(file, scope, expr.value);
      default: return inferLiteral(file, scope, expr);
    }
  }

  private first(options: readonly (() => Type | undefined)[]): Type | undefined {
    for (const option of options) {
      const found = option();
      if (found !== undefined) return found;
    }
    return undefined;
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
    const base = this.ownFunction(file, binding) ?? direct ?? (binding.value === undefined ? this.given(file, binding) ?? this.assignedLater(file, binding) : this.of(file, binding.scope, binding.value));
    return binding.path.reduce<Type | undefined>((type, key) => (type === undefined ? undefined : key === '[]' ? itemOf(type) : this.member(type, key)), base);
  }

  /** `const omit: Omit = (row) => …`: the function itself says more than the type it must fit. */
  private ownFunction(file: FileFacts, { from, value, path }: Binding): Type | undefined {
    return from === 'let' && value?.kind === 'function' && path.length === 0 ? { kind: 'function', file, index: value.index } : undefined;
  }

  /** `let mails; if (enabled) mails = new Queue('mails')`. */
  private assignedLater(file: FileFacts, { from, scope, name }: Binding): Type | undefined {
    if (from !== 'let') return undefined;
    return this.first(assignmentsTo(file, scope, name).map(({ scope: at, value }) => () => this.of(file, at, value)));
  }

  /** A closure's parameter without a type has the one its caller gives it. */
  private given(file: FileFacts, { from, scope, position }: Binding): Type | undefined {
    return from === 'parameter' && position !== undefined ? givenByCaller(file, scope, position, (of, at, expr) => this.of(of, at, expr)) : undefined;
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

  private ofCall(file: FileFacts, scope: number, expr: Extract<Expr, { kind: 'call' }>): Type | undefined {
    if (expr.callee.kind === 'name' && expr.callee.name === 'require') return this.required(file, expr);
    const item = this.ofItem(file, scope, expr.callee);
    if (item !== undefined) return item;
    const callee = this.of(file, scope, expr.callee);
    if (expr.form === 'new') return instanceOf(callee);
    return (callee === undefined ? undefined : this.returned(callee)) ?? this.typeArgument(file, expr);
  }

  /** `orders.find(…)`: one of the list. */
  private ofItem(file: FileFacts, scope: number, callee: Expr): Type | undefined {
    if (callee.kind !== 'member' || !SAME_ITEM.has(callee.name)) return undefined;
    const of = this.of(file, scope, callee.of);
    return of?.kind === 'list' ? of.of : undefined;
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
    if (callee.kind === 'declared') return callee.returns;
    if (callee.kind === 'all') return this.first(callee.of.map((one) => () => this.returned(one)));
    if (callee.kind !== 'function') return undefined;
    const fact = callee.file.functions[callee.index];
    if (fact === undefined) return undefined;
    if (fact.returns !== undefined) return this.resolve(callee.file, fact.returns);
    for (const step of fact.steps) {
      const found = step.kind === 'return' ? this.of(callee.file, callee.index, step.value) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
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
      case 'shape': return this.shapeMember(of, name);
      case 'literal': return this.literalMember(of, name);
      case 'object': return this.objectMember(of, name);
      case 'module': return this.exported(of.file, name) ?? this.assigned(of.file, name);
      case 'all': return this.first(of.of.map((one) => () => this.member(one, name)));
      case 'function': return this.assignedTo(of, name);
      case 'external': return { kind: 'external', module: of.module, name: `${of.name}.${name}` };
      default: return undefined;
    }
  }

  private literalMember(of: Extract<Type, { kind: 'literal' }>, name: string): Type | undefined {
    const type = of.members.get(name);
    return type === undefined ? undefined : this.resolve(of.file, type);
  }

  private objectMember({ file, scope, value }: Extract<Type, { kind: 'object' }>, name: string): Type | undefined {
    const property = value.properties.find((one) => one.name === name);
    if (property !== undefined) return this.of(file, scope, property.value);
    return this.first(value.spreads.map((spread) => () => {
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

  private shapeMember(shape: Extract<Type, { kind: 'shape' }>, name: string): Type | undefined {
    const fact = shape.file.shapes.get(shape.name);
    if (fact === undefined) return undefined;
    const type = fact.members.get(name);
    if (type?.name === '=>') {
      const returns = type.args?.[0] === undefined ? undefined : this.resolve(shape.file, type.args[0]);
      return { kind: 'declared', shape, member: name, ...(returns === undefined ? {} : { returns }) };
    }
    if (type !== undefined) return this.resolve(shape.file, type);
    const bases = fact.alias === undefined ? fact.bases : [fact.alias];
    return this.first(bases.map((base) => () => {
      const of = this.resolve(shape.file, base);
      const found = of === undefined || (of.kind === 'shape' && of.name === shape.name && of.file === shape.file) ? undefined : this.member(of, name);
      // A method the interface inherits is implemented by whoever implements the interface.
      return found?.kind === 'declared' ? { ...found, shape } : found;
    }));
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
    return known.get(name) ?? (base === undefined ? undefined : this.member(base, name));
  }

  private methodOrGetter(file: FileFacts, index: number): Type | undefined {
    const type: Type = { kind: 'function', file, index };
    return file.functions[index]?.member?.kind === 'get' ? this.returned(type) : type;
  }

  /** A field by its annotation, its initialiser, the constructor's parameter that declares it, or what the constructor assigns. */
  private fieldType({ file }: Extract<Type, { kind: 'class' }>, fact: ClassFact, name: string): Type | undefined {
    const field = fact.fields.find((one) => one.name === name);
    const typed = field?.type === undefined ? undefined : this.resolve(file, field.type);
    if (typed !== undefined) return typed;
    if (field?.initial !== undefined) return this.of(file, fact.scope, field.initial);
    const constructorIndex = fact.methods.find((index) => file.functions[index]?.member?.kind === 'constructor');
    if (constructorIndex === undefined) return undefined;
    const parameter = file.functions[constructorIndex]?.parameters.find((one) => one.field && one.pattern.kind === 'name' && one.pattern.name === name);
    if (parameter?.type !== undefined) return this.resolve(file, parameter.type);
    return this.assignedInConstructor(file, constructorIndex, name);
  }

  private assignedInConstructor(file: FileFacts, index: number, name: string): Type | undefined {
    for (const step of file.functions[index]?.steps ?? []) {
      if (step.kind === 'do' && step.value.kind === 'assign' && step.value.target.kind === 'member' && step.value.target.of.kind === 'this' && step.value.target.name === name) {
        return this.of(file, index, step.value.value);
      }
    }
    return undefined;
  }

  /** What a written type leads to. */
  resolve(file: FileFacts, type: TypeFact): Type | undefined {
    if (this.depth > MAX_DEPTH) return undefined;
    this.depth += 1;
    const found = this.resolveFact(file, type);
    this.depth -= 1;
    return found;
  }

  private resolveFact(file: FileFacts, type: TypeFact): Type | undefined {
    if (type.members !== undefined) return { kind: 'literal', file, members: type.members };
    const args = type.args ?? [];
    if (type.name === '|') return this.first(args.map((arg) => () => this.resolve(file, arg)));
    if (type.name === '&') return { kind: 'all', of: args.flatMap((arg) => this.resolve(file, arg) ?? []) };
    if (type.name === 'T[K]') return this.indexed(file, args);
    if (type.name.startsWith('typeof ')) return this.ofPath(file, type.name.slice(7));
    return args[0] === undefined ? this.named(file, type) : this.generic(file, type, args[0]);
  }

  private generic(file: FileFacts, type: TypeFact, inner: TypeFact): Type | undefined {
    if (UNWRAPPED.has(type.name)) return this.resolve(file, inner);
    if (LISTS.has(type.name)) return listOf(this.resolve(file, inner));
    if (type.name === 'ReturnType' || type.name === 'InstanceType') return this.instanceOrReturn(file, inner);
    return this.named(file, type);
  }

  private indexed(file: FileFacts, [of, by]: readonly TypeFact[]): Type | undefined {
    const base = of === undefined ? undefined : this.resolve(file, of);
    return base === undefined || by?.literal === undefined ? undefined : this.member(base, by.literal);
  }

  private instanceOrReturn(file: FileFacts, inner: TypeFact): Type | undefined {
    const of = this.resolve(file, inner);
    return of?.kind === 'class' ? { ...of, self: false } : of === undefined ? undefined : this.returned(of);
  }

  private ofPath(file: FileFacts, path: string): Type | undefined {
    const [first = '', ...rest] = path.split('.');
    return rest.reduce<Type | undefined>((type, name) => (type === undefined ? undefined : this.member(type, name)), this.ofName(file, 0, first));
  }

  private named(file: FileFacts, type: TypeFact): Type | undefined {
    const [first = '', ...rest] = type.name.split('.');
    const local = rest.length === 0 ? localType(file, first) : undefined;
    const imported = local === undefined ? this.program.index(file).imports.get(first) : undefined;
    if (imported === undefined) return local;
    const target = this.program.target(file.path, imported.specifier);
    if (target.kind === 'external') return { kind: 'external', module: target.name, name: [imported.imported, ...rest].join('.') };
    const next = this.program.fileOf(file.path, imported.specifier);
    return next === undefined ? undefined : this.exportedType(next, imported.imported === '*' ? rest[0] ?? '*' : imported.imported);
  }

  private exportedType(file: FileFacts, name: string): Type | undefined {
    const declared = this.program.exported(file, name);
    if (declared?.local === undefined) return undefined;
    return localType(declared.file, declared.local) ?? instanceOf(this.ofName(declared.file, 0, declared.local));
  }
}
