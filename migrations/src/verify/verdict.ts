/** A key column → its text, named as in the source. */
export type RowKey = Readonly<Record<string, string | null>>;

/** One row that is not the same on both sides. */
export interface RowDifference {
  readonly key: RowKey;
  /** `missing`: only the source has it. `extra`: only the target has it, or has it more than once. */
  readonly kind: 'missing' | 'extra' | 'different';
  /** Source names of the columns that differ; empty for missing and extra rows. */
  readonly columns: readonly string[];
}

export interface TableVerdict {
  /** Source table, as the mapping names it. */
  readonly table: string;
  /** Target table. */
  readonly into: string;
  readonly rowsSource: number;
  readonly rowsTarget: number;
  readonly chunks: number;
  /** The first differing rows, at most `MAX_DIFFERENCES`, in key order. */
  readonly differing: readonly RowDifference[];
  /** False when any part of the table could not be judged. A table that differs for certain is `checked`. */
  readonly checked: boolean;
  /** Why it is not checked, or what else must be known about the figures. */
  readonly why?: string;
}

/**
 * What a comparison of two databases is worth.
 * `Verified`: every row of every mapped table is equal. `Mismatched`: at least one row differs and stayed so.
 * `Incomplete`: nothing was proved either way; each table that was not checked says why.
 */
export interface Verdict {
  readonly kind: 'Verified' | 'Mismatched' | 'Incomplete';
  readonly tables: readonly TableVerdict[];
  /** What this comparison cannot know, for the reader who must decide whether it is enough. */
  readonly cannotSee: readonly string[];
}

/** Rows listed per table; the rest is counted in `why`. */
export const MAX_DIFFERENCES = 100;

/** A certain difference outweighs a doubt, and a doubt outweighs any number of equal tables. */
export function judge(tables: readonly TableVerdict[], cannotSee: readonly string[]): Verdict {
  const mismatched = tables.some(({ checked, differing }) => checked && differing.length > 0);
  const complete = tables.length > 0 && tables.every(({ checked }) => checked);
  return { kind: mismatched ? 'Mismatched' : complete ? 'Verified' : 'Incomplete', tables, cannotSee };
}
