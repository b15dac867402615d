import { ago, CUSTOMER_ID, HISTORY_MINUTES, type SeedPlan } from './plan.ts';
import { Prng } from './prng.ts';
import { drawCustomer } from './people.ts';
import { REVIEW_BODIES, REVIEW_TITLES } from './vocabulary.ts';
import type { SeedRow } from './writer.ts';

export interface SeededPromotion {
  id: number;
  percentOff: number;
  /** Whether seeded orders may use it. */
  usable: boolean;
  row: SeedRow;
}

const PROMOTIONS = [
  { code: 'WELCOME10', percentOff: 10 },
  { code: 'SPRING15', percentOff: 15 },
  { code: 'TEATIME5', percentOff: 5 },
  { code: 'FRIENDS20', percentOff: 20 },
  { code: 'EXPIRED25', percentOff: 25, expired: true },
  { code: 'PAUSED30', percentOff: 30, paused: true },
  { code: 'SOLDOUT50', percentOff: 50, exhausted: true },
] as const satisfies readonly { code: string; percentOff: number; expired?: boolean; paused?: boolean; exhausted?: boolean }[];

const EXHAUSTED_USES = 25;

export function makePromotions(plan: SeedPlan): SeededPromotion[] {
  return PROMOTIONS.map((promotion, index) => {
    const id = index + 1;
    const exhausted = 'exhausted' in promotion;
    const usable = !exhausted && !('expired' in promotion) && !('paused' in promotion);
    const row: SeedRow = {
      id,
      code: promotion.code,
      percent_off: promotion.percentOff,
      max_uses: exhausted ? EXHAUSTED_USES : plan.orders * 10,
      uses: exhausted ? EXHAUSTED_USES : 0,
      expires_at: 'expired' in promotion ? ago(60 * 24 * 30) : null,
      active: !('paused' in promotion),
      created_at: ago(HISTORY_MINUTES - id),
    };
    return { id, percentOff: promotion.percentOff, usable, row };
  });
}

function drawRating(prng: Prng): number {
  const roll = prng.next();
  if (roll < 0.07) return 1;
  if (roll < 0.15) return 2;
  if (roll < 0.3) return 3;
  return roll < 0.6 ? 4 : 5;
}

/** One review per customer and product at the most. */
export function* reviews(plan: SeedPlan): Generator<SeedRow> {
  const prng = new Prng('reviews');
  const seen = new Set<number>();
  for (let id = 1; id <= plan.reviews; ) {
    const productId = prng.skewed(plan.products);
    const userId = drawCustomer(prng, plan);
    const pair = productId * 1_000_000 + userId;
    if (seen.has(pair)) continue;
    seen.add(pair);
    const rating = drawRating(prng);
    yield {
      id,
      product_id: productId,
      user_id: userId,
      rating,
      title: prng.pick(REVIEW_TITLES[rating] ?? ['']),
      body: prng.pick(REVIEW_BODIES),
      created_at: ago(HISTORY_MINUTES * (1 - id / plan.reviews)),
    };
    id += 1;
  }
}

/** One cart each for the customers after the known one, so that the documented login starts with an empty cart. */
export function* carts(plan: SeedPlan): Generator<SeedRow> {
  const prng = new Prng('carts');
  for (let id = 1; id <= plan.carts; id += 1) {
    const created = prng.int(60, 60 * 24 * 30);
    yield {
      id,
      user_id: CUSTOMER_ID + id,
      status: prng.chance(0.4) ? 'abandoned' : 'open',
      created_at: ago(created),
      updated_at: ago(created - prng.int(0, 59)),
    };
  }
}

export function* cartItems(plan: SeedPlan): Generator<SeedRow> {
  const prng = new Prng('cart_items');
  let id = 0;
  for (let cartId = 1; cartId <= plan.carts; cartId += 1) {
    for (const productId of prng.distinct(prng.int(1, 3), () => prng.skewed(plan.products))) {
      id += 1;
      yield { id, cart_id: cartId, product_id: productId, quantity: prng.int(1, 3) };
    }
  }
}
