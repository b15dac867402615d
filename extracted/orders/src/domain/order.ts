import type { Line, Totals } from './totals.ts';

export const ORDER_STATUSES = ['placed', 'paid', 'shipped', 'delivered', 'cancelled'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export const PAYMENT_METHODS = ['card', 'invoice', 'wallet'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** As the payments context describes it. */
export interface Payment {
  readonly id: number;
  readonly orderId: number;
  readonly method: PaymentMethod;
  readonly status: 'authorized' | 'captured' | 'refunded' | 'voided';
  readonly amountCents: number;
  readonly reference: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly capturedAt: string | null;
}

export interface Shipment {
  readonly id: number;
  readonly orderId: number;
  readonly carrier: string;
  readonly trackingNumber: string;
  readonly status: 'in_transit' | 'delivered' | 'lost';
  readonly shippedAt: string;
  readonly deliveredAt: string | null;
}

export interface OrderHead extends Totals {
  readonly id: number;
  readonly userId: number;
  readonly customerName: string;
  readonly status: OrderStatus;
  readonly placedAt: string;
}

export interface OrderSummary extends OrderHead {
  /** Units, not lines. */
  readonly itemCount: number;
}

export interface Order extends OrderHead {
  readonly promotionCode: string | null;
  /** By product id. */
  readonly items: readonly Line[];
  readonly payment: Payment | null;
  readonly shipment: Shipment | null;
}

export interface OrderFilter {
  readonly userId?: number | undefined;
  readonly status?: OrderStatus | undefined;
}

export const isCancellable = (status: OrderStatus): boolean => status === 'placed' || status === 'paid';

/** What fulfilment may report about an order, and the status it must have until then. */
export const PREDECESSOR = { paid: 'placed', shipped: 'paid', delivered: 'shipped' } as const satisfies Partial<Record<OrderStatus, OrderStatus>>;
export type Progress = keyof typeof PREDECESSOR;
export const PROGRESS = Object.keys(PREDECESSOR) as Progress[];
