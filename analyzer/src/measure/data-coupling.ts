import { compareText, type ModulePath } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';
import { programModules } from './program.ts';

/** Who touches a table: the rows of the ownership matrix. Modules sorted. */
export interface TableUse {
  readonly table: string;
  readonly writers: readonly ModulePath[];
  readonly readers: readonly ModulePath[];
}

/** Data coupling, seen from the tables: every table the schema or the code names, with the modules that read and write it. Migrations and tests do not count as users. */
export function dataCoupling(model: SystemModel): TableUse[] {
  const source = new Set(programModules(model));
  const uses = new Map<string, { writers: Set<ModulePath>; readers: Set<ModulePath> }>();
  const of = (table: string): { writers: Set<ModulePath>; readers: Set<ModulePath> } => {
    const use = uses.get(table) ?? { writers: new Set(), readers: new Set() };
    uses.set(table, use);
    return use;
  };
  for (const { name } of model.tables) of(name);
  for (const { table, mode, at } of model.accesses) {
    if (source.has(at.module)) of(table)[mode === 'write' ? 'writers' : 'readers'].add(at.module);
  }
  return [...uses].sort(([a], [b]) => compareText(a, b)).map(([table, { writers, readers }]) => ({ table, writers: [...writers].sort(compareText), readers: [...readers].sort(compareText) }));
}
