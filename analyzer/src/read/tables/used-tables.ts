import { compareText } from '../../model/evidence.ts';
import type { TableAccess, TableFact } from '../../model/graph.ts';

/** Declared tables and those that queries name though nothing declares them. */
export const withUsedTables = (declared: readonly TableFact[], accesses: readonly TableAccess[]): TableFact[] => {
  const tables = new Map(declared.map((table) => [table.name, table]));
  for (const { table, evidence } of accesses) {
    if (!tables.has(table)) tables.set(table, { name: table, columns: [], triggers: [], evidence, declared: false });
  }
  return [...tables.values()].sort((a, b) => compareText(a.name, b.name));
};
