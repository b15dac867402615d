import type { BreakerLimits } from './forward/breaker.ts';
import type { ForwardLimits } from './forward/upstream.ts';

/** Every bound of the proxy in one place. All have defaults that suit a monolith one knows little about. */
export interface Limits extends ForwardLimits {
  readonly breaker: BreakerLimits;
  readonly mirrorConcurrency: number;
  /** Request and answer of one compared exchange together. */
  readonly mirrorMaxBytes: number;
  readonly mirrorTimeoutMs: number;
  /** How long replication is given before a disagreement is looked at once more. */
  readonly mirrorSettleMs: number;
  /** Share of a canary's reads that the other side is asked too, 0 to 1. */
  readonly canarySample: number;
  /** Requests that may wait at a fence. */
  readonly fenceMaxHeld: number;
  /** How long a write whose end we did not see (its client left, its connection broke) still counts as under way. */
  readonly uncertainWriteMs: number;
  /** How long a stop waits for requests under way. */
  readonly drainMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  connectTimeoutMs: 5_000,
  answerTimeoutMs: 120_000,
  idleConnectionMs: 4_000,
  breaker: { failures: 5, openMs: 2_000 },
  mirrorConcurrency: 32,
  mirrorMaxBytes: 1024 * 1024,
  mirrorTimeoutMs: 10_000,
  mirrorSettleMs: 500,
  canarySample: 0.1,
  fenceMaxHeld: 1_000,
  uncertainWriteMs: 2_000,
  drainMs: 10_000,
};
