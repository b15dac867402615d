import { db, type Db } from '../db/index.ts';
import type { OrderRow } from '../db/rows.ts';
import { releaseStock } from '../inventory/stock.ts';
import { conflict, found, notFound, type Page, paged } from '../lib/helpers.ts';
import { type CurrentUser, isStaff } from '../middleware/auth.ts';
import { notify } from '../notifications/notifier.ts';
import { giveBack } from '../promotions/promotions.ts';
import {
  findLines,
  findOrder,
  listOrders,
  lockOrder,
  type OrderFilter,
  type OrderLineRecord,
  setOrderStatus,
} from '../repositories/order.repository.ts';
import { findPaymentOfOrder } from '../repositories/payment.repository.ts';
import { findShipmentOfOrder } from '../repositories/shipment.repository.ts';
import { presentPayment, settleCancelled } from './payment.service.ts';
import { presentShipment } from './shipment.presenter.ts';

function presentMoney(order: OrderRow) {
  return {
    subtotalCents: order.subtotal_cents,
    discountCents: order.discount_cents,
    taxCents: order.tax_cents,
    totalCents: order.total_cents,
  };
}

function presentLine(line: OrderLineRecord) {
  return {
    productId: line.product_id,
    sku: line.sku,
    name: line.product_name,
    quantity: line.quantity,
    unitPriceCents: line.unit_price_cents,
    lineTotalCents: line.line_total_cents,
  };
}

/** Somebody else's order does not exist, as far as a customer can tell. */
export function requireVisible(user: CurrentUser, order: OrderRow): void {
  if (order.user_id !== user.id && !isStaff(user)) throw notFound('order', order.id);
}

export async function getOrder(user: CurrentUser, id: number) {
  const order = found(await findOrder(db, id), 'order', id);
  requireVisible(user, order);
  const [lines, payment, shipment] = await Promise.all([findLines(db, id), findPaymentOfOrder(db, id), findShipmentOfOrder(id)]);
  return {
    id: order.id,
    userId: order.user_id,
    customerName: order.customer_name,
    status: order.status,
    ...presentMoney(order),
    promotionCode: order.promotion_code,
    placedAt: order.placed_at,
    items: lines.map(presentLine),
    payment: payment === undefined ? null : presentPayment(payment),
    shipment: shipment === undefined ? null : presentShipment(shipment),
  };
}

export async function getOrders(user: CurrentUser, filter: OrderFilter, page: Page) {
  const visible = isStaff(user) ? filter : { ...filter, userId: user.id };
  const { records, total } = await listOrders(visible, page);
  const items = records.map((record) => ({
    id: record.id,
    userId: record.user_id,
    customerName: record.customer_name,
    status: record.status,
    ...presentMoney(record),
    itemCount: record.item_count,
    placedAt: record.placed_at,
  }));
  return paged(items, total, page);
}

/** Undo everything the checkout wrote, as far as it can be undone. The caller holds the lock on the order. */
export async function undoCheckout(trx: Db, order: OrderRow, userId: number): Promise<void> {
  if (order.status !== 'placed' && order.status !== 'paid') throw conflict(`An order that is ${order.status} cannot be cancelled`);
  const lines = await trx('order_items').where({ order_id: order.id }).select('product_id', 'quantity');
  await releaseStock(trx, lines.map((line) => ({ productId: line.product_id, quantity: line.quantity })));
  if (order.promotion_id !== null) await giveBack(trx, order.promotion_id);
  await setOrderStatus(trx, order.id, 'cancelled', userId);
}

export async function cancelOrder(user: CurrentUser, id: number) {
  const order = await db.transaction(async (trx) => {
    const locked = found(await lockOrder(trx, id), 'order', id);
    requireVisible(user, locked);
    await undoCheckout(trx, locked, user.id);
    await settleCancelled(trx, id);
    return locked;
  });
  await notify({ userId: order.user_id, kind: 'order_cancelled', message: `order ${String(id)} was cancelled.`, orderId: id });
  return getOrder(user, id);
}

/** Called when the money has come. */
export async function markPaid(trx: Db, order: OrderRow, userId: number): Promise<void> {
  if (order.status !== 'placed') throw conflict(`An order that is ${order.status} cannot be paid`);
  await setOrderStatus(trx, order.id, 'paid', userId);
}
