import { describe, expect, test } from '@jest/globals';
import {
  authorized, begin, cancelled, type Checkout, confirmed, expire, isBackward, type Open, priced, redeemed, type Refusal, refuse,
  reserved, takenBack, verdictOf,
} from './checkout.ts';

const line = { productId: 7, sku: 'TEA-1', name: 'Teapot', quantity: 2, unitPriceCents: 1_990, lineTotalCents: 3_980 };
const promotion = { id: 4, code: 'TEATIME10', percentOff: 10 };
const payment = {
  id: 9, orderId: 31, method: 'card', status: 'authorized', amountCents: 4_298, reference: 'PAY-9', createdAt: '2024-05-01T10:00:00Z', capturedAt: null,
} as const;
const NO: Refusal = { status: 409, code: 'no', message: 'No' };

const started = (promotionCode: string | null) => begin({
  key: 'checkout-1', userId: 3, deadline: '2024-05-01T10:00:10Z', request: { items: [{ productId: 7, quantity: 2 }], paymentMethod: 'card', promotionCode },
});

/** The checkout in each of its open phases. */
function walk(promotionCode: string | null): Open[] {
  const pricing = started(promotionCode);
  const reserving = priced(pricing, [line]);
  const redeeming = reserved(reserving);
  const authorizing = redeemed(redeeming, promotionCode === null ? null : promotion, 31);
  if (authorizing.phase !== 'authorizing') throw new Error('the walk took a wrong turn');
  return [pricing, reserving, redeeming, authorizing];
}

function wayBack(from: Checkout): string[] {
  const phases: string[] = [];
  let checkout = from;
  while (isBackward(checkout)) {
    phases.push(checkout.phase);
    checkout = takenBack(checkout);
  }
  return [...phases, checkout.phase];
}

describe('a checkout', () => {
  test.each([
    ['pricing', ['undone']],
    ['reserving', ['releasing', 'undone']],
    ['redeeming', ['restoring', 'releasing', 'undone']],
    ['authorizing', ['voiding', 'restoring', 'releasing', 'undone']],
  ])('refused while %s takes back whatever was attempted, the last first', (phase, expected) => {
    const open = walk('teatime10').filter((checkout) => checkout.phase === phase);
    expect(open.map((checkout) => wayBack(refuse(checkout, NO)))).toEqual([expected]);
  });

  test('without a promotion restores none', () => {
    expect(walk(null).map((open) => wayBack(refuse(open, NO)))).toEqual([
      ['undone'], ['releasing', 'undone'], ['releasing', 'undone'], ['voiding', 'releasing', 'undone'],
    ]);
  });

  test('computes its totals when the promotion is known', () => {
    expect(walk('teatime10').at(-1)).toMatchObject({ totals: { subtotalCents: 3_980, discountCents: 398, taxCents: 716, totalCents: 4_298 } });
  });

  test('too large to be stored turns back with what it redeemed', () => {
    const redeeming = reserved(priced(started('teatime10'), [{ ...line, lineTotalCents: 2_000_000_000 }]));
    const turned = redeemed(redeeming, promotion, 31);
    expect([verdictOf(turned), wayBack(turned)]).toEqual([
      { kind: 'refused', refusal: { status: 400, code: 'bad_request', message: 'The order is too large' } },
      ['restoring', 'releasing', 'undone'],
    ]);
  });

  test('begins no step at its deadline, and any step before', () => {
    for (const open of walk('teatime10')) {
      expect(expire(open, new Date('2024-05-01T10:00:09.999Z'))).toBeUndefined();
      const turned = expire(open, new Date('2024-05-01T10:00:10Z'));
      expect(turned === undefined ? undefined : verdictOf(turned)).toMatchObject({ kind: 'refused', refusal: { status: 503, code: 'unavailable' } });
    }
  });

  test('has its verdict as soon as it turned back, not before', () => {
    const authorizing = walk('teatime10').at(-1);
    if (authorizing?.phase !== 'authorizing') throw new Error('the walk took a wrong turn');
    const confirming = authorized(authorizing, payment);
    expect([authorizing, confirming].map((checkout) => verdictOf(checkout).kind)).toEqual(['running', 'running']);
    expect(verdictOf(confirmed(confirming))).toEqual({ kind: 'placed', orderId: 31 });
    expect(verdictOf(refuse(authorizing, NO))).toEqual({ kind: 'refused', refusal: NO });
  });

  test('of a cancelled order still is the checkout that placed it', () => {
    const turned = cancelled(started(null), { items: [], orderId: 31, promotion: null });
    expect([verdictOf(turned), wayBack(turned)]).toEqual([{ kind: 'placed', orderId: 31 }, ['voiding', 'releasing', 'undone']]);
  });
});
