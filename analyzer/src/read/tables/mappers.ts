import type { TableAccess } from '../../model/graph.ts';
import { texts } from '../interpret/values.ts';
import type { CallExpr, Expr } from '../parse/facts.ts';
import { before, chainOf, hasLink, type Chain, type Link } from './chain.ts';
import { entityNamed, entityOf } from './entities.ts';
import { touch, type Place, type Recogniser, type Touch } from './found.ts';
import { relations } from './includes.ts';
import { byName, modelNamed } from './model-names.ts';
import { relatedModel, relationTable } from './model-relations.ts';
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
  const found = repositoryTouches(chain, place) ?? managerTouches(chain, place) ?? modelTouches(chain, place) ?? associatedTouches(chain, place);
  return found === undefined || found.length === 0 ? undefined : { touches: found };
};

const isMethodOf = (name: string, via: TableAccess['via']): boolean => (METHODS[via]?.reads.has(name) ?? false) || (METHODS[via]?.writes.has(name) ?? false) || isOwnFinder(name, via);

/** `Film.findAllInBatches(…)`: a finder that a base model adds goes by the name of the one it uses. */
const isOwnFinder = (name: string, via: TableAccess['via']): boolean => via === 'sequelize' && /^find(?:All|One|AndCountAll)[A-Z]/.test(name);

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
    if (isMethodOf(link.name, model.via)) return [touch(relatedModel(chain, model, place) ?? model, modeOf(model, link, rest), link.line), ...relations(chain, model, place)];
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

/** `User.findAll()`, `models.User.create()`, `User.query().patch()`, `new User(…).save()`, `user.save()` after `user = await User.findOne()`. */
const modelTouches = (chain: Chain, place: Place): Touch[] | undefined => {
  const start = modelStart(chain, place);
  if (start === undefined) return undefined;
  const calls = chain.links.slice(start.position).filter(({ call }) => call !== undefined);
  const writes = calls.some(({ name }) => METHODS[start.model.via]?.writes.has(name));
  if (!writes && (start.instance || !calls.some(({ name }) => isMethodOf(name, start.model.via)))) return undefined;
  const main = relatedModel(chain, start.model, place) ?? start.model;
  return linkTouches(chain, start.model, place) ?? [touch(main, writes ? 'write' : 'read', calls[0]?.line ?? 1), ...relations(chain, start.model, place)];
};

const LINKS = words('relate unrelate');

/** `film.$relatedQuery('actors').relate(ids)`: of many-to-many it is the table between that is written. */
const linkTouches = (chain: Chain, model: Model, place: Place): Touch[] | undefined => {
  const link = chain.links.find(({ name, call }) => call !== undefined && LINKS.has(name));
  const table = link === undefined ? undefined : relationTable(chain, model, place);
  return link === undefined || table === undefined ? undefined : [{ ...touch(model, 'write', link.line), table }];
};

interface Start { readonly model: Model; readonly position: number; readonly instance: boolean }

const modelStart = (chain: Chain, place: Place): Start | undefined => namedStart(chain, place) ?? boundInstance(chain, place);

const namedStart = (chain: Chain, place: Place): Start | undefined => {
  const atRoot = rootModel(chain, place);
  if (atRoot !== undefined) return atRoot;
  for (const [position, link] of chain.links.entries()) {
    const isName = link.call === undefined && chain.links[position + 1]?.call !== undefined;
    const model = isName ? byName(link.name, place) ?? registered(chain, position, place) : namedByCall(link, place);
    if (model !== undefined) return { model, position: position + 1, instance: false };
  }
  return undefined;
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

const OF_INSTANCE = words('save destroy update remove delete deleteOne increment decrement restore $query patch');
const OF_ROWS = new Set<Model['via']>(['sequelize', 'mongoose', 'bookshelf', 'objection']);

/** `film.save()`, `req.film.destroy()`, `super.save()`: on a row of which the model can be told. */
const boundInstance = (chain: Chain, place: Place): Start | undefined => {
  const position = chain.links.findIndex(({ call, name }) => call !== undefined && OF_INSTANCE.has(name));
  const receiver = chain.links[position]?.call?.callee;
  if (receiver?.kind !== 'member') return undefined;
  const model = place.rows.of(receiver.of, place);
  return model === undefined || !OF_ROWS.has(model.via) ? undefined : { model, position, instance: true };
};

const NO_ROWS = words('count max min sum aggregate exists distinct countDocuments estimatedDocumentCount destroy delete deleteOne deleteMany updateOne updateMany truncate');
/** A model's own ways to its rows: `Film.getExpandedById(id)`. */
const GIVES_ROWS = /^(?:find|get|fetch|load|create|build|add)/;

/** The model whose rows a query gives: `Film.findAll(…)`, `new Film(…)`, `this.findAll()` in the model itself. */
export const queriedModel = (expr: Expr, place: Place): Model | undefined => {
  const chain = chainOf(expr);
  const start = namedStart(chain, place) ?? ownStart(chain, place);
  return start !== undefined && givesRows(start, chain) ? start.model : undefined;
};

const givesRows = ({ model, position, instance }: Start, chain: Chain): boolean => {
  const calls = chain.links.slice(position).filter(({ call }) => call !== undefined);
  return (instance || calls.some(({ name }) => isMethodOf(name, model.via) || GIVES_ROWS.test(name))) && !calls.some(({ name }) => NO_ROWS.has(name));
};

const ownStart = (chain: Chain, place: Place): Start | undefined => {
  const model = chain.root.kind === 'this' ? entityOf(chain.root, place) ?? place.rows.of(chain.root, place) : undefined;
  return model === undefined || chain.links[0]?.call === undefined || !isMethodOf(chain.links[0].name, model.via) ? undefined : { model, position: 0, instance: false };
};

const ASSOCIATED = /^(get|count|has|set|add|create|remove)([A-Z]\w*)$/;
const ASKS = words('get count has');

/** Sequelize's methods by association: `hall.getFilms()`, `hall.addFilm(film)`. */
const associatedTouches = (chain: Chain, place: Place): Touch[] | undefined => {
  if (!place.models.vias.has('sequelize')) return undefined;
  const found = chain.links.map((link) => associatedTouch(link, place)).find((one) => one !== undefined);
  return found === undefined ? undefined : [found.main, ...relations(chain, found.model, place)];
};

const associatedTouch = ({ name, call, line }: Link, place: Place): { readonly main: Touch; readonly model: Model } | undefined => {
  const [, verb = '', alias] = ASSOCIATED.exec(name) ?? [];
  const model = alias === undefined || call === undefined ? undefined : associatedModel(call, alias, place);
  return model === undefined ? undefined : { main: touch(model, ASKS.has(verb) ? 'read' : 'write', line), model };
};

/** The model that a row's `getFilms` leads to. */
const associatedModel = ({ callee }: CallExpr, alias: string, place: Place): Model | undefined => {
  if (callee.kind !== 'member' || !place.models.isAssociation(alias)) return undefined;
  const owner = place.rows.of(callee.of, place);
  return owner === undefined ? undefined : place.models.associated(owner, alias);
};
