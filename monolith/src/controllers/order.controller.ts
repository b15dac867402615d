import type { Request, Response } from 'express';
import type { OrderStatus, PaymentMethod } from '../db/rows.ts';
import { type Fields, optional, parseId, parsePage, readArray, readInteger, readObject, readOneOf, readString } from '../lib/helpers.ts';
import { currentUser } from '../middleware/auth.ts';
import { checkOut } from '../services/checkout.service.ts';
import { cancelOrder, getOrder, getOrders } from '../services/order.service.ts';
import { getPaymentsOfOrder } from '../services/payment.service.ts';

const STATUSES = ['placed', 'paid', 'shipped', 'delivered', 'cancelled'] as const satisfies OrderStatus[];
export const PAYMENT_METHODS = ['card', 'invoice', 'wallet'] as const satisfies PaymentMethod[];

export function readPromotionCode(fields: Fields): string | undefined {
  return optional(fields, 'promotionCode', (from, name) => readString(from, name, { max: 30 }));
}

function readItem(value: unknown) {
  const fields = readObject(value, 'each item');
  return {
    productId: readInteger(fields, 'productId', { min: 1 }),
    quantity: readInteger(fields, 'quantity', { min: 1, max: 100 }),
  };
}

export async function list(request: Request, response: Response): Promise<void> {
  const { query } = request;
  const status = optional(query, 'status', (fields, name) => readOneOf(fields, name, STATUSES));
  const userId = query['userId'] === undefined ? undefined : parseId(query['userId'], 'userId');
  response.json(await getOrders(currentUser(response), { status, userId }, parsePage(query)));
}

export async function create(request: Request, response: Response): Promise<void> {
  const fields = readObject(request.body);
  const user = currentUser(response);
  const id = await checkOut(user, {
    items: readArray(fields, 'items', { min: 1, max: 50 }).map(readItem),
    paymentMethod: readOneOf(fields, 'paymentMethod', PAYMENT_METHODS),
    promotionCode: readPromotionCode(fields),
  });
  response.status(201).location(`/orders/${String(id)}`).json(await getOrder(user, id));
}

export async function show(request: Request, response: Response): Promise<void> {
  response.json(await getOrder(currentUser(response), parseId(request.params['id'])));
}

export async function cancel(request: Request, response: Response): Promise<void> {
  response.json(await cancelOrder(currentUser(response), parseId(request.params['id'])));
}

export async function payments(request: Request, response: Response): Promise<void> {
  response.json(await getPaymentsOfOrder(currentUser(response), parseId(request.params['id'])));
}
