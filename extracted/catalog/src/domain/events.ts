import type { Category, Product, ProductChanges } from './product.ts';

/** What happened in the catalog, for whoever wants to know. An event carries the whole product: a consumer never has to ask back. */
export type DomainEvent =
  | { readonly type: 'ProductCreated'; readonly product: Product; readonly by: number }
  | { readonly type: 'ProductChanged'; readonly product: Product; readonly changed: readonly string[]; readonly by: number }
  | { readonly type: 'ProductRetired'; readonly product: Product; readonly by: number }
  | { readonly type: 'CategoryCreated'; readonly category: Category; readonly by: number };

export const productCreated = (product: Product, by: number): DomainEvent => ({ type: 'ProductCreated', product, by });

export const categoryCreated = (category: Category, by: number): DomainEvent => ({ type: 'CategoryCreated', category, by });

/** A change that takes a product off the shelf is its retirement; any other names the fields that were sent. */
export function productChanged(product: Product, changes: ProductChanges, by: number): DomainEvent {
  if (changes.active === false) return { type: 'ProductRetired', product, by };
  return { type: 'ProductChanged', product, changed: Object.keys(changes).sort(), by };
}
