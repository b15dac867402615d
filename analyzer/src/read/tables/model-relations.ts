import { imaginedFrame } from '../endpoints/read-routers.ts';
import { texts } from '../interpret/values.ts';
import { eachExpr, eachFunction } from '../link/visit.ts';
import type { Expr, FileFacts } from '../parse/facts.ts';
import { chainOf, rootName, type Chain, type Link } from './chain.ts';
import { entityNamed } from './entities.ts';
import type { Place } from './found.ts';
import type { Model } from './models.ts';
import { shapesOf, within, type Shape } from './shapes.ts';

const GRAPHS = /^(?:withGraph(?:Fetched|Joined)?|eager|joinEager|naiveEager|mergeEager|fetchGraph|\$fetchGraph|(?:left|right|inner|full)?(?:Outer)?[jJ]oinRelat(?:ed|ion))$/;
const RELATED = /^\$?relatedQuery$/;

/** `Film.relatedQuery('hall')`, `film.$relatedQuery('tickets')`: a query of the other table. */
export const relatedModel = (chain: Chain, model: Model, place: Place): Model | undefined => {
  const link = chain.links.find(({ name, call }) => call !== undefined && RELATED.test(name));
  const [name] = link === undefined ? [] : namesIn(link.args[0], place);
  return name === undefined ? undefined : objectionRelation(model, name, place);
};

/** The table between the two of a many-to-many relation: `join: { through: { from: 'roles.film_id', … } }`. */
export const relationTable = (chain: Chain, model: Model, place: Place): string | undefined => {
  const link = chain.links.find(({ name, call }) => call !== undefined && RELATED.test(name));
  const [name = ''] = link === undefined ? [] : namesIn(link.args[0], place);
  const through = within(mappingsOf(model, place), [name, 'join', 'through'], place.types);
  const from = through.flatMap(({ object }) => object.properties.filter((one) => one.name === 'from')).map(({ value }) => value).find((value) => value.kind === 'text');
  return from?.kind === 'text' ? from.value.replace(/\.[^.]*$/, '') : undefined;
};

/** Models that a link of a chain fetches along: Objection's graphs, Mongoose's `populate`, Bookshelf's `withRelated`. */
export const fetchedAlong = (link: Link, model: Model, place: Place): Model[] => {
  if (link.call === undefined) return [];
  if (GRAPHS.test(link.name)) return namesIn(link.args[0], place).flatMap((text) => pathsOf(text)).flatMap((path) => along(path, model, objectionRelation, place));
  if (link.name === 'populate') return link.args.slice(0, 1).flatMap((arg) => populated(arg, model, place));
  return link.args.flatMap((arg) => (arg.kind === 'function' ? inClosure(arg.index, model, place) : []));
};

/** `onBuild((builder) => { builder.withGraphFetched('hall'); })`: steps on the builder that a closure is handed. */
const inClosure = (index: number, model: Model, place: Place): Model[] => {
  const fact = place.file.functions[index];
  const pattern = fact?.parameters[0]?.pattern;
  if (fact === undefined || pattern?.kind !== 'name' || model.via !== 'objection') return [];
  const found: Model[] = [];
  const here = { ...place, scope: index, frame: imaginedFrame(place.run, place.file, index) };
  eachExpr(fact.steps, (expr) => {
    if (expr.kind !== 'call' || expr.callee.kind !== 'member' || !GRAPHS.test(expr.callee.name) || rootName(chainOf(expr)) !== pattern.name) return;
    found.push(...fetchedAlong({ name: expr.callee.name, args: expr.args, call: expr, line: expr.line }, model, here));
  });
  return found;
};

const namesIn = (expr: Expr | undefined, place: Place): string[] => (expr === undefined ? [] : texts(place.run.evaluate(expr, place.frame)));

type Relation = (model: Model, name: string, place: Place) => Model | undefined;

const along = ([first, ...rest]: readonly string[], model: Model, relation: Relation, place: Place): Model[] => {
  const next = first === undefined ? undefined : relation(model, first, place);
  return next === undefined ? [] : [next, ...along(rest, next, relation, place)];
};

/** Objection's relation expressions: `[hall, tickets.[seat, buyer(active) as who]]` as paths. */
export const pathsOf = (expression: string): string[][] => {
  const tokens = expression.replace(/\([^)]*\)/g, '').match(/[\w$^*]+(?:\s+as\s+\w+)?|[.[\],]/g) ?? [];
  let position = 0;
  const list = (): string[][] => {
    const paths: string[][] = [];
    while (position < tokens.length && tokens[position] !== ']') {
      if (tokens[position] === ',') position += 1;
      else paths.push(...path());
    }
    position += 1;
    return paths;
  };
  const path = (): string[][] => {
    if (tokens[position] === '[') {
      position += 1;
      return list();
    }
    const name = (tokens[position] ?? '').replace(/\s+as\s+.*$/, '');
    position += 1;
    if (tokens[position] !== '.') return [[name]];
    position += 1;
    return path().map((rest) => [name, ...rest]);
  };
  return list();
};

/** The model behind a name in `relationMappings`, its own or a base's. */
const objectionRelation: Relation = (model, name, place) => {
  const found = within(mappingsOf(model, place), [name], place.types);
  for (const { object, ...at } of found) {
    const given = object.properties.find((one) => one.name === 'modelClass')?.value;
    const other = given === undefined ? undefined : modelGiven(given, { ...place, ...at, frame: imaginedFrame(place.run, at.file, at.scope) });
    if (other !== undefined) return other;
  }
  return undefined;
};

const modelGiven = (given: Expr, place: Place): Model | undefined => {
  const [made] = place.models.ofValue(place.run.evaluate(given, place.frame), place.run);
  const [path] = namesIn(given, place);
  return made ?? entityNamed(given, place) ?? (path === undefined ? undefined : place.models.named((path.split('/').at(-1) ?? '').replace(/\.\w+$/, '')));
};

const mappingsOf = (model: Model, { types }: Place): Shape[] => {
  const found: Shape[] = [];
  let at = model.classIndex === undefined ? undefined : { file: model.file, index: model.classIndex };
  for (let steps = 0; at !== undefined && steps < 6; steps += 1) {
    found.push(...ownMappings(at.file, at.index).flatMap(({ expr, scope }) => shapesOf(expr, { file: at?.file ?? model.file, scope }, types)));
    at = types.baseOf(at.file, at.index);
  }
  return found;
};

const ownMappings = (file: FileFacts, index: number): { readonly expr: Expr; readonly scope: number }[] => {
  const fact = file.classes[index];
  const fields = (fact?.fields ?? []).filter(({ isStatic, name }) => isStatic && name === 'relationMappings').flatMap(({ initial }) => initial ?? []);
  const bodies = [...(fact?.methods ?? []).filter((one) => file.functions[one]?.member?.name === 'relationMappings'), ...fields.flatMap((one) => (one.kind === 'function' ? [one.index] : []))];
  return [
    ...fields.map((expr) => ({ expr, scope: fact?.scope ?? 0 })),
    ...bodies.flatMap((scope) => (file.functions[scope]?.steps ?? []).flatMap((step) => (step.kind === 'return' ? [{ expr: step.value, scope }] : []))),
  ];
};

/** `populate('hall tickets')`, `populate({ path: 'hall', populate: 'owner' })`, `populate([…])`. */
const populated = (arg: Expr, model: Model, place: Place): Model[] => {
  const direct = namesIn(arg, place).flatMap((text) => text.split(/\s+/)).flatMap((path) => referenced(model, path, place) ?? []);
  const listed = arg.kind === 'array' ? arg.items.flatMap((item) => (item.kind === 'object' ? [] : populated(item, model, place))) : [];
  return [...direct, ...listed, ...shapesOf(arg, place, place.types).flatMap((shape) => populatedBy(shape, model, place))];
};

const populatedBy = ({ object, ...at }: Shape, model: Model, place: Place): Model[] => {
  const here = { ...place, ...at };
  const get = (key: string): Expr | undefined => object.properties.find(({ name }) => name === key)?.value;
  const [path] = namesIn(get('path'), here);
  const next = path === undefined ? undefined : referenced(model, path, here);
  const inner = get('populate');
  return next === undefined ? [] : [next, ...(inner === undefined ? [] : populated(inner, next, here))];
};

/** The model a path of a Mongoose schema refers to: `hall: { type: ObjectId, ref: 'Hall' }`, `schema.virtual('hall', { ref: 'Hall' })`. */
const referenced = (model: Model, path: string, place: Place): Model | undefined => {
  if (model.via !== 'mongoose') return undefined;
  const refs = refsOf(model.file, place);
  const name = refs.get(path) ?? refs.get(path.split('.').at(-1) ?? path);
  return name === undefined ? undefined : place.models.named(name);
};

const references = new WeakMap<FileFacts, ReadonlyMap<string, string>>();

/** Names of a file's schemas that refer to a model. */
const refsOf = (file: FileFacts, place: Place): ReadonlyMap<string, string> => {
  const known = references.get(file);
  if (known !== undefined) return known;
  const found = new Map<string, string>();
  const note = (name: string, options: Expr | undefined): void => {
    const ref = refIn(options, place);
    if (ref !== undefined && !found.has(name)) found.set(name, ref);
  };
  eachFunction(file, (_scope, expr) => {
    if (expr.kind === 'object') for (const { name, value } of expr.properties) if (name !== undefined) note(name, value.kind === 'array' ? value.items[0] : value);
    if (expr.kind === 'call' && expr.callee.kind === 'member' && expr.callee.name === 'virtual' && expr.args[0]?.kind === 'text') note(expr.args[0].value, expr.args[1]);
  });
  for (const { fields } of file.classes) for (const { name, decorators } of fields) for (const one of decorators) if (one.kind === 'call') for (const arg of one.args) note(name, arg.kind === 'array' ? arg.items[0] : arg);
  references.set(file, found);
  return found;
};

const lastName = (expr: Expr): string | undefined => (expr.kind === 'name' || expr.kind === 'member' ? expr.name : undefined);

/** `ref: 'Hall'`, `ref: Hall`, `ref: Hall.name`. */
const refIn = (options: Expr | undefined, place: Place): string | undefined => {
  const ref = options?.kind === 'object' ? options.properties.find(({ name }) => name === 'ref')?.value : undefined;
  return ref === undefined ? undefined : lastName(ref.kind === 'member' && /^(?:name|modelName)$/.test(ref.name) ? ref.of : ref) ?? namesIn(ref, place)[0];
};
