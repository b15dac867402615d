import type { Expr } from '../parse/facts.ts';
import { before, type Chain, type Link } from './chain.ts';
import type { Place, Recogniser, Touch } from './found.ts';
import type { Model } from './models.ts';
import { shapesOf, type Shape } from './shapes.ts';

const READS = new Set(['findMany', 'findFirst', 'findUnique', 'findFirstOrThrow', 'findUniqueOrThrow', 'findOne', 'count', 'aggregate', 'groupBy']);
const WRITES = new Set(['create', 'createMany', 'createManyAndReturn', 'update', 'updateMany', 'updateManyAndReturn', 'upsert', 'delete', 'deleteMany']);
const NESTED_WRITES = new Set(['create', 'createMany', 'connectOrCreate', 'update', 'updateMany', 'upsert', 'delete', 'deleteMany', 'set']);
const CLIENT = /prisma|^(?:db|client|tx|trx|database|orm)$/i;

/** A relation field of a Prisma model: the model it leads to. */
export type PrismaRelations = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The columns of a Prisma model: the field's name → the column's. */
export type PrismaColumns = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** `prisma.order.findMany({ include: { items: true } })`: models of schema.prisma, or, without one, of anything called prisma. */
export const recognisePrisma = (relations: PrismaRelations, columns: PrismaColumns): Recogniser => (chain, place) => {
  const position = chain.links.findIndex((link, at) => isClientCall(chain, link, at));
  const link = chain.links[position];
  const member = chain.links[position - 1];
  if (link === undefined || member === undefined) return undefined;
  const client = before(chain, position - 1);
  const model = place.models.prisma(member.name) ?? guessed(member, client, link, place);
  if (model === undefined || (relations.size === 0 && !CLIENT.test(client))) return undefined;
  const main: Touch = { table: model.table, mode: WRITES.has(link.name) ? 'write' : 'read', columns: [], via: 'prisma', line: link.line };
  const around: Around = { relations, columns, used: new Map(), place, line: link.line, seen: new Set(), ids: new Map() };
  const touches = [main, ...link.args.slice(0, 1).flatMap((options) => nested(options, model.name, around))];
  return { touches: touches.map((touch) => ({ ...touch, columns: [...around.used.get(touch.table) ?? []] })) };
};

/** A known method right after a plain member. */
const isClientCall = (chain: Chain, link: Link, position: number): boolean => {
  const member = chain.links[position - 1];
  return link.call !== undefined && member !== undefined && member.call === undefined && (READS.has(link.name) || WRITES.has(link.name));
};

const guessed = (member: Link, client: string, link: Link, place: Place): Model | undefined =>
  (/prisma/i.test(client) ? { name: member.name, table: member.name.charAt(0).toUpperCase() + member.name.slice(1), via: 'prisma', file: place.file, line: link.line } : undefined);

interface Around { readonly relations: PrismaRelations; readonly columns: PrismaColumns; /** Columns named on the way, by table. */ readonly used: Map<string, Set<string>>; readonly place: Place; readonly line: number; /** Objects looked at before, by model. */ readonly seen: Set<string>; readonly ids: Map<object, number> }

/** Keys of options that say something about the same model: parts of the query, logic, filters on lists, nested writes. */
const SAME_MODEL = new Set([
  'include', 'select', 'where', 'data', 'create', 'update', 'createMany', 'updateMany', 'upsert', 'connectOrCreate', 'orderBy', 'having', 'cursor', 'some', 'none', 'every', 'is', 'isNot', 'AND', 'OR', 'NOT', '_count', 'delete', 'deleteMany',
]);
const DEEPEST = 12;

/** Tables reached through relations: in `include` and `select`, in filters and orders, in nested writes, also where the options are put together elsewhere. */
const nested = (options: Expr, model: string, around: Around): Touch[] => reached(shapesOf(options, around.place, around.place.types), model, around, 0);

const reached = (shapes: readonly Shape[], model: string, around: Around, depth: number): Touch[] => {
  if (depth > DEEPEST) return [];
  return shapes.filter(({ object }) => isNew(object, model, around)).flatMap(({ object, ...at }) => object.properties.flatMap(({ name, value }): Touch[] => {
    if (name === undefined || (value.kind === 'literal' && value.value === false)) return [];
    if (depth > 0) noteColumn(model, name, around);
    const inner = (): readonly Shape[] => shapesOf(value, at, around.place.types);
    const target = around.relations.get(model)?.get(name);
    if (target !== undefined) return relation(target, inner(), around, depth);
    return SAME_MODEL.has(name) ? reached(inner(), model, around, depth + 1) : [];
  }));
};

/** `where: { seat: … }`, `data: { seat: … }`, `select: { seat: true }`. */
const noteColumn = (model: string, field: string, { columns, used, place }: Around): void => {
  const column = columns.get(model)?.get(field);
  const table = place.models.prisma(model)?.table;
  if (column !== undefined && table !== undefined) used.set(table, (used.get(table) ?? new Set<string>()).add(column));
};

const isNew = (object: object, model: string, { seen, ids }: Around): boolean => {
  const id = ids.get(object) ?? ids.size;
  ids.set(object, id);
  const key = `${model}:${String(id)}`;
  return !seen.has(key) && seen.add(key).size > 0;
};

const relation = (target: string, inner: readonly Shape[], around: Around, depth: number): Touch[] => {
  const found = around.place.models.prisma(target);
  if (found === undefined) return [];
  const writes = inner.some(({ object }) => object.properties.some(({ name }) => name !== undefined && NESTED_WRITES.has(name)));
  return [{ table: found.table, mode: writes ? 'write' : 'read', columns: [], via: 'prisma', line: around.line }, ...reached(inner, target, around, depth + 1)];
};
