import { badRequest, type Fields, optional, parseText, readInteger, readObject, readString } from '../lib/helpers.ts';
import type { NewProduct, ProductChanges, ProductFilter } from './product.repository.ts';

const MAX_PRICE_CENTS = 100_000_000;

function readSku(fields: Fields): string {
  const sku = readString(fields, 'sku', { max: 40 });
  if (!/^[A-Za-z0-9-]+$/.test(sku)) throw badRequest('sku may contain letters, digits and dashes only');
  return sku.toUpperCase();
}

function readCurrency(fields: Fields): string {
  const currency = readString(fields, 'currency', { min: 3, max: 3 });
  if (!/^[A-Z]{3}$/.test(currency)) throw badRequest('currency must be three capital letters, like EUR');
  return currency;
}

const readDescription = (fields: Fields): string => readString(fields, 'description', { min: 0, max: 5_000 });
const readName = (fields: Fields): string => readString(fields, 'name', { max: 200 });
const readPrice = (fields: Fields): number => readInteger(fields, 'priceCents', { max: MAX_PRICE_CENTS });
const readWeight = (fields: Fields): number => readInteger(fields, 'weightGrams', { max: 1_000_000 });
const readCategory = (fields: Fields): number => readInteger(fields, 'categoryId', { min: 1 });

export function readNewProduct(body: unknown): NewProduct {
  const fields = readObject(body);
  return {
    category_id: readCategory(fields),
    sku: readSku(fields),
    name: readName(fields),
    description: optional(fields, 'description', readDescription) ?? '',
    price_cents: readPrice(fields),
    currency: optional(fields, 'currency', readCurrency) ?? 'EUR',
    weight_grams: optional(fields, 'weightGrams', readWeight) ?? 0,
  };
}

/** Only the fields that were sent; at least one. */
export function readProductChanges(body: unknown): ProductChanges {
  const fields = readObject(body);
  const all = {
    category_id: optional(fields, 'categoryId', readCategory),
    sku: optional(fields, 'sku', readSku),
    name: optional(fields, 'name', readName),
    description: optional(fields, 'description', readDescription),
    price_cents: optional(fields, 'priceCents', readPrice),
    currency: optional(fields, 'currency', readCurrency),
    weight_grams: optional(fields, 'weightGrams', readWeight),
  };
  const changes = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as ProductChanges;
  if (Object.keys(changes).length === 0) throw badRequest('body must change at least one field of the product');
  return changes;
}

/** ?q=text&category=slug-or-id */
export function readProductFilter(query: Fields): ProductFilter {
  const category = parseText(query, 'category');
  const byId = category !== undefined && /^\d{1,15}$/.test(category);
  return {
    q: parseText(query, 'q'),
    categoryId: byId ? Number(category) : undefined,
    categorySlug: byId ? undefined : category,
  };
}
