import type { NewProduct, ProductChanges, ProductFilter } from '../domain/product.ts';
import { badRequest } from './errors.ts';
import { type Fields, optional, parseText, readInteger, readObject, readString } from './fields.ts';

const MAX_PRICE_CENTS = 100_000_000;
const MAX_WEIGHT_GRAMS = 1_000_000;

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

const readName = (fields: Fields): string => readString(fields, 'name', { max: 200 });
const readDescription = (fields: Fields): string => readString(fields, 'description', { min: 0, max: 5_000 });
const readPrice = (fields: Fields): number => readInteger(fields, 'priceCents', { max: MAX_PRICE_CENTS });
const readWeight = (fields: Fields): number => readInteger(fields, 'weightGrams', { max: MAX_WEIGHT_GRAMS });
const readCategory = (fields: Fields): number => readInteger(fields, 'categoryId', { min: 1 });

/** The order of the readers is the order in which mistakes are reported, and so part of the API. */
export function readNewProduct(body: unknown): NewProduct {
  const fields = readObject(body);
  return {
    categoryId: readCategory(fields),
    sku: readSku(fields),
    name: readName(fields),
    description: optional(fields, 'description', readDescription) ?? '',
    priceCents: readPrice(fields),
    currency: optional(fields, 'currency', readCurrency) ?? 'EUR',
    weightGrams: optional(fields, 'weightGrams', readWeight) ?? 0,
  };
}

/** Only the fields that were sent; at least one. */
export function readProductChanges(body: unknown): ProductChanges {
  const fields = readObject(body);
  const all = {
    categoryId: optional(fields, 'categoryId', readCategory),
    sku: optional(fields, 'sku', readSku),
    name: optional(fields, 'name', readName),
    description: optional(fields, 'description', readDescription),
    priceCents: optional(fields, 'priceCents', readPrice),
    currency: optional(fields, 'currency', readCurrency),
    weightGrams: optional(fields, 'weightGrams', readWeight),
  };
  const changes = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as ProductChanges;
  if (Object.keys(changes).length === 0) throw badRequest('body must change at least one field of the product');
  return changes;
}

/** ?q=text&category=slug-or-id */
export function readProductFilter(query: Fields): ProductFilter {
  const category = parseText(query, 'category');
  const text = parseText(query, 'q');
  if (category === undefined) return { text };
  return /^\d{1,15}$/.test(category) ? { text, categoryId: Number(category) } : { text, categorySlug: category };
}
