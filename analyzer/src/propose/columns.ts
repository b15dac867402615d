import { compareText } from '../model/evidence.ts';
import type { TableAccess } from '../model/graph.ts';
import type { SplitPart } from './analysis.ts';
import type { Territory } from './territory.ts';

export interface SplitInput {
  readonly table: string;
  /** Of this table, by modules of contexts. */
  readonly accesses: readonly TableAccess[];
  readonly owner: string;
  /** As declared; columns that only queries name are added. */
  readonly columns: readonly string[];
  readonly key: readonly string[];
  /** Contexts that own a table or answer an endpoint. */
  readonly services: ReadonlySet<string>;
}

type Why = SplitPart['because'][number];

/**
 * The tables a god entity becomes. A column that the owner writes stays; else it goes to the context that writes it in most places; one that nobody is seen to write, to the only
 * context that reads it by name; all others stay with the owner. Only services own tables: what a library or a script writes stays, too. Every part carries the key, so that the parts can be joined again by those who hold an id.
 */
export function splitColumns(input: SplitInput, where: Territory): SplitPart[] {
  const { accesses, columns, key, owner, table } = input;
  const all = [...new Set([...columns, ...accesses.flatMap((access) => access.columns)])].filter((column) => column !== '*' && !key.includes(column)).sort(compareText);
  const parts = new Map<string, Why[]>();
  for (const column of all) {
    const { context, why } = homeOf(column, input, where);
    parts.set(context, [...parts.get(context) ?? [], why]);
  }
  return [...parts].map(([context, because]): SplitPart => ({ context, name: context === owner ? table : `${table}_${context.replace(/\W+/g, '_')}`, columns: because.map(({ column }) => column), key, because }))
    .sort((a, b) => Number(b.context === owner) - Number(a.context === owner) || compareText(a.context, b.context));
}

function homeOf(column: string, { accesses, owner, services }: SplitInput, where: Territory): { context: string; why: Why } {
  const by = (mode: TableAccess['mode']): Map<string, TableAccess[]> => {
    const found = new Map<string, TableAccess[]>();
    for (const access of accesses) {
      const context = where.ofModule(access.at.module);
      if (access.mode === mode && context !== undefined && services.has(context) && access.columns.includes(column)) found.set(context, [...found.get(context) ?? [], access]);
    }
    return found;
  };
  const writers = by('write');
  const [writer] = [...writers].sort(([a, x], [b, y]) => Number(b === owner) - Number(a === owner) || y.length - x.length || compareText(a, b));
  if (writer !== undefined) return { context: writer[0], why: whyOf(column, 'written', writer[1]) };
  const readers = by('read');
  const [only] = readers;
  if (only === undefined) return { context: owner, why: { column, why: 'unclaimed' } };
  // Read by several and written by none that was seen: the owner keeps it and publishes it.
  return readers.size === 1 ? { context: only[0], why: whyOf(column, 'read only', only[1]) } : { context: owner, why: whyOf(column, 'read only', readers.get(owner) ?? only[1]) };
}

const whyOf = (column: string, why: Why['why'], [first]: readonly TableAccess[]): Why => ({ column, why, ...(first === undefined ? {} : { evidence: first.evidence }) });
