import type { ChangeTransaction } from '../capture/change-event.ts';
import type { Lsn } from '../capture/lsn.ts';

/** Where to start reading. `start` is the oldest transaction still kept. */
export type LogPosition = 'start' | { readonly afterLsn: Lsn } | { readonly fromTimeMs: number };

export interface LogExtent {
  /** Oldest and newest transaction kept; undefined when the log is empty. */
  readonly tail?: { readonly lsn: Lsn; readonly timeMs: number };
  readonly head?: { readonly lsn: Lsn; readonly timeMs: number };
  /** True when nothing was ever removed: before the tail there was nothing. */
  readonly complete?: boolean;
}

/** A durable, ordered log of source transactions: the embedded segment log, or Kafka. */
export interface ChangeLog {
  /** Durable when it resolves: the caller may then acknowledge the WAL. A transaction at or before the head is dropped (the source sends again after a crash). */
  append(transactions: readonly ChangeTransaction[]): Promise<void>;
  /** Batches in commit order. With `follow` it waits for more until the signal aborts; without, it ends at the head as of the call. A batch holds about `maxBatch` events, but at least one transaction. */
  read(from: LogPosition, options?: { readonly follow?: boolean; readonly signal?: AbortSignal; readonly maxBatch?: number }): AsyncIterable<readonly ChangeTransaction[]>;
  extent(): Promise<LogExtent>;
  close(): Promise<void>;
}
