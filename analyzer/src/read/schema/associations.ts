import { imaginedFrame } from '../endpoints/read-routers.ts';
import type { Interpreter } from '../interpret/interpreter.ts';
import { texts, type Value } from '../interpret/values.ts';
import { eachFunction } from '../link/visit.ts';
import type { CallExpr, Expr, FileFacts, FunctionFact } from '../parse/facts.ts';
import type { Model, Models } from '../tables/models.ts';
import { plural } from '../tables/table-name.ts';
import type { SchemaDraft } from './drafts.ts';

interface At { readonly file: FileFacts; readonly scope: number; readonly run: Interpreter; readonly models: Models; readonly schema: SchemaDraft }
type Associate = (owner: Model, other: Model, call: CallExpr, at: At) => void;

/** Foreign keys that associations declare: Sequelize's `Film.belongsTo(Hall, { foreignKey })`, Objection's `relationMappings`. */
export const applyAssociations = (files: readonly FileFacts[], run: Interpreter, models: Models, schema: SchemaDraft): void => {
  for (const file of files) eachFunction(file, (scope, expr) => { if (expr.kind === 'call') associate(expr, { file, scope, run, models, schema }); });
  for (const model of models.all) if (model.via === 'objection' && model.classIndex !== undefined) mappings(model, { file: model.file, scope: 0, run, models, schema });
};

const associate = (call: CallExpr, at: At): void => {
  const name = call.callee.kind === 'member' ? call.callee.name : '';
  const rule = Object.hasOwn(ASSOCIATIONS, name) ? ASSOCIATIONS[name] : undefined;
  if (rule === undefined || call.callee.kind !== 'member') return;
  const owner = modelOf(call.callee.of, at);
  const other = call.args[0] === undefined ? undefined : modelOf(call.args[0], at);
  if (owner === undefined || other === undefined) return;
  at.models.associate(owner, aliasOf(call, name, other), other);
  rule(owner, other, call, at);
};

const aliasOf = (call: CallExpr, name: string, other: Model): string => optionText(call, 'as') ?? (name === 'hasMany' || name === 'belongsToMany' ? plural(other.name) : other.name);

/** A model by its value, else by its name: `Film`, `models.Film`, `film` taken out of `sequelize.models`. */
const modelOf = (expr: Expr, { file, scope, run, models }: At): Model | undefined => {
  const [model] = models.ofValue(run.evaluate(expr, imaginedFrame(run, file, scope)), run);
  const name = expr.kind === 'name' || expr.kind === 'member' ? expr.name : undefined;
  const found = model ?? (name === undefined ? undefined : name === 'this' ? undefined : models.named(name) ?? models.alias(name));
  return found?.via === 'sequelize' ? found : expr.kind === 'this' ? ofThis(file, scope, models) : undefined;
};

const ofThis = (file: FileFacts, scope: number, models: Models): Model | undefined => {
  const owner = file.functions[scope]?.owner ?? -1;
  return models.all.find((model) => model.file === file && model.classIndex === owner);
};

const key = (from: Model, column: string, to: Model, call: CallExpr, { file, schema }: At): void => {
  const onDelete = optionText(call, 'onDelete');
  schema.column(from.table, column);
  schema.suggestKey({
    from: { table: from.table, columns: [column] }, to: { table: to.table, columns: ['id'] }, evidence: { file: file.path, line: call.line }, ...(onDelete === undefined ? {} : { onDelete: onDelete.toUpperCase() }),
  });
};

const property = (of: Expr | undefined, name: string): Expr | undefined => (of?.kind === 'object' ? of.properties.find((one) => one.name === name)?.value : undefined);
const textOf = (expr: Expr | undefined): string | undefined => (expr?.kind === 'text' ? expr.value : expr?.kind === 'object' ? textOf(property(expr, 'name') ?? property(expr, 'fieldName')) : undefined);
const optionText = (call: CallExpr, name: string): string | undefined => textOf(property(call.args[1], name));

/** Sequelize makes `hallId` of the association's name, or of the other model's. */
const columnFor = (call: CallExpr, other: Model, option = 'foreignKey'): string => optionText(call, option) ?? `${lowerFirst(optionText(call, 'as') ?? other.name)}Id`;
const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** `constraints: false`: one of several tables, told apart by another column. */
const isConstrained = (call: CallExpr): boolean => {
  const constraints = property(call.args[1], 'constraints');
  return constraints?.kind !== 'literal' || constraints.value !== false;
};

const ASSOCIATIONS: Readonly<Record<string, Associate>> = {
  belongsTo: (owner, other, call, at) => { if (isConstrained(call)) key(owner, columnFor(call, other), other, call, at); },
  hasMany: (owner, other, call, at) => { if (isConstrained(call)) key(other, optionText(call, 'foreignKey') ?? `${lowerFirst(owner.name)}Id`, owner, call, at); },
  hasOne: (owner, other, call, at) => { if (isConstrained(call)) key(other, optionText(call, 'foreignKey') ?? `${lowerFirst(owner.name)}Id`, owner, call, at); },
  belongsToMany: (owner, other, call, at) => {
    const through = property(call.args[1], 'through');
    const named = through?.kind === 'object' ? property(through, 'model') ?? through : through;
    const model = named === undefined ? undefined : modelOf(named, at) ?? (named.kind === 'text' ? joinTable(named.value, at, call) : undefined);
    if (model === undefined) return;
    key(model, optionText(call, 'foreignKey') ?? `${lowerFirst(owner.name)}Id`, owner, call, at);
    key(model, optionText(call, 'otherKey') ?? `${lowerFirst(other.name)}Id`, other, call, at);
  },
};

const joinTable = (table: string, { file, models, schema }: At, call: CallExpr): Model => {
  const known = models.named(table);
  if (known !== undefined) return known;
  schema.create(table, { file: file.path, line: call.line });
  return { name: table, table, via: 'sequelize', file, line: call.line };
};

/** `join: { from: 'films.hall_id', to: 'halls.id' }`: the key is on the side of BelongsToOne, on the other for HasMany, in the middle for ManyToMany. */
const mappings = (model: Model, at: At): void => {
  const value = staticValue(model, 'relationMappings', at);
  if (value?.kind !== 'object') return;
  for (const relation of value.properties.values()) if (relation.kind === 'object') mapping(model, relation, at);
};

const get = (value: Value | undefined, name: string): Value | undefined => (value?.kind === 'object' ? value.properties.get(name) : undefined);
const path = (value: Value | undefined): readonly [string, string] | undefined => {
  const [written] = value === undefined ? [] : texts(value);
  const at = written?.lastIndexOf('.') ?? -1;
  return written === undefined || at < 0 ? undefined : [written.slice(0, at), written.slice(at + 1)];
};

/** A relation with a filter is one of several by the same column (`reference_type`), and no key. */
const mapping = (model: Model, relation: Value, at: At): void => {
  const join = get(relation, 'join');
  const through = get(join, 'through');
  const [from, to] = [path(get(join, 'from')), path(get(join, 'to'))];
  if (get(relation, 'filter') !== undefined) return;
  if (through !== undefined) {
    link(model, path(get(through, 'from')), from, at);
    link(model, path(get(through, 'to')), to, at);
  } else if (kindOf(relation).startsWith('BelongsTo')) link(model, from, to, at);
  else link(model, to, from, at);
};

const kindOf = (relation: Value): string => {
  const kind = get(relation, 'relation');
  return kind?.kind === 'external' ? kind.path.split('.').at(-1) ?? '' : '';
};

const link = (model: Model, from: readonly [string, string] | undefined, to: readonly [string, string] | undefined, { schema }: At): void => {
  if (from === undefined || to === undefined) return;
  schema.suggestKey({ from: { table: from[0], columns: [from[1]] }, to: { table: to[0], columns: [to[1]] }, evidence: { file: model.file.path, line: model.line } });
};

const staticValue = (model: Model, name: string, { run }: At): Value | undefined => {
  const { file } = model;
  const fact = file.classes[model.classIndex ?? -1];
  const field = fact?.fields.find((one) => one.isStatic && one.name === name)?.initial;
  if (field !== undefined) return run.evaluate(field, imaginedFrame(run, file, fact?.scope ?? 0));
  const getter = fact?.methods.find((index) => isStaticMember(file.functions[index], name));
  return getter === undefined ? undefined : returnedBy(file, getter, run);
};

const returnedBy = (file: FileFacts, index: number, run: Interpreter): Value | undefined => {
  const returned = file.functions[index]?.steps.find((step) => step.kind === 'return');
  return returned?.kind === 'return' ? run.evaluate(returned.value, imaginedFrame(run, file, index)) : undefined;
};

const isStaticMember = (fact: FunctionFact | undefined, name: string): boolean => fact?.member?.isStatic === true && fact.member.name === name;
