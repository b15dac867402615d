import type { ForeignKey } from '../../model/graph.ts';
import type { Expr, FieldFact, TypeFact } from '../parse/facts.ts';
import type { Types } from '../link/types.ts';
import type { Model, Models } from '../tables/models.ts';
import { snakeCase } from '../tables/table-name.ts';
import type { SchemaDraft } from './drafts.ts';

const OWNS_COLUMN = new Set(['ManyToOne', 'OneToOne', 'BelongsTo', 'ForeignKey']);
const COLUMN = /Column$|^PrimaryKey$|^Property$|^Prop$/;

const decoratorCall = (field: FieldFact, matches: (name: string) => boolean): Extract<Expr, { kind: 'call' }> | undefined => field.decorators.find(
  (one): one is Extract<Expr, { kind: 'call' }> => one.kind === 'call' && one.callee.kind === 'name' && matches(one.callee.name),
);

/** An option of a decorator, as far as it is written out: `@Column({ name: 'x' })`. */
const optionText = (call: Extract<Expr, { kind: 'call' }> | undefined, key: string): string | undefined => {
  for (const arg of call?.args ?? []) {
    const value = arg.kind === 'object' ? arg.properties.find(({ name }) => name === key)?.value : undefined;
    if (value?.kind === 'text') return value.value;
  }
  return undefined;
};

/** Tables, columns and foreign keys that entities declare; migrations, where there are any, have said so before. */
export const applyEntities = (models: Models, types: Types, schema: SchemaDraft): void => {
  for (const model of models.all) {
    if (model.via === 'prisma') continue;
    schema.create(model.table, { file: model.file.path, line: model.line });
    const fact = model.classIndex === undefined ? undefined : model.file.classes[model.classIndex];
    for (const field of fact?.fields ?? []) applyField(model, field, models, types, schema);
  }
};

const applyField = (model: Model, field: FieldFact, models: Models, types: Types, schema: SchemaDraft): void => {
  const column = decoratorCall(field, (name) => COLUMN.test(name) && name !== 'JoinColumn');
  if (column !== undefined && !field.isStatic) schema.column(model.table, optionText(column, 'name') ?? field.name);
  const many = decoratorCall(field, (name) => name === 'ManyToMany' || name === 'BelongsToMany');
  if (many !== undefined) applyJoinTable(model, field, many, models, types, schema);
  const relation = decoratorCall(field, (name) => OWNS_COLUMN.has(name));
  const other = relation === undefined ? undefined : targetOf(model, field.type, relation, models, types);
  if (relation !== undefined && other !== undefined) applyRelation(model, field, relation, other, schema);
};

const applyRelation = (model: Model, field: FieldFact, relation: Extract<Expr, { kind: 'call' }>, other: Model, schema: SchemaDraft): void => {
  const join = decoratorCall(field, (name) => name === 'JoinColumn');
  const kind = relation.callee.kind === 'name' ? relation.callee.name : '';
  // Of a one-to-one only the side with the join column has the key.
  if (kind === 'OneToOne' && join === undefined) return;
  schema.foreignKey(keyOf(model, field, relation, { join, kind, other }, schema));
};

interface Relation { readonly join: Extract<Expr, { kind: 'call' }> | undefined; readonly kind: string; readonly other: Model }

const keyOf = (model: Model, field: FieldFact, relation: Extract<Expr, { kind: 'call' }>, { join, kind, other }: Relation, schema: SchemaDraft): ForeignKey => {
  const from = optionText(join, 'name') ?? optionText(relation, 'foreignKey') ?? columnNamed(relation, kind) ?? (kind === 'ForeignKey' ? field.name : `${field.name}Id`);
  const onDelete = optionText(relation, 'onDelete');
  schema.column(model.table, from);
  return {
    from: { table: model.table, columns: [from] }, to: { table: other.table, columns: [optionText(join, 'referencedColumnName') ?? 'id'] },
    evidence: { file: model.file.path, line: field.line }, ...(onDelete === undefined ? {} : { onDelete: onDelete.toUpperCase() }),
  };
};

/** `@BelongsTo(() => User, 'createdById')`. */
const columnNamed = (relation: Extract<Expr, { kind: 'call' }>, kind: string): string | undefined => {
  const named = relation.args[1];
  return kind === 'BelongsTo' && named?.kind === 'text' ? named.value : undefined;
};

/** `@ManyToMany(() => Actor) @JoinTable({ name: 'film_actors' })`: a table of its own with a key to either side. */
const applyJoinTable = (model: Model, field: FieldFact, relation: Extract<Expr, { kind: 'call' }>, models: Models, types: Types, schema: SchemaDraft): void => {
  const join = decoratorCall(field, (name) => name === 'JoinTable');
  const other = targetOf(model, field.type, relation, models, types);
  if (join === undefined || other === undefined) return;
  const evidence = { file: model.file.path, line: field.line };
  const table = optionText(join, 'name') ?? `${model.table}_${snakeCase(field.name)}_${other.table}`;
  schema.create(table, evidence);
  for (const [side, key] of [[model, 'joinColumn'], [other, 'inverseJoinColumn']] as const) {
    const column = nestedText(join, key, 'name') ?? `${camel(side.table)}Id`;
    schema.column(table, column);
    schema.suggestKey({ from: { table, columns: [column] }, to: { table: side.table, columns: [nestedText(join, key, 'referencedColumnName') ?? 'id'] }, evidence, onDelete: 'CASCADE' });
  }
};

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

const nestedText = (call: Extract<Expr, { kind: 'call' }>, key: string, name: string): string | undefined => {
  const [options] = call.args;
  const inner = options?.kind === 'object' ? options.properties.find((one) => one.name === key)?.value : undefined;
  const value = inner?.kind === 'object' ? inner.properties.find((one) => one.name === name)?.value : undefined;
  return value?.kind === 'text' ? value.value : undefined;
};

/** The other entity: by the decorator's function (`() => User`), or by the field's type. */
const targetOf = (model: Model, type: TypeFact | undefined, relation: Extract<Expr, { kind: 'call' }>, models: Models, types: Types): Model | undefined => {
  const [first] = relation.args;
  if (first?.kind === 'text') return models.named(first.value);
  const resolved = returnedType(model, first, types) ?? (type === undefined ? undefined : types.resolve(model.file, type));
  return resolved?.kind === 'class' ? models.ofClass(resolved, types) : undefined;
};

const returnedType = (model: Model, expr: Expr | undefined, types: Types): ReturnType<Types['of']> => {
  const step = expr?.kind === 'function' ? model.file.functions[expr.index]?.steps[0] : undefined;
  return step?.kind === 'return' ? types.of(model.file, 0, step.value) : undefined;
};
