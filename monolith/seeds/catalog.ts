import { ago, HISTORY_MINUTES, type SeedPlan, STAFF_ID } from './plan.ts';
import { Prng } from './prng.ts';
import { ADJECTIVES, PRICE_ENDINGS, PRODUCT_PHRASES, SHELVES } from './vocabulary.ts';
import type { SeedRow } from './writer.ts';

export interface Shelf {
  id: number;
  parentId: number | null;
  name: string;
  nouns: readonly string[];
}

/** Shelves first, then their categories: a parent always has the smaller id. */
export function shelves(): Shelf[] {
  const tops = SHELVES.map((shelf, index) => ({ id: index + 1, parentId: null, name: shelf.name, nouns: [] }));
  const leaves = SHELVES.flatMap((shelf, index) => shelf.categories.map((category) => ({ ...category, parentId: index + 1 })));
  return [...tops, ...leaves.map((leaf, index) => ({ id: tops.length + index + 1, ...leaf }))];
}

export function* categories(): Generator<SeedRow> {
  for (const { id, parentId, name } of shelves()) {
    yield { id, parent_id: parentId, name, slug: name.toLowerCase().replace(/[^a-z]+/g, '-') };
  }
}

/** What orders need to know of a product. Kept for all products: 20,000 at the most. */
export interface SeededProduct {
  id: number;
  categoryId: number;
  name: string;
  priceCents: number;
  row: SeedRow;
}

function price(prng: Prng): number {
  const units = prng.chance(0.15) ? prng.int(50, 350) : prng.int(2, 49);
  return units * 100 + prng.pick(PRICE_ENDINGS);
}

export function makeProducts(plan: SeedPlan): SeededProduct[] {
  const prng = new Prng('products');
  const leaves = shelves().filter((shelf) => shelf.parentId !== null);
  return Array.from({ length: plan.products }, (_, index) => {
    const id = index + 1;
    const leaf = prng.pick(leaves);
    const name = `${prng.pick(ADJECTIVES)} ${prng.pick(leaf.nouns)}`;
    const priceCents = price(prng);
    const created = prng.int(HISTORY_MINUTES / 2, HISTORY_MINUTES);
    const changed = prng.chance(0.4);
    const row: SeedRow = {
      id,
      category_id: leaf.id,
      sku: `${leaf.name.slice(0, 3).toUpperCase()}-${String(id).padStart(5, '0')}`,
      name,
      description: `${name}. ${prng.pick(PRODUCT_PHRASES)} ${prng.pick(PRODUCT_PHRASES)}`,
      price_cents: priceCents,
      currency: 'EUR',
      weight_grams: prng.int(1, 80) * 50,
      active: !prng.chance(0.03),
      updated_by: changed ? STAFF_ID : null,
      created_at: ago(created),
      updated_at: ago(changed ? prng.int(0, created) : created),
    };
    return { id, categoryId: leaf.id, name, priceCents, row };
  });
}

const PERCENTS = [5, 10, 15, 20, 25, 35] as const;

/** Rules that run without an end (so that they still apply whenever this is read), some that ended, some switched off. */
export function* priceRules(products: readonly SeededProduct[]): Generator<SeedRow> {
  const prng = new Prng('price_rules');
  let id = 0;
  const rule = (target: { category_id: number | null; product_id: number | null }): SeedRow => {
    id += 1;
    const started = prng.int(1_000, HISTORY_MINUTES / 2);
    return {
      id,
      ...target,
      percent_off: prng.pick(PERCENTS),
      starts_at: ago(started),
      ends_at: prng.chance(0.25) ? ago(prng.int(0, started)) : null,
      active: !prng.chance(0.15),
    };
  };
  for (const shelf of shelves()) {
    if (shelf.parentId !== null && prng.chance(0.35)) yield rule({ category_id: shelf.id, product_id: null });
  }
  for (const product of products) {
    if (prng.chance(0.15)) yield rule({ category_id: null, product_id: product.id });
  }
}

/** Stock, given what open orders have reserved. One product in twelve is sold out. */
export function* stockLevels(products: readonly SeededProduct[], reserved: ReadonlyMap<number, number>): Generator<SeedRow> {
  const prng = new Prng('stock_levels');
  for (const { id } of products) {
    const held = reserved.get(id) ?? 0;
    const free = prng.chance(1 / 12) ? 0 : prng.int(3, 400);
    yield { product_id: id, warehouse: prng.chance(0.8) ? 'main' : 'north', on_hand: held + free, reserved: held };
  }
}
