import type { Order, OrderHead, OrderStatus, Payment, PaymentMethod, Shipment } from '../domain/order.ts';
import type { Line } from '../domain/totals.ts';

/** Rows as PostgreSQL returns them (bigints as numbers, see database.ts), and what they mean. */
export interface OrderRow {
  id: number;
  user_id: number;
  status: OrderStatus;
  subtotal_cents: number;
  discount_cents: number;
  tax_cents: number;
  total_cents: number;
  promotion_id: number | null;
  placed_at: Date;
}

/** Joined with the copies; null while one has not arrived yet. */
export type NamedOrderRow = OrderRow & { customer_name: string | null; promotion_code?: string | null };

export interface LineRow {
  product_id: number;
  quantity: number;
  unit_price_cents: number;
  line_total_cents: number;
  sku: string | null;
  product_name: string | null;
}

export interface PaymentRow {
  id: number;
  order_id: number;
  method: PaymentMethod;
  status: Payment['status'];
  amount_cents: number;
  reference: string;
  created_at: Date;
  captured_at: Date | null;
}

export interface ShipmentRow {
  id: number;
  order_id: number;
  carrier: string;
  tracking_number: string;
  status: Shipment['status'];
  shipped_at: Date;
  delivered_at: Date | null;
}

export const toHead = (row: NamedOrderRow): OrderHead => ({
  id: row.id,
  userId: row.user_id,
  customerName: row.customer_name ?? '',
  status: row.status,
  subtotalCents: row.subtotal_cents,
  discountCents: row.discount_cents,
  taxCents: row.tax_cents,
  totalCents: row.total_cents,
  placedAt: row.placed_at.toISOString(),
});

export const toLine = (row: LineRow): Line => ({
  productId: row.product_id,
  sku: row.sku ?? '',
  name: row.product_name ?? '',
  quantity: row.quantity,
  unitPriceCents: row.unit_price_cents,
  lineTotalCents: row.line_total_cents,
});

export const toPayment = (row: PaymentRow): Payment => ({
  id: row.id,
  orderId: row.order_id,
  method: row.method,
  status: row.status,
  amountCents: row.amount_cents,
  reference: row.reference,
  createdAt: row.created_at.toISOString(),
  capturedAt: row.captured_at?.toISOString() ?? null,
});

export const fromPayment = (payment: Payment): Record<keyof PaymentRow, unknown> => ({
  id: payment.id,
  order_id: payment.orderId,
  method: payment.method,
  status: payment.status,
  amount_cents: payment.amountCents,
  reference: payment.reference,
  created_at: payment.createdAt,
  captured_at: payment.capturedAt,
});

const toShipment = (row: ShipmentRow): Shipment => ({
  id: row.id,
  orderId: row.order_id,
  carrier: row.carrier,
  trackingNumber: row.tracking_number,
  status: row.status,
  shippedAt: row.shipped_at.toISOString(),
  deliveredAt: row.delivered_at?.toISOString() ?? null,
});

export const toOrder = (row: NamedOrderRow, lines: LineRow[], payment: PaymentRow | undefined, shipment: ShipmentRow | undefined): Order => ({
  ...toHead(row),
  promotionCode: row.promotion_code ?? null,
  items: lines.map(toLine),
  payment: payment === undefined ? null : toPayment(payment),
  shipment: shipment === undefined ? null : toShipment(shipment),
});
