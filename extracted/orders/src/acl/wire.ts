import { PAYMENT_METHODS, type Payment } from '../domain/order.ts';
import type { Promotion } from '../domain/checkout.ts';
import type { Line } from '../domain/totals.ts';

/** The collaborators' JSON, read with suspicion: anything that is not what they promised is undefined. */
type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const isCents = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isId = (value: unknown): value is number => isCents(value) && value > 0;
const isInstant = (value: unknown): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value));

const PAYMENT_STATUSES = ['authorized', 'captured', 'refunded', 'voided'] as const;

/** Catalog's product, as a line of `quantity`. */
export function readLine(body: unknown, quantity: number): Line | undefined {
  const { id, sku, name, effectivePrice } = fieldsOf(body);
  if (!isId(id) || typeof sku !== 'string' || typeof name !== 'string' || !isCents(effectivePrice)) return undefined;
  return { productId: id, sku, name, quantity, unitPriceCents: effectivePrice, lineTotalCents: effectivePrice * quantity };
}

export function readPromotion(body: unknown): Promotion | undefined {
  const { id, code, percentOff } = fieldsOf(body);
  if (!isId(id) || typeof code !== 'string' || !isCents(percentOff) || percentOff > 100) return undefined;
  return { id, code, percentOff };
}

function isPaymentHead(fields: Fields): boolean {
  return isId(fields['id']) && isId(fields['orderId']) && isCents(fields['amountCents']) && typeof fields['reference'] === 'string';
}

export function readPayment(body: unknown): Payment | undefined {
  const fields = fieldsOf(body);
  const { capturedAt } = fields;
  const method = PAYMENT_METHODS.find((known) => known === fields['method']);
  const status = PAYMENT_STATUSES.find((known) => known === fields['status']);
  if (!isPaymentHead(fields) || method === undefined || status === undefined) return undefined;
  if (!isInstant(fields['createdAt']) || (capturedAt !== null && !isInstant(capturedAt))) return undefined;
  return { ...(fields as unknown as Payment), method, status };
}

/** `{"payment": …}`; null when there was nothing to cancel. */
export function readCancelledPayment(body: unknown): { payment: Payment | null } | undefined {
  const { payment } = fieldsOf(body);
  if (payment === null) return { payment };
  const read = readPayment(payment);
  return read === undefined ? undefined : { payment: read };
}

/** The shop's error shape. */
export function readError(body: unknown): { code: string; message: string } | undefined {
  const { code, message } = fieldsOf(fieldsOf(body)['error']);
  return typeof code === 'string' && typeof message === 'string' ? { code, message } : undefined;
}
