import { StranglerError, type Problem } from '@strangler/kernel';

/**
 * Why a transaction is parked. `refused`: the target refuses one of its rows. `schema`: the source's table is no longer the one the mapping knows; it is tried again by
 * itself. `behind`: it touches rows of a parked one and would be fine otherwise.
 */
export type ParkedAs = 'refused' | 'schema' | 'behind';

export interface Refusal {
  readonly as: ParkedAs;
  /** The target table that is held as a whole, where the schema is the reason; else empty. */
  readonly table: string;
  /** Empty where it only waits. */
  readonly code: string;
  readonly reason: string;
}

/** A table of the target that takes nothing any more until it, or the mapping, is mended: later rows have the same shape. */
export class TableError extends StranglerError {
  /** `schema.table` in the target. */
  readonly table: string;

  constructor(problem: Problem, table: string) {
    super(problem);
    this.table = table;
  }
}

/** What the target or the mapping says of rows; anything else (a lost connection, another sink, a full disk) is no reason to park anything. */
const OF_ROWS = new Set(['STR_APPLY_FAILED', 'STR_ROW_UNTRANSLATABLE']);

/** The error as a reason to park a transaction; undefined when it is none. */
export function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof TableError) return { as: 'schema', table: error.table, code: error.code, reason: `${error.message} ${error.remedy}` };
  return error instanceof StranglerError && OF_ROWS.has(error.code) ? { as: 'refused', table: '', code: error.code, reason: error.message } : undefined;
}

export const heldWhole = ({ table }: Pick<Refusal, 'table'>): ReadonlySet<string> => new Set(table === '' ? [] : [table]);
