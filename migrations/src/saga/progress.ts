/**
 * How far a saga is, and what comes next. Pure. `at` is the step in hand: going forward steps before it are done, going back steps after it are taken back.
 *
 *   forward 0 → forward 1 → … → done
 *      └───────────┴→ backward at the step that was attempted → … → backward 0 → undone
 */
export type Phase = 'forward' | 'backward' | 'done' | 'undone';

export interface Progress {
  readonly phase: Phase;
  readonly at: number;
}

export type StepEnd = 'acted' | 'gave up' | 'taken back';

export const isFinished = ({ phase }: Progress): boolean => phase === 'done' || phase === 'undone';

/** @param steps how many steps the saga has; @param end what became of the step in hand */
export function after({ phase, at }: Progress, steps: number, end: StepEnd): Progress {
  if (phase === 'forward' && end === 'acted') return at + 1 === steps ? { phase: 'done', at } : { phase, at: at + 1 };
  // Whatever was attempted is taken back, even what was refused: an attempt whose answer got lost may arrive after the refused one.
  if (phase === 'forward' && end === 'gave up') return { phase: 'backward', at };
  if (phase === 'backward' && end === 'taken back') return at === 0 ? { phase: 'undone', at } : { phase, at: at - 1 };
  throw new Error(`a saga going ${phase} cannot have ${end}`);
}

/** Turned back by somebody's decision. What is done already is past turning. */
export const turnedBack = ({ phase, at }: Progress): Progress | undefined => phase === 'forward' ? { phase: 'backward', at } : undefined;
