import { db } from '../db/index.ts';
import type { CategoryRow } from '../db/rows.ts';
import { T } from '../db/tables.ts';

export interface CategoryRecord extends CategoryRow {
  product_count: number;
}

export async function listCategories(): Promise<CategoryRecord[]> {
  return db(T.categories)
    .leftJoin(T.products, (join) => {
      join.on('products.category_id', 'categories.id').andOnVal('products.active', true);
    })
    .groupBy('categories.id')
    .orderBy('categories.id')
    .select<CategoryRecord[]>('categories.*', db.raw('count(products.id) as product_count'));
}

export async function findCategory(id: number): Promise<CategoryRow | undefined> {
  return db(T.categories).where({ id }).first();
}

export async function insertCategory(category: Omit<CategoryRow, 'id'>): Promise<CategoryRow> {
  const [row] = await db(T.categories).insert(category).returning('*');
  if (row === undefined) throw new Error('insert into categories returned nothing');
  return row;
}
