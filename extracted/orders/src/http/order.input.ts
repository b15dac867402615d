import type { CheckoutRequest } from '../domain/checkout.ts';
import { ORDER_STATUSES, type OrderFilter, PAYMENT_METHODS, PROGRESS, type Progress } from '../domain/order.ts';
import { type Item, mergeItems } from '../domain/totals.ts';
import { badRequest } from './errors.ts';
import { type Fields, optional, parseId, readArray, readInteger, readObject, readOneOf, readString } from './fields.ts';

function readItem(value: unknown): Item {
  const fields = readObject(value, 'each item');
  return {
    productId: readInteger(fields, 'productId', { min: 1 }),
    quantity: readInteger(fields, 'quantity', { min: 1, max: 100 }),
  };
}

/** The order of the readers is the order in which mistakes are reported, and so part of the API. */
export function readCheckout(body: unknown): CheckoutRequest {
  const fields = readObject(body);
  return {
    items: mergeItems(readArray(fields, 'items', { min: 1, max: 50 }).map(readItem)),
    paymentMethod: readOneOf(fields, 'paymentMethod', PAYMENT_METHODS),
    promotionCode: optional(fields, 'promotionCode', (from) => readString(from, 'promotionCode', { max: 30 })) ?? null,
  };
}

/** ?status=placed&userId=3 */
export function readOrderFilter(query: Fields): OrderFilter {
  const status = optional(query, 'status', (from) => readOneOf(from, 'status', ORDER_STATUSES));
  const userId = query['userId'] === undefined ? undefined : parseId(query['userId'], 'userId');
  return { status, userId };
}

export function readProgress(body: unknown): Progress {
  return readOneOf(readObject(body), 'status', PROGRESS);
}

/** The client's name for this attempt, so that sending it again places nothing twice. */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(header)) throw badRequest('Idempotency-Key must have 1 to 200 visible ASCII characters');
  return header;
}
