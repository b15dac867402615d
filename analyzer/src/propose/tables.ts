import { compareText } from '../model/evidence.ts';
import type { SystemModel, TableAccess } from '../model/graph.ts';
import type { TablePlan, Use } from './analysis.ts';
import type { Territory } from './territory.ts';

/** From how many contexts on a table counts as reference data (readers) or as a god entity (writers). */
const MANY = 3;

/** The ownership matrix: per table its owner, and who else writes and reads it. */
export function planTables(model: SystemModel, tables: readonly string[], where: Territory): TablePlan[] {
  const byTable = new Map<string, TableAccess[]>(tables.map((table) => [table, []]));
  for (const access of model.accesses) if (where.ofModule(access.at.module) !== undefined) byTable.get(access.table)?.push(access);
  return [...byTable].map(([table, accesses]) => {
    const writers = uses(accesses, 'write', where);
    const readers = uses(accesses, 'read', where);
    const role = writers.length >= MANY ? 'god' : writers.length <= 1 && readers.length >= MANY ? 'reference' : 'own';
    return { table, owner: where.ofTable(table), writers, readers, role, split: role === 'god' ? split(accesses, where) : [] };
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

/** Each column to the context that writes it in most places; columns nobody is seen to write stay with the owner and are not listed. */
function split(accesses: readonly TableAccess[], where: Territory): TablePlan['split'] {
  const writers = new Map<string, Map<string, number>>();
  for (const { mode, columns, at } of accesses) {
    const context = where.ofModule(at.module);
    if (mode !== 'write' || context === undefined) continue;
    for (const column of columns) {
      const counts = writers.get(column) ?? new Map<string, number>();
      writers.set(column, counts.set(context, (counts.get(context) ?? 0) + 1));
    }
  }
  const columns = new Map<string, string[]>();
  for (const [column, counts] of writers) {
    const [first] = [...counts].sort(([a, x], [b, y]) => y - x || compareText(a, b));
    if (first !== undefined) columns.set(first[0], [...columns.get(first[0]) ?? [], column]);
  }
  return [...columns].map(([context, names]) => ({ context, columns: names.sort(compareText) })).sort((a, b) => compareText(a.context, b.context));
}
