import type { Canary, Shadow, Stage } from '@strangler/kernel';
import { bucketOf } from './bucket.ts';

export type Side = 'monolith' | 'service';

export interface Decision {
  /** Who answers. */
  readonly serve: Side;
  /** Who else is asked the same, in the background, so that the two answers can be compared. */
  readonly mirror: Side | 'sandbox' | 'nobody';
  readonly because: 'no route' | 'not started' | 'shadow' | 'inside the canary' | 'outside the canary' | 'cut over';
}

export interface Question {
  /** What callers are spread by: the route's id, so that others go first on each route; for writes what their whole write set shares, so that one key has one writer. */
  readonly salt: string;
  readonly stage: Stage;
  /** A write is mirrored to a sandbox only, and never repeated. */
  readonly write: boolean;
  readonly caller: string;
  /** Uniform in [0, 1). */
  readonly dice: number;
  /** Share of a canary's reads that the other side is asked too, 0 to 1: evidence keeps coming after the shadow stage. */
  readonly canarySample: number;
}

/** What no route matches. */
export const UNROUTED: Decision = { serve: 'monolith', mirror: 'nobody', because: 'no route' };

/** Who answers, who is asked besides, and why. Pure: the caller and the dice come in as values. */
export function decide(question: Question): Decision {
  const { stage } = question;
  if (stage === 'monolith') return { serve: 'monolith', mirror: 'nobody', because: 'not started' };
  if (stage === 'service' || stage === 'retired') return { serve: 'service', mirror: 'nobody', because: 'cut over' };
  return 'shadow' in stage ? decideShadow(question, stage.shadow) : decideCanary(question, stage.canary);
}

function decideShadow({ write, dice }: Question, { sample, sandbox }: Shadow): Decision {
  const candidate = sandbox !== undefined ? 'sandbox' : write ? 'nobody' : 'service';
  return { serve: 'monolith', mirror: dice < sample ? candidate : 'nobody', because: 'shadow' };
}

function decideCanary({ salt, write, caller, dice, canarySample }: Question, { percent }: Canary): Decision {
  const compare = !write && dice < canarySample;
  return bucketOf(salt, caller) < percent
    ? { serve: 'service', mirror: compare ? 'monolith' : 'nobody', because: 'inside the canary' }
    : { serve: 'monolith', mirror: compare ? 'service' : 'nobody', because: 'outside the canary' };
}
