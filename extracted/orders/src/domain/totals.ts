export interface Item {
  readonly productId: number;
  readonly quantity: number;
}

/** An item with what catalog said of the product when it was ordered. */
export interface Line extends Item {
  readonly sku: string;
  readonly name: string;
  readonly unitPriceCents: number;
  readonly lineTotalCents: number;
}

export interface Totals {
  readonly subtotalCents: number;
  readonly discountCents: number;
  readonly taxCents: number;
  readonly totalCents: number;
}

const TAX_PERCENT = 20;

/** Totals are stored as integer; an order beyond that is a mistake or a joke. */
export const MAX_TOTAL_CENTS = 2_000_000_000;

/** One item per product, ordered by product id. */
export function mergeItems(items: readonly Item[]): Item[] {
  const merged = new Map<number, number>();
  for (const { productId, quantity } of items) merged.set(productId, (merged.get(productId) ?? 0) + quantity);
  return [...merged].map(([productId, quantity]) => ({ productId, quantity })).sort((a, b) => a.productId - b.productId);
}

/** `percent` of `cents`, half-up to the whole cent; integers throughout, so that no floating point decides a half. */
function percentOf(cents: number, percent: number): number {
  return Math.floor((2 * cents * percent + 100) / 200);
}

/** Discount on the subtotal, tax on what remains; each rounded once, so that the parts always add up to the total. */
export function computeTotals(lines: readonly Pick<Line, 'lineTotalCents'>[], percentOff: number): Totals {
  const subtotalCents = lines.reduce((sum, line) => sum + line.lineTotalCents, 0);
  const discountCents = percentOf(subtotalCents, percentOff);
  const taxCents = percentOf(subtotalCents - discountCents, TAX_PERCENT);
  return { subtotalCents, discountCents, taxCents, totalCents: subtotalCents - discountCents + taxCents };
}
