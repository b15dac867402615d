import { thisClass, findBinding } from '../link/scopes.ts';
import type { Type } from '../link/type.ts';
import type { CallExpr, ClassFact, Expr, FieldFact, FileFacts, ParameterFact, TypeFact } from '../parse/facts.ts';
import type { Place } from './found.ts';
import type { Model } from './models.ts';

const OF_ENTITY = new Set(['Repository', 'TreeRepository', 'MongoRepository', 'EntityRepository', 'SelectQueryBuilder', 'Model', 'ModelStatic', 'ModelCtor', 'ReturnModelType', 'SqlEntityRepository', 'PaginateModel', 'SoftDeleteModel', 'AggregatePaginateModel']);
const GIVES_REPOSITORY = new Set(['getRepository', 'getTreeRepository', 'getMongoRepository', 'getCustomRepository', 'withRepository']);
const INJECTS = new Set(['InjectRepository', 'InjectModel']);

type At = Pick<Place, 'file' | 'scope' | 'types' | 'models' | 'program' | 'heir'>;

/** The entity whose repository (or model, or query builder) an expression is: by injection, annotation, or how it was made. */
export const entityOf = (expr: Expr, at: At, depth = 0): Model | undefined => {
  return depth > 8 ? undefined : entityIn(expr, at, depth);
};

const entityIn = (expr: Expr, at: At, depth: number): Model | undefined => {
  switch (expr.kind) {
    case 'call': return ofCall(expr, at, depth);
    case 'member': return ofMember(expr, at, depth);
    case 'name': return ofName(expr.name, at, depth);
    case 'this': return ofRepositoryClass(at, thisClass(at.file, at.scope));
    case 'await': case 'cast': return ofCast(expr, at) ?? entityOf(expr.of, at, depth + 1);
    case 'either': return expr.of.map((one) => entityOf(one, at, depth + 1)).find((one) => one !== undefined);
    default: return undefined;
  }
};

/** `(this.constructor as typeof Film)`. */
const ofCast = (expr: Extract<Expr, { kind: 'cast' | 'await' }>, at: At): Model | undefined => (expr.kind === 'cast' && expr.type.name.startsWith('typeof ') ? ofArgument(at, expr.type) : undefined);

/** The entity a class expression names: `User`, `User.name`, `'User'`. */
export const entityNamed = (expr: Expr | undefined, at: At): Model | undefined => {
  if (expr === undefined) return undefined;
  if (expr.kind === 'text') return at.models.named(expr.value);
  if (expr.kind === 'member' && expr.name === 'name') return entityNamed(expr.of, at);
  const type = at.types.of(at.file, at.scope, expr);
  return type?.kind === 'class' ? at.models.ofClass(type, at.types) : expr.kind === 'name' ? at.models.named(expr.name) : undefined;
};

const calledName = ({ callee }: CallExpr): string => (callee.kind === 'member' || callee.kind === 'name' ? callee.name : '');

const ofCall = (expr: CallExpr, at: At, depth: number): Model | undefined => {
  const [first] = expr.args;
  const made = at.models.ofCall(expr);
  if (made !== undefined) return made;
  if (GIVES_REPOSITORY.has(calledName(expr))) return expr.args.map((arg) => entityNamed(arg, at)).find((one) => one !== undefined) ?? (first === undefined ? undefined : entityOf(first, at, depth + 1));
  const type = at.types.of(at.file, at.scope, expr.callee);
  return type?.kind === 'function' ? ofReturned(type, expr, at) : ofInstance(at.types.of(at.file, at.scope, expr), at) ?? ofGiver(expr, at, depth);
};

const ofReturned = (type: Extract<Type, { kind: 'function' }>, expr: CallExpr, at: At): Model | undefined => {
  const returns = type.file.functions[type.index]?.returns;
  return returns === undefined ? ofInstance(at.types.of(at.file, at.scope, expr), at) : ofType({ ...at, file: type.file, scope: 0 }, returns);
};

/** `this.invoiceModel()`: a field that holds a function which gives the model. */
const ofGiver = (expr: CallExpr, at: At, depth: number): Model | undefined => (expr.args.length === 0 ? entityOf(expr.callee, at, depth + 1) : undefined);

const ofMember = (expr: Extract<Expr, { kind: 'member' }>, at: At, depth: number): Model | undefined => {
  const owner = at.types.of(at.file, at.scope, expr.of);
  if (owner?.kind === 'class') {
    const found = fieldOf(owner, expr.name, at);
    if (found !== undefined) return ofDeclared(found.declared, { ...at, file: found.file, scope: found.scope }, depth) ?? ofParameter(found.declared, owner, expr, at);
  }
  const type = at.types.of(at.file, at.scope, expr);
  // `get model(): typeof Film`.
  return type?.kind === 'class' && type.self ? at.models.ofClass(type, at.types) : ofInstance(type, at);
};

const isOfEntity = ({ name }: TypeFact): boolean => OF_ENTITY.has(name.split('.').at(-1) ?? '') || name.endsWith('Repository');

/** `protected films: Repository<T>` of a base: what the class that stands for it puts in for T. */
const ofParameter = ({ type }: FoundField['declared'], owner: Extract<Type, { kind: 'class' }>, expr: Extract<Expr, { kind: 'member' }>, at: At): Model | undefined => {
  if (type?.args?.[0] === undefined || !isOfEntity(type)) return undefined;
  const { file, index } = (expr.of.kind === 'this' ? at.heir : undefined) ?? owner;
  return ofRepositoryClass({ ...at, file }, index);
};

interface FoundField { readonly declared: Pick<FieldFact | ParameterFact, 'type' | 'initial' | 'decorators'>; readonly file: FileFacts; readonly scope: number }

/** A field or a constructor parameter of a class or its bases. */
const fieldOf = (owner: Extract<Type, { kind: 'class' }>, name: string, at: At): FoundField | undefined => {
  let of: Extract<Type, { kind: 'class' }> | undefined = owner;
  for (let steps = 0; of !== undefined && steps < 6; steps += 1) {
    const fact: ClassFact | undefined = of.file.classes[of.index];
    const found = fact === undefined ? undefined : ownField(of.file, fact, name);
    if (found !== undefined) return found;
    of = at.types.baseOf(of.file, of.index);
  }
  return undefined;
};

const ownField = (file: FileFacts, fact: ClassFact, name: string): FoundField | undefined => {
  const constructorIndex = fact.methods.find((index) => file.functions[index]?.member?.kind === 'constructor');
  const field = fact.fields.find((one) => one.name === name);
  if (field !== undefined) {
    const initial = field.type === undefined && field.initial === undefined ? assignedIn(file, constructorIndex, name) : undefined;
    return initial === undefined ? { declared: field, file, scope: fact.scope } : { declared: { ...field, initial }, file, scope: constructorIndex ?? 0 };
  }
  const parameters = constructorIndex === undefined ? [] : file.functions[constructorIndex]?.parameters ?? [];
  const parameter = parameters.find(({ pattern }) => pattern.kind === 'name' && pattern.name === name);
  return parameter === undefined ? undefined : { declared: parameter, file, scope: fact.scope };
};

const assignedIn = (file: FileFacts, index: number | undefined, name: string): Expr | undefined => {
  for (const step of index === undefined ? [] : file.functions[index]?.steps ?? []) {
    if (step.kind === 'do' && step.value.kind === 'assign' && step.value.target.kind === 'member' && step.value.target.of.kind === 'this' && step.value.target.name === name) return step.value.value;
  }
  return undefined;
};

const ofDeclared = ({ decorators, type, initial }: FoundField['declared'], at: At, depth: number): Model | undefined => {
  for (const one of decorators) if (one.kind === 'call' && one.callee.kind === 'name' && INJECTS.has(one.callee.name)) return entityNamed(one.args[0], at);
  return (type === undefined ? undefined : ofType(at, type)) ?? (initial === undefined ? undefined : entityOf(initial, at, depth + 1));
};

const ofName = (name: string, at: At, depth: number): Model | undefined => {
  const binding = findBinding(at.file, at.scope, name);
  if (binding === undefined) return ofImport(name, at, depth);
  if (binding.path.length > 0) return undefined;
  return (binding.type === undefined ? undefined : ofType(at, binding.type)) ?? (binding.value === undefined ? undefined : entityOf(binding.value, { ...at, scope: binding.scope }, depth + 1));
};

const ofImport = (name: string, at: At, depth: number): Model | undefined => {
  const imported = at.program.index(at.file).imports.get(name);
  const next = imported === undefined ? undefined : at.program.fileOf(at.file.path, imported.specifier);
  const declared = next === undefined || imported === undefined ? undefined : at.program.exported(next, imported.imported);
  if (declared?.local !== undefined) return ofName(declared.local, { ...at, file: declared.file, scope: 0 }, depth + 1);
  return declared?.value === undefined ? undefined : entityOf(declared.value, { ...at, file: declared.file, scope: 0 }, depth + 1);
};

const ofType = (at: At, type: TypeFact): Model | undefined => {
  const [inner] = type.args ?? [];
  const name = type.name.split('.').at(-1) ?? '';
  if (TRANSPARENT.has(name)) return (type.args ?? []).map((arg) => ofType(at, arg)).find((one) => one !== undefined);
  if (inner !== undefined && OF_ENTITY.has(name)) return ofArgument(at, inner);
  // `TenantModelProxy<typeof Invoice>`: whatever it is called, it gives the class.
  return (inner?.name.startsWith('typeof ') === true ? ofArgument(at, inner) : undefined) ?? ofInstance(at.types.resolve(at.file, type), at);
};

const TRANSPARENT = new Set(['|', '&', 'Promise']);

/** The `Order` of `Repository<Order>`; of Mongoose's `Model<OrderDocument>` by its name. */
const ofArgument = (at: At, inner: TypeFact): Model | undefined => {
  const of = at.types.resolve(at.file, inner.name.startsWith('typeof ') ? { name: inner.name.slice(7) } : inner);
  return (of?.kind === 'class' ? at.models.ofClass(of, at.types) : undefined) ?? at.models.named(inner.name.replace(/^typeof |Document$|^I(?=[A-Z])/g, ''));
};

const ofInstance = (type: Type | undefined, at: At): Model | undefined =>
  (type?.kind === 'class' && !type.self ? ofRepositoryClass({ ...at, file: type.file }, type.index) : undefined);

/** `class OrderRepository extends Repository<Order>`, also through a base of one's own. */
const ofRepositoryClass = (at: Pick<At, 'file' | 'types' | 'models'>, index: number, depth = 0): Model | undefined => {
  const fact = at.file.classes[index];
  if (fact === undefined || depth > 6) return undefined;
  for (const arg of fact.baseArguments) {
    const of = at.types.resolve(at.file, arg);
    const found = of?.kind === 'class' ? at.models.ofClass(of, at.types) : undefined;
    if (found !== undefined) return found;
  }
  const base = at.types.baseOf(at.file, index);
  return base === undefined ? undefined : ofRepositoryClass({ ...at, file: base.file }, base.index, depth + 1);
};
