import { compareText } from '../model/evidence.ts';
import type { SystemModel } from '../model/graph.ts';

/** Tables of one context that change together: Evans's consistency boundary, as the code and the schema draw it. */
export interface Aggregate {
  /** The table that the others refer to. */
  readonly root: string;
  readonly tables: readonly string[];
  readonly columns: ReadonlyMap<string, readonly string[]>;
}

/** Groups a context's tables: a cascading foreign key, or writes in one transaction, make them one aggregate. The one most referred to is its root. */
export function aggregatesOf(model: SystemModel, tables: readonly string[]): Aggregate[] {
  const own = new Set(tables);
  const keys = model.foreignKeys.filter(({ from, to }) => own.has(from.table) && own.has(to.table));
  const group = new Map(tables.map((table) => [table, new Set([table])] as const));
  for (const { from, to, onDelete = '' } of keys) if (/cascade/i.test(onDelete)) join(group, from.table, to.table);
  const written = new Map<string, string>();
  for (const { table, mode, transaction } of model.accesses) {
    if (mode !== 'write' || transaction === undefined || !own.has(table)) continue;
    join(group, written.get(transaction) ?? table, table);
    written.set(transaction, table);
  }
  const columns = new Map(model.tables.map((fact) => [fact.name, fact.columns] as const));
  const referred = (table: string): number => keys.filter(({ from, to }) => to.table === table && from.table !== table).length;
  return [...new Set(group.values())].map((its) => {
    const [root = '', ...others] = [...its].sort((a, b) => referred(b) - referred(a) || compareText(a, b));
    return { root, tables: [root, ...others.sort(compareText)], columns };
  }).sort((a, b) => compareText(a.root, b.root));
}

/** Unites the groups of two tables. */
function join(group: Map<string, Set<string>>, a: string, b: string): void {
  const [one, two] = [group.get(a), group.get(b)];
  if (one === undefined || two === undefined || one === two) return;
  for (const table of two) {
    one.add(table);
    group.set(table, one);
  }
}
