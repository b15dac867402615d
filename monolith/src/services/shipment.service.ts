import { db } from '../db/index.ts';
import type { ShipmentStatus } from '../db/rows.ts';
import { shipStock } from '../inventory/stock.ts';
import { conflict, found, type Page, paged } from '../lib/helpers.ts';
import type { CurrentUser } from '../middleware/auth.ts';
import { notify } from '../notifications/notifier.ts';
import { findLines, lockOrder, setOrderStatus } from '../repositories/order.repository.ts';
import { findShipment, insertShipment, listShipments, setShipmentStatus, type ShipmentRecord } from '../repositories/shipment.repository.ts';
import { presentShipment } from './shipment.presenter.ts';

function present(record: ShipmentRecord) {
  return { ...presentShipment(record), customerName: record.customer_name };
}

export async function getShipment(id: number) {
  return present(found(await findShipment(id), 'shipment', id));
}

export async function getShipments(status: ShipmentStatus | undefined, page: Page) {
  const { records, total } = await listShipments(status, page);
  return paged(records.map(present), total, page);
}

/** Send a paid order: shipments, orders and stock_levels change together. */
export async function shipOrder(user: CurrentUser, orderId: number, carrier: string) {
  const { shipmentId, customerId } = await db.transaction(async (trx) => {
    const order = found(await lockOrder(trx, orderId), 'order', orderId);
    if (order.status !== 'paid') throw conflict(`An order that is ${order.status} cannot be shipped`);
    const lines = await findLines(trx, orderId);
    await shipStock(trx, lines.map((line) => ({ productId: line.product_id, quantity: line.quantity })));
    await setOrderStatus(trx, orderId, 'shipped', user.id);
    return { shipmentId: await insertShipment(trx, orderId, carrier), customerId: order.user_id };
  });
  await notify({ userId: customerId, kind: 'shipped', message: `order ${String(orderId)} is on its way with ${carrier}.`, orderId });
  return getShipment(shipmentId);
}

/** What the carrier tells us. A delivered shipment makes a delivered order. */
export async function trackShipment(user: CurrentUser, id: number, status: Exclude<ShipmentStatus, 'in_transit'>) {
  await db.transaction(async (trx) => {
    const shipment = found(await trx('shipments').where({ id }).forUpdate().first(), 'shipment', id);
    if (shipment.status !== 'in_transit') throw conflict(`The shipment is ${shipment.status} already`);
    await setShipmentStatus(trx, id, status);
    if (status === 'delivered') await setOrderStatus(trx, shipment.order_id, 'delivered', user.id);
  });
  return getShipment(id);
}
