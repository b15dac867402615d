import type { Setting } from './setting.ts';

/** How far a route has moved. The union is ordered: each step is earned by the one before. */
export type Stage =
  | 'monolith'
  | { readonly shadow: Shadow }
  | { readonly canary: Canary }
  | 'service'
  | 'retired';

export interface Shadow {
  /** Share of requests mirrored to the candidate, 0 to 1. */
  readonly sample: number;
  /** Required to shadow a write: the base URL of a service whose effects nobody sees. */
  readonly sandbox?: Setting;
}

export interface Canary {
  /** Share of callers served by the candidate, 0 to 100. */
  readonly percent: number;
  /** What identifies a caller, so that one caller always sees one side. */
  readonly stickyBy: StickyBy;
}

/** `client` is the hashed client address; a request that lacks the header or cookie falls back to it. */
export type StickyBy = `header:${string}` | `cookie:${string}` | 'client';

export type StageName = 'monolith' | 'shadow' | 'canary' | 'service' | 'retired';

export const LADDER: readonly StageName[] = ['monolith', 'shadow', 'canary', 'service', 'retired'];

export function stageName(stage: Stage): StageName {
  if (typeof stage === 'string') return stage;
  return 'shadow' in stage ? 'shadow' : 'canary';
}

/** `canary 5 %`, `shadow 20 %`, `service`: the one way a stage is printed. */
export function printStage(stage: Stage): string {
  if (typeof stage === 'string') return stage;
  return 'shadow' in stage ? `shadow ${percentOf(stage.shadow.sample * 100)}` : `canary ${percentOf(stage.canary.percent)}`;
}

const percentOf = (value: number): string => `${String(Math.round(value * 100) / 100)} %`;
