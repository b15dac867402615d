import { type Backward, type Checkout, expire, isBackward, isFinished, type Open } from '../domain/checkout.ts';
import type { CheckoutStore, Clock, Held } from '../domain/ports.ts';
import type { Steps } from './steps.ts';

/** Goes on with a checkout in hand until it is finished, has to wait, or turns out to be in somebody else's hands. */
export type Run = (held: Held) => Promise<Checkout>;

/** 200 ms, 400, 800 … 30 s. */
const backoffMs = (attempts: number): number => Math.min(100 * 2 ** attempts, 30_000);

/** `maxPauseMs`: between two attempts forward; with the call itself it must fit into a lease. */
export function createRunner(store: CheckoutStore, steps: Steps, clock: Clock, maxPauseMs: number): Run {
  /** Forward, a silent collaborator is asked again until the deadline: the customer is waiting. */
  async function goForward(held: Held, checkout: Open): Promise<Held | undefined> {
    const expired = expire(checkout, clock.now());
    if (expired !== undefined) return store.save(held, expired);
    const performed = await steps.forward(checkout);
    if (performed !== undefined) return store.save(held, performed.next);
    const attempts = held.attempts + 1;
    const timeLeftMs = new Date(checkout.deadline).getTime() - clock.now().getTime();
    await clock.sleep(Math.min(backoffMs(attempts), maxPauseMs, Math.max(0, timeLeftMs)));
    // Storing the same step again renews the lease.
    const renewed = await store.save(held, checkout);
    return renewed === undefined ? undefined : { ...renewed, attempts };
  }

  /** Backward there is no deadline and nobody waits: the checkout is put down and a sweep takes it up again. */
  async function goBack(held: Held, checkout: Backward): Promise<Held | undefined> {
    const performed = await steps.backward(checkout);
    if (performed !== undefined) return store.save(held, performed.next, performed.payment);
    await store.park(held, backoffMs(held.attempts + 1));
    return undefined;
  }

  /** One step, performed and then stored. Undefined: put down, or somebody else holds the checkout. */
  function step(held: Held): Promise<Held | undefined> {
    const { checkout } = held;
    if (isFinished(checkout)) return Promise.resolve(held);
    if (checkout.phase === 'confirming') return store.confirm(held, checkout);
    return isBackward(checkout) ? goBack(held, checkout) : goForward(held, checkout);
  }

  return async (held) => {
    let current = held;
    while (!isFinished(current.checkout)) {
      const next = await step(current);
      if (next === undefined) break;
      current = next;
    }
    return current.checkout;
  };
}
