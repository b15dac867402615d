import { effectivePrice, type Rounding } from '../domain/price.ts';
import type { Category, CountedCategory, ListedProduct } from '../domain/product.ts';
import type { Page } from './fields.ts';

/** The JSON clients know from the monolith, key for key and in its order. `priceCents` is the list price, `effectivePrice` what it costs now. */
export function presentProduct(product: ListedProduct, rounding: Rounding) {
  return {
    id: product.id,
    sku: product.sku,
    name: product.name,
    description: product.description,
    categoryId: product.categoryId,
    categoryName: product.categoryName,
    priceCents: product.priceCents,
    effectivePrice: effectivePrice(product.priceCents, product.offer, rounding),
    currency: product.currency,
    weightGrams: product.weightGrams,
    active: product.active,
    inStock: product.inStock,
    rating: product.rating,
    createdAt: product.createdAt,
    updatedAt: product.updatedAt,
  };
}

/** The price with the rule behind it. */
export function presentPrice(product: ListedProduct, rounding: Rounding) {
  return {
    productId: product.id,
    currency: product.currency,
    listPrice: product.priceCents,
    effectivePrice: effectivePrice(product.priceCents, product.offer, rounding),
    percentOff: product.offer?.percentOff ?? 0,
    priceRuleId: product.offer?.ruleId ?? null,
  };
}

export function presentListing(listing: { products: ListedProduct[]; total: number }, page: Page, rounding: Rounding) {
  const items = listing.products.map((product) => presentProduct(product, rounding));
  return { items, page: page.page, limit: page.limit, total: listing.total };
}

export function presentCategory({ id, parentId, name, slug }: Category) {
  return { id, parentId, name, slug };
}

export function presentCategories(categories: CountedCategory[]) {
  return { items: categories.map((category) => ({ ...presentCategory(category), productCount: category.productCount })) };
}
