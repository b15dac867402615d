import { compareText } from '../model/evidence.ts';
import type { SystemModel, TableAccess } from '../model/graph.ts';
import type { EndpointPlan, TablePlan, Use } from './analysis.ts';
import { splitColumns } from './columns.ts';
import type { Territory } from './territory.ts';

/** From how many contexts on a table counts as reference data (readers) or as a god entity (writers). */
const MANY = 3;

/** The ownership matrix: per table its owner, and who else writes and reads it. */
export function planTables(model: SystemModel, tables: readonly string[], endpoints: readonly EndpointPlan[], where: Territory): TablePlan[] {
  const services = new Set([...tables.map(where.ofTable), ...endpoints.map(({ context }) => context)].filter((context) => context !== undefined));
  const shapes = shapesOf(model);
  const byTable = new Map<string, TableAccess[]>(tables.map((table) => [table, []]));
  for (const access of model.accesses) if (where.ofModule(access.at.module) !== undefined) byTable.get(access.table)?.push(access);
  return [...byTable].map(([table, accesses]) => {
    const writers = uses(accesses, 'write', where);
    const readers = uses(accesses, 'read', where);
    // A library or a script that writes it has no part to claim.
    const role = writers.filter(({ context }) => services.has(context)).length >= MANY ? 'god' : writers.length <= 1 && readers.length >= MANY ? 'reference' : 'own';
    const owner = where.ofTable(table);
    return { table, owner, writers, readers, role, split: role !== 'god' || owner === undefined ? [] : splitColumns({ table, accesses, owner, services, ...shapes.get(table) ?? SHAPELESS }, where) };
  });
}

function uses(accesses: readonly TableAccess[], mode: TableAccess['mode'], where: Territory): Use[] {
  const places = new Map<string, number>();
  for (const access of accesses) {
    const context = where.ofModule(access.at.module);
    if (access.mode === mode && context !== undefined) places.set(context, (places.get(context) ?? 0) + 1);
  }
  return [...places].map(([context, count]) => ({ context, places: count })).sort((a, b) => compareText(a.context, b.context));
}

export interface TableShape {
  readonly columns: readonly string[];
  /** What identifies a row: the columns that foreign keys refer to, else `id`; empty when neither is known. */
  readonly key: readonly string[];
}

export function shapesOf({ tables, foreignKeys }: SystemModel): ReadonlyMap<string, TableShape> {
  const referred = new Map<string, readonly string[]>();
  for (const { to } of foreignKeys) if (to.columns.length > 0 && !referred.has(to.table)) referred.set(to.table, to.columns);
  return new Map(tables.map(({ name, columns }) => [name, { columns, key: referred.get(name)?.every((column) => columns.includes(column)) === true ? referred.get(name) ?? [] : columns.includes('id') ? ['id'] : [] }]));
}

const SHAPELESS: TableShape = { columns: [], key: [] };
