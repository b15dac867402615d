/** How much to generate. Orders set the scale; the rest keeps roughly the proportions of a shop two years old. */
export interface SeedPlan {
  orders: number;
  users: number;
  products: number;
  reviews: number;
  carts: number;
}

export const SIZES = {
  S: { orders: 1_000, users: 300, products: 200, reviews: 500, carts: 150 },
  M: { orders: 50_000, users: 10_000, products: 2_000, reviews: 25_000, carts: 5_000 },
  L: { orders: 1_000_000, users: 200_000, products: 20_000, reviews: 500_000, carts: 100_000 },
} as const satisfies Record<string, SeedPlan>;

export type SeedSize = keyof typeof SIZES;

export function isSeedSize(text: string | undefined): text is SeedSize {
  return text !== undefined && Object.hasOwn(SIZES, text);
}

const MINUTE_MS = 60_000;

/** "Today" of the seeded shop. Fixed, so that the data does not depend on when it was made. */
const BASE_MS = Date.UTC(2024, 5, 1);

/** How long before today the shop opened. */
export const HISTORY_MINUTES = 2 * 365 * 24 * 60;

/** `minutes` before the seeded today as ISO text; negative is after. */
export function ago(minutes: number): string {
  return new Date(BASE_MS - Math.round(minutes) * MINUTE_MS).toISOString();
}

/** Everybody seeded logs in with this password. */
export const SEED_PASSWORD = 'tea-and-biscuits';

export const ADMIN_ID = 1;
export const STAFF_ID = 2;
export const CUSTOMER_ID = 3;
