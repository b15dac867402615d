import { compareText, type Evidence } from '../../model/evidence.ts';
import type { TableAccess, TriggerFact, ViewFact } from '../../model/graph.ts';
import { touchesByWords } from '../tables/sql.ts';

export interface ViewDraft { readonly name: string; /** Tables and views. */ readonly reads: readonly string[]; readonly evidence: Evidence }
export interface TriggerDraft { readonly table: string; readonly name: string; readonly evidence: Evidence; readonly body?: string; readonly calls?: string }

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort(compareText);

/** The tables behind a view, through views that it is made of. */
export const basesOf = (name: string, views: ReadonlyMap<string, ViewDraft>): string[] => {
  const seen = new Set<string>();
  const into = (view: string): string[] => {
    if (seen.has(view)) return [];
    seen.add(view);
    return (views.get(view)?.reads ?? []).flatMap((one) => (views.has(one) ? into(one) : [one]));
  };
  return sorted(into(name));
};

/** Beside its own table, whose rows it is handed. Names that are no tables (`extract(day from held)`) are left out. */
export const touchedBy = ({ table: own, body, calls }: TriggerDraft, functions: ReadonlyMap<string, string>, isTable: (name: string) => boolean): Pick<TriggerFact, 'writes' | 'reads'> => {
  const text = body ?? (calls === undefined ? undefined : functions.get(calls)) ?? '';
  const touches = touchesByWords(text, 0, 'sql').filter(({ table }) => table !== own && isTable(table));
  const writes = sorted(touches.filter(({ mode }) => mode === 'write').map(({ table }) => table));
  return { writes, reads: sorted(touches.map(({ table }) => table)).filter((table) => !writes.includes(table)) };
};

/** Adds what code touches without naming it: the tables behind a view that it reads, and what the triggers of a table that it writes touch, and so on. */
export const withIndirect = (accesses: readonly TableAccess[], views: readonly ViewFact[], triggers: readonly TriggerFact[]): TableAccess[] => {
  const all = new Map(accesses.map((one) => [keyOf(one), one]));
  const waiting = [...accesses];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    for (const next of [...behindView(one, views), ...firedBy(one, triggers)]) {
      if (all.has(keyOf(next))) continue;
      all.set(keyOf(next), next);
      waiting.push(next);
    }
  }
  return [...all.values()];
};

/** One per place, table and mode: a table that code also names itself needs no detour. */
const keyOf = ({ evidence, at, table, mode }: TableAccess): string => [evidence.file, evidence.line, at.name, table, mode].join('\0');

/** Views are read; one that is made of a single table can be written, too. */
const behindView = (access: TableAccess, views: readonly ViewFact[]): TableAccess[] => {
  const view = views.find(({ name }) => name === access.table);
  if (view === undefined || (access.mode === 'write' && view.reads.length > 1)) return [];
  return view.reads.map((table) => ({ ...access, table, columns: [], through: view.name }));
};

const firedBy = (access: TableAccess, triggers: readonly TriggerFact[]): TableAccess[] => {
  if (access.mode !== 'write') return [];
  return triggers.filter(({ table }) => table === access.table).flatMap(({ name, writes, reads }) => [
    ...writes.map((table): TableAccess => ({ ...access, table, columns: [], joined: [], through: name })),
    ...reads.map((table): TableAccess => ({ ...access, table, mode: 'read', columns: [], joined: [], through: name })),
  ]);
};
