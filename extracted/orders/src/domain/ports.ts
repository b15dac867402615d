import type { Checkout, In, Promotion, Refusal } from './checkout.ts';
import type { Payment, PaymentMethod } from './order.ts';
import type { Item, Line } from './totals.ts';

/** What a collaborator said. `unknown`: nothing usable came back, so that it may have acted or not. */
export type Answer<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * The contexts a checkout needs. Each call names the checkout by its key and can be repeated: the second is answered like the first.
 * After something was taken back under a key, the same key is refused: a request that was held up must not revive what was undone.
 */
export interface Collaborators {
  price(items: readonly Item[]): Promise<Answer<Line[]>>;
  reserve(key: string, items: readonly Item[]): Promise<Answer<null>>;
  redeem(key: string, code: string): Promise<Answer<Promotion>>;
  authorize(key: string, payment: { orderId: number; method: PaymentMethod; amountCents: number }): Promise<Answer<Payment>>;
  release(key: string, items: readonly Item[]): Promise<Answer<null>>;
  restore(key: string, promotionId: number | null): Promise<Answer<null>>;
  /** Lets go of what was authorised, refunds what was captured. Null when there never was a payment. */
  cancelPayment(key: string, orderId: number | null): Promise<Answer<Payment | null>>;
}

/** A checkout in somebody's hands: only who knows the current version can store the next step. */
export interface Held {
  readonly checkout: Checkout;
  readonly version: number;
  /** Attempts since the last step that succeeded. */
  readonly attempts: number;
}

export interface CheckoutStore {
  /** Undefined when this user used the idempotency key before. */
  begin(checkout: In<'pricing'>, idempotencyKey: string | undefined): Promise<Held | undefined>;
  find(userId: number, idempotencyKey: string): Promise<Checkout | undefined>;
  load(key: string): Promise<Checkout | undefined>;
  /** Undefined when somebody else holds the checkout by now. `payment`: news for the copy of payments, stored with the step. */
  save(held: Held, next: Checkout, payment?: Payment | null): Promise<Held | undefined>;
  /** The last step: the order, its lines, its event and the saga's end in one transaction. */
  confirm(held: Held, checkout: In<'confirming'>): Promise<Held | undefined>;
  /** Puts an unfinished checkout down; nobody takes it up before `delayMs` passed. */
  park(held: Held, delayMs: number): Promise<void>;
  /** Takes up unfinished checkouts that nobody holds. */
  claim(limit: number): Promise<Held[]>;
  nextOrderId(): Promise<number>;
}

export interface Clock {
  now(): Date;
  sleep(ms: number): Promise<void>;
}
