import type { Payment, PaymentMethod } from './order.ts';
import { computeTotals, type Item, type Line, MAX_TOTAL_CENTS, type Totals } from './totals.ts';

/**
 * The checkout saga. The monolith wrote orders, stock, promotion and payment in one transaction; now three of them live elsewhere, and
 * each is asked for its part and, when a later one refuses, asked to take it back:
 *
 *   pricing → reserving → redeeming → authorizing → confirming → confirmed
 *      │          │           │            │                         │ cancelled by somebody, later
 *      │          │           │            └────────→ voiding ←──────┘
 *      │          │           └───────────────────→ restoring
 *      │          └───────────────────────────────→ releasing
 *      └──────────────────────────────────────────→ undone
 *
 * A phase names what is about to be done and is stored before it is done. Whatever was attempted is undone, even when the answer was a
 * plain no: an attempt whose answer got lost may still arrive after the one that was refused.
 *
 * This file is pure. A transition takes the phase it is legal in; any other does not compile.
 */
export type Checkout = Begun & (Step | Confirmed | Undoing | Undone);

export interface Begun {
  /** Under which all collaborators know this checkout: `checkout-<uuid>`, or `order-<id>` for an order the monolith placed. */
  readonly key: string;
  readonly userId: number;
  readonly request: CheckoutRequest;
  /** ISO 8601. From then on no further step forward is begun; an authorised payment is confirmed all the same. */
  readonly deadline: string;
}

export interface CheckoutRequest {
  /** One per product, ordered by product id. */
  readonly items: readonly Item[];
  readonly paymentMethod: PaymentMethod;
  readonly promotionCode: string | null;
}

export interface Promotion {
  readonly id: number;
  readonly code: string;
  /** Whole percent. */
  readonly percentOff: number;
}

interface Draft {
  readonly lines: readonly Line[];
  readonly promotion: Promotion | null;
  readonly totals: Totals;
  readonly orderId: number;
}

type Step =
  | { readonly phase: 'pricing' }
  | { readonly phase: 'reserving'; readonly lines: readonly Line[] }
  | { readonly phase: 'redeeming'; readonly lines: readonly Line[] }
  | (Draft & { readonly phase: 'authorizing' })
  | (Draft & { readonly phase: 'confirming'; readonly payment: Payment });

type Confirmed = Draft & { readonly phase: 'confirmed' };

/** What there may be to take back. A collaborator goes by the checkout's key; the rest tells it about orders it never saw a key for. */
export interface Undo {
  readonly items: readonly Item[];
  readonly orderId: number | null;
  /** Null when no promotion was involved; its id is null when nobody knows whether it was redeemed. */
  readonly promotion: { readonly id: number | null } | null;
}

interface Debt {
  readonly because: Because;
  readonly undo: Undo;
}

type Undoing =
  | (Debt & { readonly phase: 'voiding' })
  | (Debt & { readonly phase: 'restoring' })
  | (Debt & { readonly phase: 'releasing' });

interface Undone {
  readonly phase: 'undone';
  readonly because: Because;
}

export type Because =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'cancelled'; readonly orderId: number };

/** What the customer is told. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export type In<Phase extends Checkout['phase']> = Extract<Checkout, { readonly phase: Phase }>;
export type Forward = In<Step['phase']>;
/** A checkout that may still be refused: once its payment is authorised it will be confirmed. */
export type Open = Exclude<Forward, In<'confirming'>>;
export type Backward = In<Undoing['phase']>;
export type Finished = In<'confirmed' | 'undone'>;

const TOO_LARGE: Refusal = { status: 400, code: 'bad_request', message: 'The order is too large' };
const TOO_LATE: Refusal = { status: 503, code: 'unavailable', message: 'The order could not be placed in time; nothing was charged' };

const base = ({ key, userId, request, deadline }: Begun): Begun => ({ key, userId, request, deadline });

export const begin = (begun: Begun): In<'pricing'> => ({ ...base(begun), phase: 'pricing' });

export const priced = (checkout: In<'pricing'>, lines: readonly Line[]): In<'reserving'> => ({ ...checkout, phase: 'reserving', lines });

export const reserved = (checkout: In<'reserving'>): In<'redeeming'> => ({ ...checkout, phase: 'redeeming' });

/** The totals are known now, and with them whether this can be an order at all. */
export function redeemed(checkout: In<'redeeming'>, promotion: Promotion | null, orderId: number): In<'authorizing'> | Backward {
  const totals = computeTotals(checkout.lines, promotion?.percentOff ?? 0);
  if (totals.totalCents > MAX_TOTAL_CENTS) return refuse(checkout, TOO_LARGE);
  return { ...checkout, phase: 'authorizing', promotion, totals, orderId };
}

export const authorized = (checkout: In<'authorizing'>, payment: Payment): In<'confirming'> => ({ ...checkout, phase: 'confirming', payment });

export function confirmed(checkout: In<'confirming'>): In<'confirmed'> {
  const { lines, promotion, totals, orderId } = checkout;
  return { ...base(checkout), phase: 'confirmed', lines, promotion, totals, orderId };
}

export function refuse(checkout: In<'redeeming'>, refusal: Refusal): Backward;
export function refuse(checkout: Open, refusal: Refusal): Backward | In<'undone'>;
export function refuse(checkout: Open, refusal: Refusal): Backward | In<'undone'> {
  const because: Because = { kind: 'refused', refusal };
  const { request } = checkout;
  const unknownPromotion = request.promotionCode === null ? null : { id: null };
  const undo = { items: request.items, orderId: null, promotion: unknownPromotion };
  switch (checkout.phase) {
    case 'pricing':
      return { ...base(checkout), phase: 'undone', because };
    case 'reserving':
      return { ...base(checkout), phase: 'releasing', because, undo };
    case 'redeeming':
      return { ...base(checkout), phase: undo.promotion === null ? 'releasing' : 'restoring', because, undo };
    case 'authorizing':
      return { ...base(checkout), phase: 'voiding', because, undo: { ...undo, orderId: checkout.orderId, promotion: checkout.promotion } };
  }
}

/** Somebody cancelled the order: everything its checkout did is taken back. */
export const cancelled = (begun: Begun, undo: Undo & { readonly orderId: number }): In<'voiding'> => ({
  ...base(begun), phase: 'voiding', because: { kind: 'cancelled', orderId: undo.orderId }, undo,
});

/** One thing was taken back; on to what was done before it. */
export function takenBack(checkout: Backward): Backward | In<'undone'> {
  switch (checkout.phase) {
    case 'voiding':
      return { ...checkout, phase: checkout.undo.promotion === null ? 'releasing' : 'restoring' };
    case 'restoring':
      return { ...checkout, phase: 'releasing' };
    case 'releasing':
      return { ...base(checkout), phase: 'undone', because: checkout.because };
  }
}

export const isFinished = (checkout: Checkout): checkout is Finished => checkout.phase === 'confirmed' || checkout.phase === 'undone';

export const isBackward = (checkout: Checkout): checkout is Backward => 'undo' in checkout;

/** The way back when it is too late to begin the step that comes next; undefined while there is time. */
export const expire = (checkout: Open, now: Date): Backward | In<'undone'> | undefined =>
  now >= new Date(checkout.deadline) ? refuse(checkout, TOO_LATE) : undefined;

export type Verdict =
  | { readonly kind: 'placed'; readonly orderId: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'running' };

/** What can be said to the customer by now. Once a checkout turned back its answer is certain, however long the undoing takes. */
export function verdictOf(checkout: Checkout): Verdict {
  if (checkout.phase === 'confirmed') return { kind: 'placed', orderId: checkout.orderId };
  if (!('because' in checkout)) return { kind: 'running' };
  const { because } = checkout;
  return because.kind === 'cancelled' ? { kind: 'placed', orderId: because.orderId } : because;
}
