import type { Knex } from 'knex';
import { isInStock, NEIGHBOUR_COLUMNS, type NeighbourRow, NEIGHBOURS, toOffer, toRating } from '../acl/read-models.ts';
import type { ListedProduct, NewProduct, Product, ProductChanges, ProductFilter } from '../domain/product.ts';

interface ProductRow {
  id: number;
  category_id: number;
  sku: string;
  name: string;
  description: string;
  price_cents: number;
  currency: string;
  weight_grams: number;
  active: boolean;
  created_at: Date;
  updated_at: Date;
}

type ListedRow = ProductRow & NeighbourRow & { category_name: string };

const toProduct = (row: ProductRow): Product => ({
  id: row.id,
  categoryId: row.category_id,
  sku: row.sku,
  name: row.name,
  description: row.description,
  priceCents: row.price_cents,
  currency: row.currency,
  weightGrams: row.weight_grams,
  active: row.active,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const toListed = (row: ListedRow): ListedProduct => ({
  ...toProduct(row),
  categoryName: row.category_name,
  inStock: isInStock(row),
  rating: toRating(row),
  offer: toOffer(row),
});

const COLUMNS: Readonly<Record<keyof ProductChanges, string>> = {
  categoryId: 'category_id',
  sku: 'sku',
  name: 'name',
  description: 'description',
  priceCents: 'price_cents',
  currency: 'currency',
  weightGrams: 'weight_grams',
  active: 'active',
};

const toColumns = (changes: ProductChanges): Record<string, unknown> =>
  Object.fromEntries(Object.entries(changes).map(([field, value]) => [COLUMNS[field as keyof ProductChanges], value]));

/** A LIKE pattern that finds `text` anywhere, with its own % and _ taken literally. */
const containing = (text: string): string => `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;

function activeProducts(db: Knex, filter: ProductFilter): Knex.QueryBuilder {
  return db('products as p')
    .join('categories as c', 'c.id', 'p.category_id')
    .where('p.active', true)
    .modify((query) => {
      if (filter.text !== undefined) void query.whereLike('p.search_text', containing(filter.text));
      if (filter.categoryId !== undefined) void query.where('p.category_id', filter.categoryId);
      if (filter.categorySlug !== undefined) void query.where('c.slug', filter.categorySlug);
    });
}

function withNeighbours(products: Knex.QueryBuilder): Knex.QueryBuilder<object, ListedRow[]> {
  const columns = ['p.*', 'c.name as category_name', ...NEIGHBOUR_COLUMNS];
  return products.joinRaw(NEIGHBOURS).select(columns) as Knex.QueryBuilder<object, ListedRow[]>;
}

/** Active products by id. */
export async function listProducts(
  db: Knex,
  filter: ProductFilter,
  window: { limit: number; offset: number },
): Promise<{ products: ListedProduct[]; total: number }> {
  const [counted] = await activeProducts(db, filter).count<{ total: number }[]>({ total: '*' });
  // The page is cut out first: joined as one query, the rows skipped by the offset would have their reviews averaged too.
  const ids = activeProducts(db, filter).select('p.id').orderBy('p.id').limit(window.limit).offset(window.offset);
  const rows = await withNeighbours(activeProducts(db, {})).whereIn('p.id', ids).orderBy('p.id');
  return { products: rows.map(toListed), total: counted?.total ?? 0 };
}

/** An active product; a retired one is gone for readers. */
export async function findProduct(db: Knex, id: number): Promise<ListedProduct | undefined> {
  const [row] = await withNeighbours(activeProducts(db, {})).where('p.id', id);
  return row === undefined ? undefined : toListed(row);
}

export async function insertProduct(db: Knex, product: NewProduct, userId: number): Promise<Product> {
  const [row] = await db('products').insert({ ...toColumns(product), updated_by: userId }).returning<ProductRow[]>('*');
  if (row === undefined) throw new Error('insert into products returned nothing');
  return toProduct(row);
}

/** The product after the change; undefined when no active one has this id. */
export async function updateProduct(db: Knex, id: number, changes: ProductChanges, userId: number): Promise<Product | undefined> {
  const [row] = await db('products')
    .where({ id, active: true })
    .update({ ...toColumns(changes), updated_by: userId, updated_at: db.fn.now() })
    .returning<ProductRow[]>('*');
  return row === undefined ? undefined : toProduct(row);
}
