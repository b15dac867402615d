import { existsSync, readFileSync } from 'node:fs';
import type { TableAccess } from '../../../src/model/graph.ts';

/** What a person read at one place of somebody's source, before asking the analyzer. */
export interface QueryLabel {
  readonly system: string;
  /** Relative to the checkout. */
  readonly file: string;
  readonly from: number;
  readonly to: number;
  readonly kind: string;
  /** `table:r` or `table:w`, which the statement touches; empty where there is no query. */
  readonly tables: ReadonlySet<string>;
  /** Touched or not, depending on how one counts: a link table of many-to-many, an eager relation, the row read back after a write, a catalogue of the database; `*:r` for any. */
  readonly optional: ReadonlySet<string>;
  /** Which table cannot be known from this source: the right answer is to say so. */
  readonly dynamic: boolean;
}

export const SAMPLES = ['first', 'second', 'third'] as const;

export const labelsOf = (sample: (typeof SAMPLES)[number]): readonly QueryLabel[] => {
  const url = new URL(`./${sample}.tsv`, import.meta.url);
  return existsSync(url) ? readFileSync(url, 'utf8').trim().split('\n').slice(1).map(parse) : [];
};

const parse = (line: string): QueryLabel => {
  const [system = '', file = '', lines = '', kind = '', verdict = ''] = line.split('\t');
  const [from = 0, to = 0] = lines.split('-').map(Number);
  const words = verdict.split(' ').filter((word) => word !== 'none' && word !== 'dynamic');
  const optional = words.filter((word) => word.endsWith('?')).map((word) => word.slice(0, -1));
  return { system, file, from, to, kind, tables: new Set(words.filter((word) => !word.endsWith('?'))), optional: new Set(optional), dynamic: verdict.split(' ').includes('dynamic') };
};

/** `right`; `listed`: said to be unresolved; `silent`: a query that is neither; `wrong`: other tables or modes than are there. */
export type Verdict = 'right' | 'listed' | 'wrong' | 'silent';

/** Judges what the analyzer says about a label's lines: the tables with their modes, and whether it lists something there as unresolved. */
export const judge = (label: QueryLabel, accesses: readonly Pick<TableAccess, 'table' | 'mode'>[], listed: boolean): Verdict => {
  const found = new Set(accesses.map(({ table, mode }) => `${table}:${mode === 'read' ? 'r' : 'w'}`));
  const exact = [...label.tables].every((table) => found.has(table)) && [...found].every((table) => label.tables.has(table) || label.optional.has(table) || label.optional.has(table.replace(/^.*(?=:[rw]$)/, '*')));
  if (label.dynamic) return judgeDynamic(listed, found.size > 0, exact);
  if (exact) return 'right';
  return listed ? 'listed' : found.size > 0 || label.tables.size === 0 ? 'wrong' : 'silent';
};

const judgeDynamic = (listed: boolean, found: boolean, exact: boolean): Verdict => (listed || (found && exact) ? 'right' : found ? 'wrong' : 'silent');

/** Neither a table nor a question which one: the place holds no query. */
export const isNoQuery = ({ tables, optional, dynamic }: QueryLabel): boolean => tables.size === 0 && optional.size === 0 && !dynamic;
