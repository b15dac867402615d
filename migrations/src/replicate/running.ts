import type { Finding } from '@strangler/kernel';
import type { Applied } from '../apply/applier.ts';
import type { Lsn } from '../capture/lsn.ts';
import type { SnapshotProgress } from '../capture/snapshot.ts';
import type { CopyingProgress } from './table-copy/copier.ts';

/** Applied, and durable. */
export type Settled = Omit<Applied, 'durable'>;

export type ReplicationEvent =
  | ({ readonly kind: 'snapshot' } & SnapshotProgress)
  | { readonly kind: 'streaming'; readonly from: Lsn }
  /** A table that joined, or is copied once more, while the stream goes on. */
  | ({ readonly kind: 'copying' } & CopyingProgress)
  /** Durable at the target. */
  | ({ readonly kind: 'applied' } & Settled)
  /** The slot keeps so much of the source's WAL that somebody should look; told once per code and severity. */
  | { readonly kind: 'warning'; readonly finding: Finding }
  /** A side was lost and is asked again; nothing is lost meanwhile. A copy that loses its snapshot so goes on at marks in the stream. */
  | { readonly kind: 'trouble'; readonly side: 'source' | 'target'; readonly message: string; readonly retryInMs: number };

export interface ReplicationStatus {
  readonly phase: 'snapshot' | 'streaming' | 'stopped';
  /** The target is the source as of here. */
  readonly checkpoint: Lsn;
  /** Received from the source and durable, or known to be nothing of ours. */
  readonly captured: Lsn;
  readonly lag: {
    /** WAL between what was captured and what is applied; 0 when all is applied. */
    readonly bytes: number;
    /** Age of the oldest change not yet applied; 0 when all is applied. */
    readonly ms: number;
  };
  readonly eventsApplied: number;
  readonly transactionsApplied: number;
  readonly rowsSnapshotted: number;
}

export interface RunningReplication {
  status(): ReplicationStatus;
  /** Never resolves; rejects with the error that ended the replication. After `stop()` it stays pending. */
  readonly failed: Promise<never>;
  /** Lets the batch in hand finish, then closes everything. What is in the log and not applied is applied at the next start. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
