import type { Expr } from '../parse/facts.ts';
import { before, type Chain, type Link } from './chain.ts';
import type { Place, Recogniser, Touch } from './found.ts';
import type { Model } from './models.ts';

const READS = new Set(['findMany', 'findFirst', 'findUnique', 'findFirstOrThrow', 'findUniqueOrThrow', 'findOne', 'count', 'aggregate', 'groupBy']);
const WRITES = new Set(['create', 'createMany', 'createManyAndReturn', 'update', 'updateMany', 'updateManyAndReturn', 'upsert', 'delete', 'deleteMany']);
const NESTED_WRITES = new Set(['create', 'createMany', 'connectOrCreate', 'update', 'updateMany', 'upsert', 'delete', 'deleteMany', 'set']);
const CLIENT = /prisma|^(?:db|client|tx|trx|database|orm)$/i;

/** A relation field of a Prisma model: the model it leads to. */
export type PrismaRelations = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** `prisma.order.findMany({ include: { items: true } })`: models of schema.prisma, or, without one, of anything called prisma. */
export const recognisePrisma = (relations: PrismaRelations): Recogniser => (chain, place) => {
  const position = chain.links.findIndex((link, at) => isClientCall(chain, link, at));
  const link = chain.links[position];
  const member = chain.links[position - 1];
  if (link === undefined || member === undefined) return undefined;
  const client = before(chain, position - 1);
  const model = place.models.prisma(member.name) ?? guessed(member, client, link, place);
  if (model === undefined || (relations.size === 0 && !CLIENT.test(client))) return undefined;
  const main: Touch = { table: model.table, mode: WRITES.has(link.name) ? 'write' : 'read', columns: [], via: 'prisma', line: link.line };
  return { touches: [main, ...nested(link.args[0], model.name, { relations, place, line: link.line })] };
};

/** A known method right after a plain member. */
const isClientCall = (chain: Chain, link: Link, position: number): boolean => {
  const member = chain.links[position - 1];
  return link.call !== undefined && member !== undefined && member.call === undefined && (READS.has(link.name) || WRITES.has(link.name));
};

const guessed = (member: Link, client: string, link: Link, place: Place): Model | undefined =>
  (/prisma/i.test(client) ? { name: member.name, table: member.name.charAt(0).toUpperCase() + member.name.slice(1), via: 'prisma', file: place.file, line: link.line } : undefined);

interface Around { readonly relations: PrismaRelations; readonly place: Place; readonly line: number }

/** Tables reached through relations in `include`, `select` and nested writes. */
const nested = (options: Expr | undefined, model: string, around: Around, depth = 0): Touch[] => {
  if (options?.kind !== 'object' || depth > 6) return [];
  return options.properties.flatMap(({ name, value }): Touch[] => {
    if (name === 'include' || name === 'select' || name === 'where' || name === 'data' || name === 'create' || name === 'update' || name === 'orderBy') return fields(value, model, around, depth);
    return [];
  });
};

const fields = (value: Expr, model: string, around: Around, depth: number): Touch[] => {
  if (value.kind === 'array') return value.items.flatMap((item) => fields(item, model, around, depth));
  if (value.kind !== 'object') return [];
  return value.properties.flatMap(({ name, value: inner }): Touch[] => {
    const target = name === undefined ? undefined : around.relations.get(model)?.get(name);
    const found = target === undefined ? undefined : around.place.models.prisma(target);
    if (target === undefined || found === undefined || (inner.kind === 'literal' && inner.value === false)) return [];
    const writes = inner.kind === 'object' && inner.properties.some((one) => one.name !== undefined && NESTED_WRITES.has(one.name));
    return [{ table: found.table, mode: writes ? 'write' : 'read', columns: [], via: 'prisma', line: around.line }, ...nested(inner, target, around, depth + 1)];
  });
};
