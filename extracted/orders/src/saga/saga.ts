import { begin, type Checkout, type CheckoutRequest, type Verdict, verdictOf } from '../domain/checkout.ts';
import type { CheckoutStore, Clock, Collaborators, Held } from '../domain/ports.ts';
import { createRunner, type Run } from './runner.ts';
import { createSteps, type Log } from './steps.ts';

export interface SagaSettings {
  /** How long a checkout may try to go forward. */
  readonly checkoutTimeoutMs: number;
  /** How long one call may take, and the longest pause before it is tried again. */
  readonly stepTimeoutMs: number;
  readonly log: Log;
}

export interface Placing {
  readonly userId: number;
  /** A fresh name for this checkout. */
  readonly key: string;
  readonly idempotencyKey: string | undefined;
  readonly request: CheckoutRequest;
}

/** The same idempotency key came with another order. */
export class KeyReused extends Error {
  override name = 'KeyReused';
}

export interface Saga {
  /** Runs a checkout to its verdict. A repeated idempotency key gets the verdict of the first one, waiting for it if need be. */
  place(placing: Placing): Promise<Verdict>;
  readonly run: Run;
  /** Takes up what crashed or had to wait; how many. */
  sweep(limit?: number): Promise<number>;
}

const POLL_MS = 50;

export function createSaga(store: CheckoutStore, collaborators: Collaborators, clock: Clock, settings: SagaSettings): Saga {
  const { checkoutTimeoutMs, stepTimeoutMs, log } = settings;
  const run = createRunner(store, createSteps(collaborators, () => store.nextOrderId(), log), clock, stepTimeoutMs);

  /** Somebody else runs it and stores its verdict; this only looks. */
  async function wait(look: () => Promise<Checkout | undefined>): Promise<Verdict> {
    const until = clock.now().getTime() + checkoutTimeoutMs;
    for (;;) {
      const checkout = await look();
      const verdict: Verdict = checkout === undefined ? { kind: 'running' } : verdictOf(checkout);
      if (verdict.kind !== 'running' || clock.now().getTime() >= until) return verdict;
      await clock.sleep(POLL_MS);
    }
  }

  async function repeat({ userId, request }: Placing, idempotencyKey: string): Promise<Verdict> {
    const first = await store.find(userId, idempotencyKey);
    if (first !== undefined && !sameRequest(first.request, request)) throw new KeyReused();
    return wait(() => store.find(userId, idempotencyKey));
  }

  async function resume(held: Held): Promise<Checkout> {
    log('info', 'checkout_resumed', { key: held.checkout.key, phase: held.checkout.phase });
    return run(held);
  }

  return {
    run,

    place: async (placing) => {
      const { userId, key, request, idempotencyKey } = placing;
      const deadline = new Date(clock.now().getTime() + checkoutTimeoutMs).toISOString();
      const held = await store.begin(begin({ key, userId, request, deadline }), idempotencyKey);
      if (held === undefined) return repeat(placing, idempotencyKey ?? '');
      const reached = await run(held);
      const verdict = verdictOf(reached);
      return verdict.kind === 'running' ? wait(() => store.load(key)) : verdict;
    },

    sweep: async (limit = 10) => {
      const claimed = await store.claim(limit);
      // All at once: one that waits for a silent collaborator must not use up the others' leases.
      const runs = await Promise.allSettled(claimed.map(resume));
      const failed = runs.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
      if (failed.length > 0) throw new AggregateError(failed, `${String(failed.length)} of ${String(claimed.length)} checkouts stumbled`);
      return claimed.length;
    },
  };
}

/** Field by field: the stored one has been through jsonb, which keeps no key order. */
function sameRequest(a: CheckoutRequest, b: CheckoutRequest): boolean {
  const text = ({ items, paymentMethod, promotionCode }: CheckoutRequest): string =>
    JSON.stringify([items.map(({ productId, quantity }) => [productId, quantity]), paymentMethod, promotionCode]);
  return text(a) === text(b);
}
