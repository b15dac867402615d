import type { Knex } from 'knex';
import type { Category, CountedCategory } from '../domain/product.ts';

interface CategoryRow {
  id: number;
  parent_id: number | null;
  name: string;
  slug: string;
}

const toCategory = (row: CategoryRow): Category => ({ id: row.id, parentId: row.parent_id, name: row.name, slug: row.slug });

export async function listCategories(db: Knex): Promise<CountedCategory[]> {
  const rows = await db('categories')
    .leftJoin('products', (join) => {
      join.on('products.category_id', 'categories.id').andOnVal('products.active', true);
    })
    .groupBy('categories.id')
    .orderBy('categories.id')
    .select<(CategoryRow & { product_count: number })[]>('categories.*', db.raw('count(products.id) as product_count'));
  return rows.map((row) => ({ ...toCategory(row), productCount: row.product_count }));
}

export async function categoryExists(db: Knex, id: number): Promise<boolean> {
  return (await db('categories').where({ id }).first('id')) !== undefined;
}

export async function insertCategory(db: Knex, category: Omit<Category, 'id'>): Promise<Category> {
  const { parentId, name, slug } = category;
  const [row] = await db('categories').insert({ name, slug, parent_id: parentId }).returning<CategoryRow[]>('*');
  if (row === undefined) throw new Error('insert into categories returned nothing');
  return toCategory(row);
}
