import type { Knex } from 'knex';
import { categoryCreated, productChanged, productCreated } from './domain/events.ts';
import type {
  Category, CountedCategory, ListedProduct, NewProduct, ProductChanges, ProductFilter,
} from './domain/product.ts';
import { publish } from './outbox/outbox.ts';
import { categoryExists, insertCategory, listCategories } from './store/categories.ts';
import { findProduct, insertProduct, listProducts, updateProduct } from './store/products.ts';

export interface Listing {
  readonly products: ListedProduct[];
  readonly total: number;
}

/** A write names a category that is not there. */
export class UnknownCategory extends Error {
  override name = 'UnknownCategory';
  readonly categoryId: number;

  constructor(categoryId: number) {
    super(`categoryId ${String(categoryId)} does not exist`);
    this.categoryId = categoryId;
  }
}

/** What the catalog can do. Writes say who (`by`, a user id), and commit their event with their rows. */
export interface Catalog {
  list(filter: ProductFilter, window: { limit: number; offset: number }): Promise<Listing>;
  find(id: number): Promise<ListedProduct | undefined>;
  categories(): Promise<CountedCategory[]>;
  hasCategory(id: number): Promise<boolean>;
  /** The new product's id. */
  create(product: NewProduct, by: number): Promise<number>;
  /** Undefined when no active product has this id. */
  change(id: number, changes: ProductChanges, by: number): Promise<ListedProduct | undefined>;
  /** Whether there was an active product to retire. */
  retire(id: number, by: number): Promise<boolean>;
  createCategory(category: Omit<Category, 'id'>, by: number): Promise<Category>;
}

async function requireCategory(db: Knex, id: number): Promise<void> {
  if (!(await categoryExists(db, id))) throw new UnknownCategory(id);
}

export function createCatalog(db: Knex): Catalog {
  const change = (id: number, changes: ProductChanges, by: number): Promise<boolean> =>
    db.transaction(async (transaction) => {
      if (changes.categoryId !== undefined) await requireCategory(transaction, changes.categoryId);
      const product = await updateProduct(transaction, id, changes, by);
      if (product !== undefined) await publish(transaction, productChanged(product, changes, by));
      return product !== undefined;
    });

  return {
    list: (filter, window) => listProducts(db, filter, window),
    find: (id) => findProduct(db, id),
    categories: () => listCategories(db),
    hasCategory: (id) => categoryExists(db, id),

    create: (product, by) =>
      db.transaction(async (transaction) => {
        await requireCategory(transaction, product.categoryId);
        const created = await insertProduct(transaction, product, by);
        await publish(transaction, productCreated(created, by));
        return created.id;
      }),
    change: async (id, changes, by) => ((await change(id, changes, by)) ? findProduct(db, id) : undefined),
    retire: (id, by) => change(id, { active: false }, by),

    createCategory: (category, by) =>
      db.transaction(async (transaction) => {
        if (category.parentId !== null) await requireCategory(transaction, category.parentId);
        const created = await insertCategory(transaction, category);
        await publish(transaction, categoryCreated(created, by));
        return created;
      }),
  };
}
