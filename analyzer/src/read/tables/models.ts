import type { TableAccess } from '../../model/graph.ts';
import { lineage } from '../interpret/members.ts';
import { UNKNOWN, each, texts, type Run, type Value } from '../interpret/values.ts';
import { findBinding } from '../link/scopes.ts';
import type { Type } from '../link/type.ts';
import type { Types } from '../link/types.ts';
import { eachFunction } from '../link/visit.ts';
import type { CallExpr, ClassFact, Expr, FileFacts } from '../parse/facts.ts';
import { chainOf, type Chain } from './chain.ts';
import { plural, snakeCase } from './table-name.ts';

/** A class or a name of an object mapper, and the table it stands for. */
export interface Model {
  readonly name: string;
  readonly table: string;
  readonly via: TableAccess['via'];
  readonly file: FileFacts;
  readonly line: number;
  readonly classIndex?: number;
  /** The call that makes it: `mongoose.model('User', schema)`. */
  readonly made?: CallExpr;
}

type Evaluate = (file: FileFacts, scope: number, expr: Expr) => Value;

/** What object mappers declare, found once: classes by identity, everything by name. */
export class Models {
  readonly all: Model[] = [];
  /** Tables that something other than a model declares. */
  readonly tables = new Set<string>();
  /** The mappers in use. */
  readonly vias = new Set<Model['via']>();
  private readonly byClass = new Map<ClassFact, Model>();
  private readonly byName = new Map<string, Model>();
  private aliases: ReadonlyMap<string, Model | null> | undefined;
  private readonly byCall = new Map<CallExpr, Model>();
  private readonly associations = new Map<string, Map<string, Model>>();

  add(model: Model): void {
    this.all.push(model);
    this.vias.add(model.via);
    const fact = model.classIndex === undefined ? undefined : model.file.classes[model.classIndex];
    if (fact !== undefined) this.byClass.set(fact, model);
    if (model.made !== undefined) this.byCall.set(model.made, model);
    const key = `${model.via === 'prisma' ? 'prisma:' : ''}${model.name.toLowerCase()}`;
    if (!this.byName.has(key)) this.byName.set(key, model);
  }

  hasTable(table: string): boolean {
    return this.all.some((model) => model.table === table) || this.tables.has(table);
  }

  named(name: string): Model | undefined {
    return this.byName.get(name.toLowerCase());
  }

  /** By what a registry of models may call it: `models.users` for `class User` in users.js of table users. Undefined when several could be meant. */
  alias(name: string): Model | undefined {
    this.aliases ??= aliasesOf(this.all);
    return this.aliases.get(plain(name)) ?? undefined;
  }

  prisma(member: string): Model | undefined {
    return this.byName.get(`prisma:${member.toLowerCase()}`);
  }

  /** The model of a class, or of the nearest base that is one. */
  ofClass(type: Extract<Type, { kind: 'class' }>, types: Types): Model | undefined {
    let at: Extract<Type, { kind: 'class' }> | undefined = type;
    for (let steps = 0; at !== undefined && steps < 8; steps += 1) {
      const fact = at.file.classes[at.index];
      const found = fact === undefined ? undefined : this.byClass.get(fact);
      if (found !== undefined) return found;
      at = types.baseOf(at.file, at.index);
    }
    return undefined;
  }

  /** The models a value may be: a class, an instance of one, or what a package made of a definition. */
  ofValue(value: Value, run: Run): Model[] {
    return each(value).flatMap((one): Model[] => {
      if (one.kind === 'external') return one.made === undefined ? [] : [this.byCall.get(one.made) ?? []].flat();
      const of = one.kind === 'class' ? one : one.kind === 'object' ? one.of : undefined;
      const found = of === undefined ? undefined : lineage(of, run).map(({ file, index }) => file.classes[index]).find((fact) => fact !== undefined && this.byClass.has(fact));
      return found === undefined ? [] : [this.byClass.get(found) ?? []].flat();
    });
  }

  /** Notes that rows of one model lead to another's under a name: `Film.belongsTo(Hall, { as: 'venue' })`. */
  associate(owner: Model, alias: string, other: Model): void {
    const known = this.associations.get(owner.table) ?? new Map<string, Model>();
    this.associations.set(owner.table, known.set(alias.toLowerCase(), other));
  }

  associated(owner: Model, alias: string): Model | undefined {
    const own = this.associations.get(owner.table);
    return own?.get(alias.toLowerCase()) ?? own?.get(plural(alias).toLowerCase());
  }

  isAssociation(alias: string): boolean {
    return [alias, plural(alias)].some((name) => [...this.associations.values()].some((own) => own.has(name.toLowerCase())));
  }

  ofCall(call: CallExpr): Model | undefined {
    return this.byCall.get(call);
  }

  /** The chain a local variable was made by. */
  chainBoundTo(place: { readonly file: FileFacts; readonly scope: number }, name: string): Chain | undefined {
    const binding = findBinding(place.file, place.scope, name);
    const value: Expr | undefined = binding?.path.length === 0 ? binding.value : undefined;
    return value === undefined || (value.kind !== 'call' && value.kind !== 'await') ? undefined : chainOf(value);
  }
}

const plain = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();

const aliasesOf = (models: readonly Model[]): ReadonlyMap<string, Model | null> => {
  const found = new Map<string, Model | null>();
  for (const model of models) {
    const file = (model.file.path.split('/').at(-1) ?? '').replace(/(?:[.-](?:model|entity|schema))?\.\w+$/, '');
    for (const key of new Set([model.name, plural(model.name), model.table, file].map(plain))) found.set(key, found.has(key) && found.get(key)?.table !== model.table ? null : model);
  }
  return found;
};

/** Collects all models of a project: decorated classes, `define`, `model`, `init`, `tableName`. */
export const findModels = (files: readonly FileFacts[], evaluate: Evaluate): Models => {
  const models = new Models();
  for (const file of files) {
    for (const [index, fact] of file.classes.entries()) {
      const model = ofClass(file, fact, index, evaluate);
      if (model !== undefined) models.add(model);
    }
    eachFunction(file, (scope, expr) => {
      const model = expr.kind === 'call' ? ofCall(file, scope, expr, evaluate) : undefined;
      if (model !== undefined) models.add(model);
    });
  }
  return models;
};

const DECORATED: Readonly<Record<string, { readonly via: Model['via']; readonly table: (name: string) => string }>> = {
  Entity: { via: 'typeorm', table: snakeCase }, ViewEntity: { via: 'typeorm', table: snakeCase }, ChildEntity: { via: 'typeorm', table: snakeCase },
  Table: { via: 'sequelize', table: plural }, Schema: { via: 'mongoose', table: (name) => plural(name.toLowerCase()) },
};

const ofClass = (file: FileFacts, fact: ClassFact, index: number, evaluate: Evaluate): Model | undefined => {
  const base = { name: fact.name, file, line: fact.line, classIndex: index };
  for (const decorator of fact.decorators) {
    const rule = decorator.kind === 'call' ? decoratedRule(decorator) : undefined;
    if (rule !== undefined && decorator.kind === 'call') return { ...base, via: rule.via, table: entityTable(file, fact, decorator, evaluate) ?? rule.table(fact.name) };
  }
  const named = fact.base === undefined ? undefined : staticText(file, fact, 'tableName', evaluate) ?? staticText(file, fact, 'table', evaluate);
  return named === undefined ? undefined : { ...base, via: 'objection', table: named };
};

/** `@Entity('films')`; a decorator of one's own around it is called like it: `@TenantEntity('films')`. */
const decoratedRule = ({ callee, args }: CallExpr): (typeof DECORATED)[string] | undefined => {
  if (callee.kind !== 'name') return undefined;
  return Object.hasOwn(DECORATED, callee.name) ? DECORATED[callee.name] : callee.name.endsWith('Entity') && args[0]?.kind === 'text' ? DECORATED['Entity'] : undefined;
};

const isChild = ({ callee }: CallExpr): boolean => callee.kind === 'name' && callee.name === 'ChildEntity';

const entityTable = (file: FileFacts, fact: ClassFact, decorator: CallExpr, evaluate: Evaluate): string | undefined =>
  decoratedTable(file, fact, decorator, evaluate) ?? (isChild(decorator) ? parentTable(file, fact, evaluate) : undefined);

const isEntity = (expr: Expr): expr is CallExpr => expr.kind === 'call' && decoratedRule(expr) !== undefined && !isChild(expr);

/** `@ChildEntity()` lives in the table of the entity it extends. */
const parentTable = (file: FileFacts, fact: ClassFact, evaluate: Evaluate, depth = 0): string | undefined => {
  const parent = fact.base === undefined || depth > 6 ? undefined : each(evaluate(file, fact.scope, fact.base)).find((one) => one.kind === 'class');
  const parentFact = parent?.file.classes[parent.index];
  if (parent === undefined || parentFact === undefined) return undefined;
  const own = parentFact.decorators.find(isEntity);
  if (own === undefined) return parentTable(parent.file, parentFact, evaluate, depth + 1);
  return decoratedTable(parent.file, parentFact, own, evaluate) ?? decoratedRule(own)?.table(parentFact.name);
};

const decoratedTable = (file: FileFacts, fact: ClassFact, decorator: CallExpr, evaluate: Evaluate): string | undefined => {
  const values = decorator.args.map((arg) => evaluate(file, fact.scope, arg));
  const [direct] = values.flatMap((value) => texts(value).slice(0, 1));
  const options = values.find((value) => value.kind === 'object');
  const get = (key: string): string | undefined => (options?.kind === 'object' ? texts(options.properties.get(key) ?? UNKNOWN)[0] : undefined);
  const table = direct ?? get('name') ?? get('tableName') ?? get('collection');
  const schema = get('schema');
  return table === undefined || schema === undefined || schema === 'public' ? table : `${schema}.${table}`;
};

const staticText = (file: FileFacts, fact: ClassFact, name: string, evaluate: Evaluate): string | undefined => {
  const field = fact.fields.find((one) => one.isStatic && one.name === name);
  if (field?.initial !== undefined) return texts(evaluate(file, fact.scope, field.initial))[0];
  const getter = fact.methods.map((index) => file.functions[index]).find((one) => one?.member?.isStatic === true && one.member.kind === 'get' && one.member.name === name);
  const returned = getter?.steps.find((step) => step.kind === 'return');
  return returned?.kind === 'return' ? texts(evaluate(file, fact.scope, returned.value))[0] : undefined;
};

const ofCall = (file: FileFacts, scope: number, call: CallExpr, evaluate: Evaluate): Model | undefined => {
  const name = call.callee.kind === 'member' ? call.callee.name : call.callee.kind === 'name' ? call.callee.name : '';
  const rule = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  const model = rule?.(file, scope, call, evaluate);
  return model === undefined ? undefined : { ...model, made: call };
};

type ModelCall = (file: FileFacts, scope: number, call: CallExpr, evaluate: Evaluate) => Model | undefined;

const option = (file: FileFacts, scope: number, expr: Expr | undefined, key: string, evaluate: Evaluate): Value => {
  const property = expr?.kind === 'object' ? expr.properties.find((one) => one.name === key) : undefined;
  return property === undefined ? UNKNOWN : evaluate(file, scope, property.value);
};

/** Sequelize's table for a model: named, frozen, underscored, or the plural. */
const sequelizeTable = (file: FileFacts, scope: number, name: string, options: Expr | undefined, evaluate: Evaluate): string => {
  const named = texts(option(file, scope, options, 'tableName', evaluate))[0];
  if (named !== undefined) return named;
  const isTrue = (key: string): boolean => {
    const value = option(file, scope, options, key, evaluate);
    return value.kind === 'constant' && value.value === true;
  };
  if (isTrue('freezeTableName')) return name;
  return isTrue('underscored') ? snakeCase(plural(name)) : plural(name);
};

const CALLS: Readonly<Record<string, ModelCall>> = {
  define: (file, scope, call, evaluate) => {
    const name = call.args[0] === undefined ? undefined : texts(evaluate(file, scope, call.args[0]))[0];
    if (name === undefined || call.args.length < 2 || call.callee.kind !== 'member') return undefined;
    return { name, file, line: call.line, via: 'sequelize', table: sequelizeTable(file, scope, name, call.args[2], evaluate) };
  },
  init: (file, scope, call, evaluate) => {
    const options = call.args[1];
    const className = call.callee.kind === 'member' ? initialised(file, scope, call.callee.of) : undefined;
    if (options?.kind !== 'object' || !options.properties.some((one) => one.name === 'sequelize')) return undefined;
    const name = texts(option(file, scope, options, 'modelName', evaluate))[0] ?? className;
    const classIndex = file.classes.findIndex((fact) => fact.name === className);
    return name === undefined ? undefined : { name, file, line: call.line, via: 'sequelize', table: sequelizeTable(file, scope, name, options, evaluate), ...(classIndex < 0 ? {} : { classIndex }) };
  },
  model: (file, scope, call, evaluate) => {
    const [first, second, third] = call.args;
    const name = first === undefined ? undefined : texts(evaluate(file, scope, first))[0];
    if (name === undefined || second === undefined) return undefined;
    const bookshelf = texts(option(file, scope, second, 'tableName', evaluate))[0];
    if (bookshelf !== undefined) return { name, file, line: call.line, via: 'bookshelf', table: bookshelf };
    const collection = third === undefined ? collectionOf(evaluate(file, scope, second)) : texts(evaluate(file, scope, third))[0];
    return { name, file, line: call.line, via: 'mongoose', table: collection ?? plural(name.toLowerCase()) };
  },
  extend: (file, scope, call, evaluate) => {
    const table = texts(option(file, scope, call.args[0], 'tableName', evaluate))[0];
    const name = table === undefined ? undefined : boundName(file, scope, call);
    return table === undefined || name === undefined ? undefined : { name, file, line: call.line, via: 'bookshelf', table };
  },
};

/** `new Schema({…}, { collection: 'people' })`. */
const collectionOf = (schema: Value): string | undefined => {
  const options = each(schema).flatMap((one) => (one.kind === 'external' ? one.made?.args[1] ?? [] : []))[0];
  const named = options?.kind === 'object' ? options.properties.find(({ name }) => name === 'collection')?.value : undefined;
  return named?.kind === 'text' ? named.value : undefined;
};

/** The class of `User.init(…)`, or of `super.init(…)` inside it. */
const initialised = (file: FileFacts, scope: number, of: Expr): string | undefined => (of.kind === 'name' ? of.name : file.classes[file.functions[scope]?.owner ?? -1]?.name);

/** The variable a call's result is put into. */
const boundName = (file: FileFacts, scope: number, call: CallExpr): string | undefined => {
  for (const step of file.functions[scope]?.steps ?? []) {
    if (step.kind === 'let' && step.value === call && step.pattern.kind === 'name') return step.pattern.name;
  }
  return undefined;
};
