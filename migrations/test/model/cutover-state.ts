import type { JournalEntry } from '../../src/cutover/journal.ts';

export type Side = 'A' | 'B';
export type OfSides<T> = Readonly<Record<Side, T>>;

/** The variables of migrations/model/CutOver.tla. */
export interface CutoverState {
  readonly gate: { readonly owner: Side; readonly hold: number; readonly of: number; readonly count: number };
  readonly fence: OfSides<boolean>;
  readonly slot: OfSides<boolean>;
  readonly data: OfSides<readonly number[]>;
  readonly flow: OfSides<readonly number[]>;
  readonly write: readonly string[];
  readonly journal: { readonly run: number; readonly state: string; readonly new: Side };
  readonly proc: Readonly<Record<string, { readonly pc: string; readonly new: Side; readonly hold: number; readonly maybe: boolean; readonly epoch: number }>>;
  readonly lock: string;
  readonly epoch: number;
}

export const SIDES: readonly Side[] = ['A', 'B'];
/** By where the model's process has come to: the fence it has moved to get there. */
export const MOVES: Readonly<Record<string, string>> = { slot: 'fence new', drain: 'fence old', commit: 'lift new', 'undo-lift': 'fence new', 'undo-release': 'lift old', 'again-lift': 'fence old', 'again-hold': 'lift new' };

/** Whose step it was. One that refused a flip and asks again has not changed. */
export function mover(from: CutoverState, to: CutoverState): string {
  const found = Object.keys(to.proc).find((name) => JSON.stringify(from.proc[name]) !== JSON.stringify(to.proc[name]));
  return found ?? Object.keys(to.proc).find((name) => from.proc[name]?.pc === 'flip') ?? '';
}

/** As the model has it: the last of what decides how a run is taken up again. */
export function summary(entries: readonly JournalEntry[]): string {
  const run = entries.reduce((latest, entry) => Math.max(latest, entry.run), 0);
  const own = entries.filter((entry) => entry.run === run);
  const closed = own.some(({ event }) => event === 'closed');
  return `${String(run)} ${run === 0 || closed ? 'closed' : own.findLast(({ event }) => ['started', 'committing', 'refused'].includes(event))?.event ?? 'closed'}`;
}
