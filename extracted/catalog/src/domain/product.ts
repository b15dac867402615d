import type { Offer } from './price.ts';

/** A thing for sale. `active` is false once it was retired: readers get a 404, order history keeps the row. */
export interface Product {
  readonly id: number;
  readonly categoryId: number;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  /** List price. */
  readonly priceCents: number;
  readonly currency: string;
  readonly weightGrams: number;
  readonly active: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewProduct = Pick<Product, 'categoryId' | 'sku' | 'name' | 'description' | 'priceCents' | 'currency' | 'weightGrams'>;

/** The fields that change; the others are absent. Only retiring sets `active`. */
export type ProductChanges = Partial<NewProduct & Pick<Product, 'active'>>;

/** A product with what neighbouring contexts say about it. */
export interface ListedProduct extends Product {
  readonly categoryName: string;
  readonly inStock: boolean;
  readonly rating: { readonly average: number | null; readonly count: number };
  readonly offer: Offer | undefined;
}

export interface ProductFilter {
  /** Part of sku, name or description, any case. */
  readonly text?: string | undefined;
  readonly categoryId?: number | undefined;
  readonly categorySlug?: string | undefined;
}

export interface Category {
  readonly id: number;
  readonly parentId: number | null;
  readonly name: string;
  readonly slug: string;
}

export interface CountedCategory extends Category {
  /** Active products directly in it. */
  readonly productCount: number;
}

/** 'Garden & Patio' → 'garden-patio'. Empty when the text has no letter a–z and no digit. */
export function slugify(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
