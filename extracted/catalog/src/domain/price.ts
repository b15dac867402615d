/** How an exact half cent is settled. Anything else goes to the nearer cent under both. */
export type Rounding = 'half-up' | 'half-even';

/** A price rule of the pricing context, as far as a price needs it. */
export interface Offer {
  readonly ruleId: number;
  /** Whole percent, 1 to 90. */
  readonly percentOff: number;
}

/**
 * The only place where the two builds of this service differ.
 *
 * The shop rounds half-up: 1990 at 15 % off is 1691.5 cents, so 1692. The early build rounded half-even ("banker's rounding", what
 * many decimal libraries do unless told otherwise): 1692 there too, but 1690 at 25 % off, 1492.5, became 1492 instead of 1493. One
 * cent, and only where a half falls on an even cent: seldom enough to pass a review and every test with round numbers.
 *
 * Integers throughout, so that no floating point decides a half: `hundredths` is cents times 100, not negative.
 */
export function toWholeCents(hundredths: number, rounding: Rounding): number {
  const cents = Math.floor(hundredths / 100);
  const rest = hundredths % 100;
  if (rest === 50) return rounding === 'half-up' || cents % 2 === 1 ? cents + 1 : cents;
  return rest > 50 ? cents + 1 : cents;
}

/** List price in cents in, what the customer pays out. Without an offer nothing changes. */
export function effectivePrice(priceCents: number, offer: Offer | undefined, rounding: Rounding): number {
  return offer === undefined ? priceCents : toWholeCents(priceCents * (100 - offer.percentOff), rounding);
}
