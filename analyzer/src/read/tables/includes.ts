import { findBinding } from '../link/scopes.ts';
import type { Expr, FieldFact } from '../parse/facts.ts';
import type { Chain, Link } from './chain.ts';
import { entityNamed } from './entities.ts';
import { touch, type Place, type Touch } from './found.ts';
import { modelNamed } from './model-names.ts';
import { fetchedAlong } from './model-relations.ts';
import type { Model } from './models.ts';
import { shapesOf, type At, type Shape } from './shapes.ts';

/** Entities joined by relation: `leftJoinAndSelect('o.items', 'i')`, `relations: ['items']`, `include: [{ model: Item }]`. */
export const relations = (chain: Chain, model: Model, place: Place): Touch[] => chain.links.flatMap((link): Touch[] => {
  if (link.call === undefined) return [];
  if (/[jJ]oin/.test(link.name)) return joinedEntity(link, model, place).map((one) => touch(one, 'read', link.line));
  // `create(…, { include })` makes the related rows too.
  const mode = link.name === 'create' || link.name === 'bulkCreate' ? 'write' : 'read';
  const options = link.args.flatMap((arg) => shapesOf(arg, place, place.types)).flatMap((shape) => optionRelations(shape, model, place));
  return [...options.map((one) => touch(one, mode, link.line)), ...fetchedAlong(link, model, place).map((one) => touch(one, 'read', link.line))];
});

const joinedEntity = (link: Link, model: Model, place: Place): Model[] => {
  const [first] = link.args;
  if (first === undefined) return [];
  if (first.kind !== 'text') return [entityNamed(first, place) ?? []].flat();
  const property = first.value.split('.')[1];
  const found = property === undefined ? place.models.all.find(({ table }) => table === first.value) : relationOf(model, property, place) ?? anyRelation(property, place);
  return found === undefined ? [] : [found];
};

/** The entity a relation property leads to. */
const relationOf = (model: Model, property: string, place: Place): Model | undefined => {
  const fact = model.classIndex === undefined ? undefined : model.file.classes[model.classIndex];
  const field = fact?.fields.find(({ name }) => name === property);
  return field === undefined ? undefined : decoratedRelation(model, field, place) ?? typedRelation(model, field, place);
};

const typedRelation = (model: Model, { type }: FieldFact, place: Place): Model | undefined => {
  const resolved = type === undefined ? undefined : place.types.resolve(model.file, type);
  const of = resolved?.kind === 'list' ? resolved.of : resolved;
  return of?.kind === 'class' ? place.models.ofClass(of, place.types) : undefined;
};

/** `@ManyToOne(() => Hall)`, whatever the decorator and the field's type are called. */
const decoratedRelation = ({ file }: Model, { decorators }: FieldFact, place: Place): Model | undefined => {
  for (const one of decorators) {
    const [first] = one.kind === 'call' ? one.args : [];
    const step = first?.kind === 'function' ? file.functions[first.index]?.steps[0] : undefined;
    const found = step?.kind === 'return' ? entityNamed(step.value, { ...place, file, scope: 0 }) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};

const anyRelation = (property: string, place: Place): Model | undefined => {
  const found = new Set(place.models.all.filter(({ via }) => via === 'typeorm').flatMap((model) => relationOf(model, property, place) ?? []));
  return found.size === 1 ? [...found][0] : undefined;
};

const optionRelations = ({ object, ...at }: Shape, model: Model, place: Place): Model[] => object.properties.flatMap(({ name, value }): Model[] => {
  if (name === 'relations') return relationPaths(value, at, place).flatMap((path) => along(path, model, place));
  if (name === 'populate') return relationPaths(value, at, place).flatMap(([one = '']) => relationOf(model, one, place) ?? []);
  return name === 'include' ? included(value, model, { ...place, ...at }, 0) : [];
});

const along = ([first, ...rest]: readonly string[], model: Model, place: Place): Model[] => {
  const next = first === undefined ? undefined : relationOf(model, first, place);
  return next === undefined ? [] : [next, ...along(rest, next, place)];
};

/** `['hall', 'tickets.buyer']` and `{ hall: true, tickets: { buyer: true } }` as paths. */
const relationPaths = (value: Expr, at: At, place: Place, depth = 0): string[][] => {
  if (value.kind === 'array') return value.items.flatMap((item) => (item.kind === 'text' ? [item.value.split('.')] : []));
  if (depth > 6) return [];
  return shapesOf(value, at, place.types).flatMap(({ object, ...where }) => object.properties.flatMap(({ name, value: inner }) => {
    if (name === undefined || (inner.kind === 'literal' && inner.value === false)) return [];
    return [[name], ...relationPaths(inner, where, place, depth + 1).map((rest) => [name, ...rest])];
  }));
};

/** Sequelize's `include`: models, `{ model, include }`, `{ association: 'hall' }`, aliases, and lists of them wherever they are written. */
const included = (value: Expr, owner: Model, place: Place, depth: number): Model[] => {
  if (depth > 6) return [];
  if (value.kind === 'array') return value.items.flatMap((item) => included(item, owner, place, depth + 1));
  if (value.kind === 'text') return [place.models.associated(owner, value.value) ?? []].flat();
  const named = value.kind === 'name' || value.kind === 'member' ? modelNamed(value, place) : undefined;
  if (named !== undefined) return [named];
  const listed = value.kind === 'name' ? listBoundTo(value.name, place) : undefined;
  return [
    ...(listed === undefined ? [] : included(listed.value, owner, { ...place, scope: listed.scope }, depth + 1)),
    ...shapesOf(value, place, place.types).flatMap((shape) => includedBy(shape, owner, place, depth)),
  ];
};

const listBoundTo = (name: string, place: Place): { readonly value: Expr; readonly scope: number } | undefined => {
  const binding = findBinding(place.file, place.scope, name);
  const items = binding?.value?.kind === 'array' ? binding.value.items.filter(({ kind }) => kind !== 'object') : [];
  return binding === undefined || items.length === 0 ? undefined : { value: { kind: 'array', items }, scope: binding.scope };
};

const includedBy = ({ object, ...at }: Shape, owner: Model, place: Place, depth: number): Model[] => {
  const here = { ...place, ...at };
  const get = (key: string): Expr | undefined => object.properties.find(({ name }) => name === key)?.value;
  const [given, nested] = [get('model'), get('include')];
  const byAlias = [get('association'), get('as')].map(aliasIn).map((alias) => (alias === undefined ? undefined : place.models.associated(owner, alias)));
  const model = (given === undefined ? undefined : modelNamed(unscoped(given), here)) ?? byAlias.find((one) => one !== undefined);
  return [...(model === undefined ? [] : [model]), ...(nested === undefined ? [] : included(nested, model ?? owner, here, depth + 1))];
};

/** `Film.scope('shown')` is Film. */
const unscoped = (given: Expr): Expr => (given.kind === 'call' && given.callee.kind === 'member' && /^(?:scope|unscoped|schema)$/.test(given.callee.name) ? unscoped(given.callee.of) : given);

/** `'hall'`, or `Film.associations.hall`. */
const aliasIn = (expr: Expr | undefined): string | undefined => (expr?.kind === 'text' ? expr.value : expr?.kind === 'member' ? expr.name : undefined);
