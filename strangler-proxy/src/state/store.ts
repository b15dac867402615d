import type { ErrorCode, Stage } from '@strangler/kernel';
import type { Evidence } from '../compare/evidence.ts';
import type { RouteTally } from '../compare/tally.ts';

/** Where one route stands, since when, and on whose word. */
export interface RouteState {
  readonly stage: Stage;
  /** ISO 8601. */
  readonly since: string;
  readonly by: string;
  readonly why: string;
}

/** All that changes while the proxy runs. One immutable value: a request sees either all of a change or nothing of it. */
export interface ProxyState {
  /** Counts durable changes; one cut-over is one. */
  readonly epoch: number;
  readonly routes: Readonly<Record<string, RouteState>>;
}

export interface StageChange {
  readonly route: string;
  readonly from: Stage;
  readonly to: Stage;
}

/** Who did what, when, why, and on what evidence. Written before the change can be seen. */
export interface AuditEntry {
  readonly epoch: number;
  /** ISO 8601. */
  readonly at: string;
  readonly act: 'promote' | 'rollback' | 'cutover' | 'compare-reset' | 'abandoned' | 'unreadable';
  readonly by: string;
  readonly why: string;
  readonly changes: readonly StageChange[];
  readonly evidence?: Evidence;
  /** The refusal that was overridden. */
  readonly forced?: ErrorCode;
}

export type Tallies = Readonly<Record<string, RouteTally>>;

/** Where state is kept. One suite (test/contracts/state-store.contract.ts) holds for every implementation. */
export interface StateStore {
  /** The last durable state; `undefined` at the very first start. @throws StranglerError STR_STATE_UNREADABLE rather than starting over. */
  load(): Promise<ProxyState | undefined>;
  /** Makes the entry durable, then the state. When it rejects (STR_STATE_NOT_WRITTEN), neither has happened. */
  commit(state: ProxyState, entry?: AuditEntry): Promise<void>;
  /** The newest `limit` entries, oldest first. */
  audit(limit: number): Promise<readonly AuditEntry[]>;
  loadTallies(): Promise<Tallies>;
  /** Atomic, not forced to disk: a power cut may cost the last seconds of counting, never a stage. */
  saveTallies(tallies: Tallies): Promise<void>;
  close(): Promise<void>;
}
