import type pg from 'pg';

/** What a step is told. `key` names it for ever: whoever acts under a key again must do nothing new and answer as before. */
export interface StepContext<Input = unknown> {
  readonly sagaId: string;
  readonly step: string;
  /** `<saga id>:<step>`. */
  readonly key: string;
  readonly input: Input;
  /** What the steps before it have answered, by name. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** From 1. */
  readonly attempt: number;
  /** Aborted when the runner may no longer count on holding the saga. */
  readonly signal: AbortSignal;
}

/** Pauses between attempts: `firstMs`, doubled each time up to `longestMs`. */
export interface Retry {
  /** Going forward it is given up after so many; going back it never is. */
  readonly attempts: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

interface StepBase<Input> {
  readonly name: string;
  /** From the step's first attempt, by the database's clock; after it no further attempt forward is begun. Default 60,000. */
  readonly timeoutMs?: number;
  /** Default 5 attempts, 200 ms to 30 s. */
  readonly retry?: Partial<Retry>;
  /**
   * Takes back what the step did, or may have done: it is called for every step that was attempted, also for the one that failed. Tried until it succeeds. Without
   * it there is nothing to take back.
   */
  readonly compensate?: (context: StepContext<Input>) => Promise<void>;
}

/** Asks somebody else. Answers with JSON, throws `StepRefused` for a no, and anything else when nobody knows. */
export interface RemoteStep<Input = unknown> extends StepBase<Input> {
  readonly act: (context: StepContext<Input>) => Promise<unknown>;
}

/** Writes in the saga's own database, in the very transaction that notes the step as done: it happens once without anybody's help. */
export interface LocalStep<Input = unknown> extends StepBase<Input> {
  readonly inTransaction: (client: pg.ClientBase, context: StepContext<Input>) => Promise<unknown>;
}

export type Step<Input = unknown> = RemoteStep<Input> | LocalStep<Input>;

/** Work across services, as steps in order. A saga that is under way finds its steps by name: rename none while sagas of it are unfinished. */
export interface SagaDefinition<Input = unknown> {
  readonly name: string;
  readonly steps: readonly Step<Input>[];
}

/** A participant said no, for good: the saga turns back. */
export class StepRefused extends Error {
  override name = 'StepRefused';
}

export const DEFAULT_RETRY: Retry = { attempts: 5, firstMs: 200, longestMs: 30_000 };
export const DEFAULT_TIMEOUT_MS = 60_000;

export const pauseMs = (retry: Partial<Retry> | undefined, attempt: number): number => {
  const { firstMs, longestMs } = { ...DEFAULT_RETRY, ...retry };
  return Math.min(firstMs * 2 ** Math.min(attempt - 1, 30), longestMs);
};
