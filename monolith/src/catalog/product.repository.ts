import { db } from '../db/index.ts';
import type { ProductRow } from '../db/rows.ts';
import { containsPattern, type Page } from '../lib/helpers.ts';
import { BEST_RULE } from '../pricing/effective-price.ts';

/** A product with what the other parts of the shop know about it. */
export interface ProductRecord extends ProductRow {
  category_name: string;
  available: number | null;
  rating_average: number | null;
  rating_count: number;
  rule_id: number | null;
  rule_percent: number | null;
}

export interface ProductFilter {
  /** Part of sku, name or description, any case. */
  q?: string | undefined;
  categoryId?: number | undefined;
  categorySlug?: string | undefined;
}

export type ProductChanges = Partial<
  Pick<ProductRow, 'category_id' | 'sku' | 'name' | 'description' | 'price_cents' | 'currency' | 'weight_grams' | 'active'>
>;

export type NewProduct = Required<Omit<ProductChanges, 'active'>>;

const RATING = `
  left join lateral (
    select round(avg(rv.rating), 1) as rating_average, count(*) as rating_count
    from reviews rv
    where rv.product_id = p.id
  ) rating on true`;

function activeProducts(filter: ProductFilter) {
  return db('products as p')
    .join('categories as c', 'c.id', 'p.category_id')
    .where('p.active', true)
    .modify((query) => {
      if (filter.q !== undefined) void query.whereLike('p.search_text', containsPattern(filter.q));
      if (filter.categoryId !== undefined) void query.where('p.category_id', filter.categoryId);
      if (filter.categorySlug !== undefined) void query.where('c.slug', filter.categorySlug);
    });
}

function withEverything() {
  return activeProducts({})
    .leftJoin('stock_levels as s', 's.product_id', 'p.id')
    .joinRaw(RATING)
    .joinRaw(BEST_RULE)
    .select<ProductRecord[]>(
      'p.*',
      'c.name as category_name',
      db.raw('s.on_hand - s.reserved as available'),
      'rating.rating_average',
      'rating.rating_count',
      'best_rule.rule_id',
      'best_rule.rule_percent',
    );
}

export async function listProducts(filter: ProductFilter, page: Page): Promise<{ records: ProductRecord[]; total: number }> {
  const [counted] = await activeProducts(filter).count<{ total: number }[]>({ total: '*' });
  // The page is cut out first: joined as one query, the rows skipped by the offset would have their reviews averaged too.
  const ids = activeProducts(filter).select('p.id').orderBy('p.id').limit(page.limit).offset(page.offset);
  const records = await withEverything().whereIn('p.id', ids).orderBy('p.id');
  return { records, total: counted?.total ?? 0 };
}

/** An active product by id; a soft-deleted one is gone for readers. */
export async function findProduct(id: number): Promise<ProductRecord | undefined> {
  const [record] = await withEverything().where('p.id', id);
  return record;
}

export async function insertProduct(product: NewProduct, userId: number): Promise<number> {
  const [row] = await db('products')
    .insert({ ...product, updated_by: userId })
    .returning('id');
  if (row === undefined) throw new Error('insert into products returned nothing');
  return row.id;
}

/** Returns whether an active product had this id. */
export async function updateProduct(id: number, changes: ProductChanges, userId: number): Promise<boolean> {
  const touched = await db('products')
    .where({ id, active: true })
    .update({ ...changes, updated_by: userId, updated_at: db.fn.now() as unknown as Date });
  return touched > 0;
}
