import type { CategoryRow } from '../db/rows.ts';
import { badRequest, found, type Page, paged, requireTouched, slugify } from '../lib/helpers.ts';
import { effectivePrice } from '../pricing/effective-price.ts';
import { type CategoryRecord, findCategory, insertCategory, listCategories } from './category.repository.ts';
import {
  findProduct,
  insertProduct,
  listProducts,
  type NewProduct,
  type ProductChanges,
  type ProductFilter,
  type ProductRecord,
  updateProduct,
} from './product.repository.ts';

/** The product as clients see it. `priceCents` is the list price, `effectivePrice` (also cents) what it costs right now. */
function present(record: ProductRecord) {
  return {
    id: record.id,
    sku: record.sku,
    name: record.name,
    description: record.description,
    categoryId: record.category_id,
    categoryName: record.category_name,
    priceCents: record.price_cents,
    effectivePrice: effectivePrice(record.price_cents, record.rule_percent),
    currency: record.currency,
    weightGrams: record.weight_grams,
    active: record.active,
    inStock: (record.available ?? 0) > 0,
    rating: { average: record.rating_average, count: record.rating_count },
    createdAt: record.created_at,
    updatedAt: record.updated_at,
  };
}

function presentCategory(row: CategoryRow) {
  return { id: row.id, parentId: row.parent_id, name: row.name, slug: row.slug };
}

export async function getProducts(filter: ProductFilter, page: Page) {
  const { records, total } = await listProducts(filter, page);
  return paged(records.map(present), total, page);
}

export async function getProduct(id: number) {
  return present(found(await findProduct(id), 'product', id));
}

/** List and effective price with the rule behind the difference. Rounding: half-up to the whole cent. */
export async function getPrice(id: number) {
  const record = found(await findProduct(id), 'product', id);
  return {
    productId: record.id,
    currency: record.currency,
    listPrice: record.price_cents,
    effectivePrice: effectivePrice(record.price_cents, record.rule_percent),
    percentOff: record.rule_percent ?? 0,
    priceRuleId: record.rule_id,
  };
}

async function requireCategory(id: number): Promise<void> {
  if ((await findCategory(id)) === undefined) throw badRequest(`categoryId ${String(id)} does not exist`);
}

export async function createProduct(product: NewProduct, userId: number) {
  await requireCategory(product.category_id);
  return getProduct(await insertProduct(product, userId));
}

export async function changeProduct(id: number, changes: ProductChanges, userId: number) {
  if (changes.category_id !== undefined) await requireCategory(changes.category_id);
  requireTouched(await updateProduct(id, changes, userId), 'product', id);
  return getProduct(id);
}

/** Soft delete: order history keeps pointing at the row. */
export async function retireProduct(id: number, userId: number): Promise<void> {
  requireTouched(await updateProduct(id, { active: false }, userId), 'product', id);
}

export async function getCategories() {
  const records: CategoryRecord[] = await listCategories();
  return { items: records.map((record) => ({ ...presentCategory(record), productCount: record.product_count })) };
}

export async function getCategoryProducts(categoryId: number, page: Page) {
  found(await findCategory(categoryId), 'category', categoryId);
  return getProducts({ categoryId }, page);
}

export async function createCategory(name: string, parentId: number | undefined) {
  const slug = slugify(name);
  if (slug === '') throw badRequest('name must contain a letter or a digit');
  if (parentId !== undefined) await requireCategory(parentId);
  return presentCategory(await insertCategory({ name, slug, parent_id: parentId ?? null }));
}
