import type { Lsn } from '../capture/lsn.ts';

/** What a cut-over needs of the others; the composition root gives it. Every act may be called again after a crash and must then be harmless. */
export interface CutoverPorts {
  readonly gate: Gate;
  readonly drain: Drain;
  readonly reverse: Reverse;
}

/** The proxy, which stands between callers and both owners. */
export interface Gate {
  /** Holds new writes to the tables' routes and waits for those in flight. Lets go by itself when `deadlineMs` has passed: a dead cut-over must not stop the shop. */
  hold(tables: readonly string[], deadlineMs: number): Promise<{ readonly id: string; readonly inFlightWaitedMs: number }>;
  /**
   * Sends the held and all later writes to `to`; durable before it resolves. Rejects with a StranglerError when it certainly did not (an expired hold, an older
   * epoch); any other rejection means nobody knows, and it is asked again. Already flipped to `to`: says so by resolving.
   */
  flip(id: string, to: string, epoch: number): Promise<{ readonly heldRequests: number; readonly pauseMs: number }>;
  /** Lets whatever is still held go where its route now leads. An unknown id is no error. */
  release(id: string): Promise<unknown>;
}

/** Replication from the old owner to the new one. */
export interface Drain {
  /** Writes a mark into the old owner's WAL and says where. */
  marker(): Promise<Lsn>;
  /** Resolves once the new owner has durably applied everything up to `lsn`; rejects after `deadlineMs`. */
  caughtUp(lsn: Lsn, deadlineMs: number): Promise<void>;
}

/** Replication from the new owner back to the old one, so that going back loses nothing. */
export interface Reverse {
  /** Creates slot and publication on the new owner: from here on none of its own writes can be missed. Idempotent, and kept when the cut-over is undone. */
  prepare(): Promise<void>;
  start(): Promise<void>;
}
