import type { CallExpr, Expr } from '../parse/facts.ts';
import { before, type Chain, type Link } from './chain.ts';
import { printExpr, type Place, type Recogniser } from './found.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Methods that object mappers have and hardly anything else: on a receiver nobody knows they are queries that must not be passed over. */
const TELLING = words('findByPk findOrCreate findCreateFind findAndCountAll findAndCount bulkCreate findOneAndUpdate findByIdAndUpdate findOneAndDelete findByIdAndDelete findOneAndReplace findByIdAndRemove findOneAndRemove insertMany updateOne updateMany deleteOne deleteMany countDocuments estimatedDocumentCount createQueryBuilder findOneBy findOneByOrFail findOneOrFail softDelete softRemove findUnique findUniqueOrThrow findFirstOrThrow findMany createMany forge fetchAll fetchPage insertGraph upsertGraph insertAndFetch $relatedQuery patchAndFetch patchAndFetchById updateAndFetchById');
/** What follows `query()` where it begins a builder. */
const BUILDS = words('where findById findOne insert patch update delete select whereIn whereNull orderBy first del count deleteById throwIfNotFound join joinRelated alias page limit modify modifiers');
const FETCH_OPTIONS = words('require withRelated transacting');

/** Queries of object mappers whose model is not in the source, or could not be told: never resolved, never silent. */
export const recogniseUnknownModel: Recogniser = (chain, place) => {
  const position = chain.links.findIndex((link, at) => isQuery(link, chain.links[at + 1]) || isRow(chain, link, at, place) || isOnRepository(chain, link, at, place) || hasFilter(link, place));
  const link = chain.links[position];
  if (link?.call?.callee.kind !== 'member' || isOwn(link.call.callee, place)) return undefined;
  return { touches: [], unresolved: { what: printExpr(link.call.callee), why: `which table \`${before(chain, position)}\` stands for could not be told`, line: link.line } };
};

/** `req.library.destroy()`: called like a model, and done to like a row of it; whether it is one is only known at run time. */
const isRow = (chain: Chain, { name, call }: Link, position: number, place: Place): boolean =>
  call !== undefined && ROW_WRITES.has(name) && (ROWS.has(place.models.alias(before(chain, position))?.via ?? '') || isOfRow(call, place));

/** `ticket.seat.save()`: something that hangs on a row. */
const isOfRow = ({ callee }: CallExpr, place: Place): boolean =>
  callee.kind === 'member' && callee.of.kind === 'member' && callee.of.of.kind === 'name' && ROWS.has(place.rows.of(callee.of.of, place)?.via ?? '');

const FILTERED = words('findAll findOne count update destroy increment');

/** `of.count({ where: {…} })`, `row.update({…}, { transaction })`: Sequelize's way to ask, of a model that is chosen at run time. */
const hasFilter = ({ name, call, args }: Link, { models }: Place): boolean =>
  call !== undefined && models.vias.has('sequelize') && ((FILTERED.has(name) && args.some((arg) => has(arg, 'where'))) || (ROW_WRITES.has(name) && args.some((arg) => has(arg, 'transaction'))));

const has = (arg: Expr, option: string): boolean => arg.kind === 'object' && arg.properties.some(({ name }) => name === option);

const ON_REPOSITORY = words('find findOne findBy findAndCount save insert update upsert delete remove count exists exist increment decrement query softDelete restore');

/** `this.filmRepository.save(film)`, `getRepository(ctx, of).find()`, `manager.save(film)`: TypeORM's, though whose is not known. */
const isOnRepository = (chain: Chain, { name, call }: Link, position: number, { models }: Place): boolean =>
  call !== undefined && ON_REPOSITORY.has(name) && models.vias.has('typeorm') && /[rR]epo(?:sitory)?$|^(?:entityM|m)anager$|^em$/.test(before(chain, position));

const ROW_WRITES = words('save destroy update increment decrement restore');
const ROWS: ReadonlySet<string> = new Set(['sequelize', 'mongoose', 'bookshelf']);

const isQuery = ({ name, call, args }: Link, next: Link | undefined): boolean => {
  if (call === undefined) return false;
  if (name === 'query') return next?.call !== undefined && BUILDS.has(next.name) && args.length <= 1 && args.every(({ kind }) => kind !== 'text' && kind !== 'template');
  return TELLING.has(name) || (name === 'fetch' && args.some(isFetchOptions));
};

const isFetchOptions = (arg: Expr): boolean => arg.kind === 'object' && arg.properties.some(({ name }) => name !== undefined && FETCH_OPTIONS.has(name));

/** A function of the project: its own queries are read where it stands. Models may well come from a package. */
const isOwn = (callee: Extract<Expr, { kind: 'member' }>, { types, file, scope }: Place): boolean => {
  const method = types.of(file, scope, callee);
  return method !== undefined && method.kind !== 'external';
};
