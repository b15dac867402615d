import type { TableAccess } from '../../model/graph.ts';
import { texts } from '../interpret/values.ts';
import type { Expr } from '../parse/facts.ts';
import { before, hasLink, type Chain, type Link } from './chain.ts';
import { itemOf } from './items.ts';
import { entityNamed, entityOf } from './entities.ts';
import type { Place, Recogniser, Touch } from './found.ts';
import type { Model } from './models.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

interface Methods { readonly reads: ReadonlySet<string>; readonly writes: ReadonlySet<string> }

const METHODS: Readonly<Partial<Record<TableAccess['via'], Methods>>> = {
  typeorm: {
    reads: words('find findBy findOne findOneBy findOneOrFail findOneByOrFail findAndCount findAndCountBy findAll findByIds findTrees findRoots findDescendants findDescendantsTree findAncestors findAncestorsTree count countBy exist exists existsBy sum average minimum maximum createQueryBuilder preload stream qb'),
    writes: words('save insert update upsert delete remove softDelete softRemove restore recover increment decrement clear persist persistAndFlush nativeInsert nativeUpdate nativeDelete removeAndFlush'),
  },
  sequelize: {
    reads: words('findAll findOne findByPk findById findAndCountAll findAndCount count max min sum aggregate find all'),
    writes: words('create bulkCreate update destroy upsert increment decrement truncate restore findOrCreate findCreateFind insertOrUpdate save bulkUpdate'),
  },
  mongoose: {
    reads: words('find findOne findById count countDocuments estimatedDocumentCount distinct aggregate exists paginate aggregatePaginate populate cursor watch findOneOrFail'),
    writes: words('create insertMany insertOne updateOne updateMany update findOneAndUpdate findByIdAndUpdate deleteOne deleteMany findByIdAndDelete findOneAndDelete findByIdAndRemove findOneAndRemove findOneAndReplace save remove bulkWrite bulkSave replaceOne'),
  },
  objection: {
    reads: words('query findById findOne findByIds fetchGraph withGraphFetched relatedQuery $query $relatedQuery where select'),
    writes: words('insert insertAndFetch insertGraph insertGraphAndFetch insertWithRelated patch patchAndFetch patchAndFetchById update updateAndFetch updateAndFetchById delete deleteById del upsertGraph upsertGraphAndFetch relate unrelate increment decrement truncate insertMany updateById'),
  },
  bookshelf: {
    reads: words('fetch fetchAll fetchPage findOne findAll findPage count query where getFilteredCollection load refresh'),
    writes: words('save destroy add edit insert upsert bulkAdd bulkEdit bulkDestroy del update create'),
  },
};
/** What makes a builder of a repository write. */
const BUILDER_WRITES = words('insert update delete softDelete restore into orUpdate orIgnore');

/** TypeORM, Sequelize, Mongoose, Objection and Bookshelf: a method on something that stands for a table. */
export const recogniseMappers: Recogniser = (chain, place) => {
  const found = repositoryTouches(chain, place) ?? managerTouches(chain, place) ?? modelTouches(chain, place);
  return found === undefined || found.length === 0 ? undefined : { touches: found };
};

const touch = (model: Model, mode: Touch['mode'], line: number): Touch => ({ table: model.table, mode, columns: [], via: model.via, line });

const isMethodOf = (name: string, via: TableAccess['via']): boolean => (METHODS[via]?.reads.has(name) ?? false) || (METHODS[via]?.writes.has(name) ?? false);

const modeOf = (model: Model, link: Link, rest: readonly Link[]): Touch['mode'] => {
  const methods = METHODS[model.via];
  if (methods?.writes.has(link.name) === true) return 'write';
  if (link.name === 'createQueryBuilder') return rest.some(({ name, call }) => call !== undefined && BUILDER_WRITES.has(name)) ? 'write' : 'read';
  return model.via !== 'typeorm' && rest.some(({ name, call }) => call !== undefined && methods?.writes.has(name) === true) ? 'write' : 'read';
};

/** `this.orders.save(…)`, `getRepository(Order).find(…)`. */
const repositoryTouches = (chain: Chain, place: Place): Touch[] | undefined => {
  for (const [position, link] of chain.links.entries()) {
    const found = link.call?.callee.kind === 'member' ? ofRepository(chain, link, link.call.callee.of, chain.links.slice(position + 1), place) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Models a receiver may be, by its type or by what its value was made from. A plain name is read as a model elsewhere. */
const modelsOf = (receiver: Expr, place: Place): readonly Model[] => {
  const typed = entityOf(receiver, place);
  return typed === undefined ? place.models.ofValue(place.run.evaluate(receiver, place.frame), place.run) : [typed];
};

const ofRepository = (chain: Chain, link: Link, receiver: Expr, rest: readonly Link[], place: Place): Touch[] | undefined => {
  const isJoin = /[jJ]oin/.test(link.name) && link.args[0]?.kind !== 'function';
  if (!isJoin && !isAnyMethod(link.name, place)) return undefined;
  const found = modelsOf(receiver, place).flatMap((model) => {
    if (isMethodOf(link.name, model.via)) return [touch(model, modeOf(model, link, rest), link.line), ...relations(chain, model, place)];
    return isJoin ? relations(chain, model, place) : [];
  });
  return found.length === 0 ? undefined : found;
};

/** Methods of the mappers that the project's models belong to. */
const isAnyMethod = (name: string, { models }: Place): boolean => [...models.vias].some((via) => isMethodOf(name, via));

const MANAGER = /^(?:manager|entityManager|em|transactionalEntityManager|transactionManager|connection|dataSource|queryRunner|trx|tx)$|(?:Manager|DataSource|Connection|Em)$/;

/** `manager.save(Order, …)`, `em.find(Order)`, `createQueryBuilder(Order, 'o')`, `.from(Order, 'o')`. */
const managerTouches = (chain: Chain, place: Place): Touch[] | undefined => {
  const found = chain.links.flatMap((link, position) => ofManager(chain, link, position, place));
  return found.length === 0 ? undefined : found;
};

const ofManager = (chain: Chain, link: Link, position: number, place: Place): Touch[] => {
  const [first] = link.args;
  if (link.call === undefined || first === undefined) return [];
  const inBuilder = namesEntity(chain, link, position);
  const model = inBuilder || isOnManager(chain, link, position) ? argumentEntity(first, place) : undefined;
  if (model?.via !== 'typeorm') return [];
  const mode = inBuilder ? (hasLink(chain, BUILDER_WRITES) ? 'write' : 'read') : modeOf(model, link, chain.links.slice(position + 1));
  return [touch(model, mode, link.line), ...relations(chain, model, place)];
};

const isOnManager = (chain: Chain, link: Link, position: number): boolean => MANAGER.test(before(chain, position)) && isMethodOf(link.name, 'typeorm');

const argumentEntity = (first: Expr, place: Place): Model | undefined => (first.kind === 'text' ? undefined : entityNamed(first, place) ?? instanceEntity(first, place));

/** `.from(Order)`, `.into(Order)`, `createQueryBuilder().update(Order)`. */
const namesEntity = (chain: Chain, link: Link, position: number): boolean =>
  link.name === 'from' || link.name === 'into' || (link.name === 'update' && chain.links.slice(0, position).some(({ name }) => name === 'createQueryBuilder'));

/** `manager.save(order)`: the argument's own class. */
const instanceEntity = (expr: Expr, place: Place): Model | undefined => {
  const type = place.types.of(place.file, place.scope, expr);
  const of = type?.kind === 'list' ? type.of : type;
  return of?.kind === 'class' && !of.self ? place.models.ofClass(of, place.types) : undefined;
};

/** Entities joined by relation: `leftJoinAndSelect('o.items', 'i')`, `relations: ['items']`, `include: [{ model: Item }]`. */
const relations = (chain: Chain, model: Model, place: Place): Touch[] => chain.links.flatMap((link): Touch[] => {
  if (link.call === undefined) return [];
  if (/[jJ]oin/.test(link.name)) return joinedEntity(link, model, place).map((one) => touch(one, 'read', link.line));
  // `create(…, { include })` makes the related rows too.
  const mode = link.name === 'create' || link.name === 'bulkCreate' ? 'write' : 'read';
  return link.args.flatMap((arg) => (arg.kind === 'object' ? optionRelations(arg, model, place) : [])).map((one) => touch(one, mode, link.line));
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
  const type = fact?.fields.find(({ name }) => name === property)?.type;
  const resolved = type === undefined ? undefined : place.types.resolve(model.file, type);
  const of = resolved?.kind === 'list' ? resolved.of : resolved;
  return of?.kind === 'class' ? place.models.ofClass(of, place.types) : undefined;
};

const anyRelation = (property: string, place: Place): Model | undefined => {
  const found = new Set(place.models.all.filter(({ via }) => via === 'typeorm').flatMap((model) => relationOf(model, property, place) ?? []));
  return found.size === 1 ? [...found][0] : undefined;
};

const optionRelations = (options: Extract<Expr, { kind: 'object' }>, model: Model, place: Place): Model[] => options.properties.flatMap(({ name, value }): Model[] => {
  if (name === 'relations' || name === 'populate') return relationNames(value).flatMap((one) => relationOf(model, one, place) ?? []);
  if (name === 'include') return included(value, place);
  return [];
});

const relationNames = (value: Expr): string[] => {
  if (value.kind === 'array') return value.items.flatMap((item) => (item.kind === 'text' ? [item.value.split('.')[0] ?? ''] : []));
  return value.kind === 'object' ? value.properties.flatMap(({ name }) => name ?? []) : [];
};

const included = (value: Expr, place: Place): Model[] => {
  const items = value.kind === 'array' ? value.items : [value];
  return items.flatMap((item): Model[] => {
    if (item.kind !== 'object') return [modelNamed(item, place) ?? []].flat();
    const model = item.properties.find(({ name }) => name === 'model')?.value;
    const nested = item.properties.find(({ name }) => name === 'include')?.value;
    return [...(model === undefined ? [] : [modelNamed(model, place) ?? []].flat()), ...(nested === undefined ? [] : included(nested, place))];
  });
};

/** A model by what an expression is called: `models.User`, `User`, `this.userModel`. */
const modelNamed = (expr: Expr, place: Place): Model | undefined => {
  const type = place.types.of(place.file, place.scope, expr);
  const typed = type?.kind === 'class' ? place.models.ofClass(type, place.types) : undefined;
  const name = expr.kind === 'name' ? expr.name : expr.kind === 'member' ? expr.name : '';
  return typed ?? byName(name, place) ?? entityOf(expr, place);
};

const byName = (name: string, place: Place): Model | undefined => {
  const stripped = name.replace(/(?:Model|Collection|Schema)$/, '');
  if (!/^[A-Z]/.test(name) && stripped === name) return undefined;
  const model = place.models.named(name) ?? (stripped === '' ? undefined : place.models.named(stripped));
  return model?.via === 'typeorm' ? undefined : model;
};

/** `User.findAll()`, `models.User.create()`, `User.query().patch()`, `new User(…).save()`, `user.save()` after `user = await User.findOne()`. */
const modelTouches = (chain: Chain, place: Place): Touch[] | undefined => {
  const start = modelStart(chain, place);
  if (start === undefined) return undefined;
  const calls = chain.links.slice(start.position).filter(({ call }) => call !== undefined);
  const methods = METHODS[start.model.via];
  const write = calls.find(({ name }) => methods?.writes.has(name));
  const used = write ?? calls.find(({ name }) => methods?.reads.has(name));
  if (used === undefined || (start.instance && write === undefined)) return undefined;
  return [touch(start.model, write === undefined ? 'read' : 'write', calls[0]?.line ?? used.line), ...relations(chain, start.model, place)];
};

interface Start { readonly model: Model; readonly position: number; readonly instance: boolean }

const modelStart = (chain: Chain, place: Place): Start | undefined => {
  const atRoot = rootModel(chain, place);
  if (atRoot !== undefined) return atRoot;
  for (const [position, link] of chain.links.entries()) {
    const isName = link.call === undefined && chain.links[position + 1]?.call !== undefined;
    const model = isName ? byName(link.name, place) ?? registered(chain, position, place) : namedByCall(link, place);
    if (model !== undefined) return { model, position: position + 1, instance: false };
  }
  return boundInstance(chain, place);
};

const REGISTRY = /^(?:models?|db|database|orm|entities|sequelize)$/i;

/** `models.users.query()`, `db.tutorials.findAll()`: a registry of models by names of its own. */
const registered = (chain: Chain, position: number, place: Place): Model | undefined => {
  const [link, next] = chain.links.slice(position);
  if (link === undefined || next === undefined || !REGISTRY.test(before(chain, position))) return undefined;
  const model = place.models.alias(link.name);
  return model !== undefined && model.via !== 'prisma' && isMethodOf(next.name, model.via) ? model : undefined;
};

/** `new User(…)`, or `User` itself. */
const rootModel = (chain: Chain, place: Place): Start | undefined => {
  const { root } = chain;
  const isNew = root.kind === 'call' && root.form === 'new';
  if (!isNew && (root.kind !== 'name' || chain.links[0]?.call === undefined)) return undefined;
  const model = modelNamed(isNew ? root.callee : root, place);
  return model === undefined ? undefined : { model, position: 0, instance: isNew };
};

/** `mongoose.model('User').find()`, `db.collection('users').find()`. */
const namedByCall = (link: Link, place: Place): Model | undefined => {
  const [first] = link.args;
  if (link.call === undefined || first === undefined || link.args.length > 1) return undefined;
  const name = link.name === 'model' || link.name === 'collection' ? texts(place.run.evaluate(first, place.frame))[0] : undefined;
  if (name === undefined) return undefined;
  return link.name === 'model' ? place.models.named(name) : { name, table: name, via: 'mongoose', file: place.file, line: link.line };
};

const OF_INSTANCE = words('save destroy update remove delete deleteOne increment decrement $query patch');

const boundInstance = (chain: Chain, place: Place): Start | undefined => {
  const [first, second] = chain.links;
  const { root } = chain;
  if (root.kind !== 'name' || first?.call === undefined || second !== undefined || !OF_INSTANCE.has(first.name)) return undefined;
  const made = place.models.chainBoundTo(place, root.name) ?? itemOf(root.name, place);
  const start = made === undefined || isSame(made.root, root.name) ? undefined : modelStart(made, place);
  return start === undefined ? undefined : { ...start, position: 0, instance: true };
};

const isSame = (root: Expr, name: string): boolean => root.kind === 'name' && root.name === name;
