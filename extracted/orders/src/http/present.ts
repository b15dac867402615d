import type { Order, OrderHead, OrderSummary } from '../domain/order.ts';
import type { Page } from './fields.ts';

/** The JSON clients know from the monolith, key for key and in its order. */
const presentHead = (order: OrderHead) => ({
  id: order.id,
  userId: order.userId,
  customerName: order.customerName,
  status: order.status,
  subtotalCents: order.subtotalCents,
  discountCents: order.discountCents,
  taxCents: order.taxCents,
  totalCents: order.totalCents,
});

export function presentOrder(order: Order) {
  const { promotionCode, placedAt, items, payment, shipment } = order;
  return { ...presentHead(order), promotionCode, placedAt, items, payment, shipment };
}

export function presentListing(listing: { orders: OrderSummary[]; total: number }, page: Page) {
  const items = listing.orders.map((order) => ({ ...presentHead(order), itemCount: order.itemCount, placedAt: order.placedAt }));
  return { items, page: page.page, limit: page.limit, total: listing.total };
}
