import type { Finding, Stage, StageName } from '@strangler/kernel';
import type { Evidence } from '../compare/evidence.ts';
import type { RouteTally } from '../compare/tally.ts';
import type { RouteCounts } from '../counters.ts';
import type { FenceView, Raised, Released } from '../fence/fences.ts';
import type { BreakerState } from '../forward/breaker.ts';
import type { AuditEntry, RouteState, StageChange } from '../state/store.ts';

/** What the admin API answers. The CLI and the dashboard read these, and nothing else. */
export interface Status {
  readonly proxy: { readonly pid: number; readonly url: string; readonly adminUrl: string; readonly startedAt: string; readonly stateDirectory: string };
  readonly epoch: number;
  readonly monolith: { readonly url: string };
  readonly services: Readonly<Record<string, { readonly url: string; readonly breaker: BreakerState }>>;
  readonly routes: readonly RouteStatus[];
  /** Requests since the start; `unrouted` are those no route matches. */
  readonly requests: RouteCounts & { readonly unrouted: number };
  readonly fences: readonly FenceView[];
  /** Unreachable upstreams, routes the config no longer names. */
  readonly findings: readonly Finding[];
}

export interface RouteStatus extends RouteState {
  readonly id: string;
  readonly match: string;
  readonly to: string;
  readonly write: boolean;
  readonly writes: readonly string[];
  /** `shadow:0.2`, `canary:5`: what `--to` takes. */
  readonly notation: string;
  readonly stageName: StageName;
  /** What the config says. */
  readonly configured: Stage;
  /** The state is not where the config starts it. */
  readonly drift: boolean;
  readonly requests: RouteCounts;
  readonly evidence: Evidence;
}

export interface RouteDetail extends RouteStatus {
  readonly tally: RouteTally;
  readonly history: readonly AuditEntry[];
}

export interface ChangeBody {
  /** `shadow`, `shadow:0.2`, `canary:5`, `service`, `retired`, `monolith`; without it the next step. */
  readonly to?: string;
  readonly by: string;
  readonly why: string;
  /** Without it nothing is changed: the plan is answered. */
  readonly execute?: boolean;
  readonly force?: boolean;
  readonly stickyBy?: string;
}

export interface Plan {
  readonly route: string;
  readonly from: Stage;
  readonly to: Stage;
  /** All routes that move; more than one when a write set goes back together. */
  readonly changes: readonly StageChange[];
  readonly because: string;
  readonly evidence: Evidence;
  /** The refusal that was overridden. */
  readonly forced?: string;
  /** The command that takes it back. */
  readonly undo: string;
}

export interface Changed {
  readonly plan: Plan;
  readonly executed: boolean;
  /** After the change, or as it is. */
  readonly epoch: number;
}

export interface ComparisonReport {
  readonly route: string;
  readonly stage: Stage;
  readonly evidence: Evidence;
  readonly tally: RouteTally;
}

export interface FenceBody {
  readonly tables: readonly string[];
  readonly deadlineMs: number;
  readonly by: string;
  readonly why: string;
}

export interface FlipBody {
  readonly to: 'service' | 'monolith';
  readonly by: string;
  readonly why: string;
}

export interface Flipped extends Released {
  readonly epoch: number;
  readonly changes: readonly StageChange[];
}

export type { FenceView, Raised, Released };
