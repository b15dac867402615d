import type { Knex } from 'knex';
import { cancelled } from '../domain/checkout.ts';
import { isCancellable, type Order, type OrderFilter, type OrderStatus, type OrderSummary, type Payment, PREDECESSOR, type Progress } from '../domain/order.ts';
import type { Held } from '../domain/ports.ts';
import { publish } from '../outbox/outbox.ts';
import { type CheckoutRow, toColumns, toHeld } from './checkouts.ts';
import { type LineRow, type NamedOrderRow, type OrderRow, type PaymentRow, type ShipmentRow, toHead, toOrder, toPayment } from './rows.ts';

export interface Listing {
  readonly orders: OrderSummary[];
  readonly total: number;
}

/** A change of an order: made (with what happens next), refused because of its status, or there is no such order for this caller. */
export type Changed<Next> = { readonly kind: 'done'; readonly next: Next } | { readonly kind: 'conflict'; readonly status: OrderStatus } | { readonly kind: 'absent' };

/** Undefined: everybody's. */
type Owner = number | undefined;

export interface OrderStore {
  list(filter: OrderFilter, window: { limit: number; offset: number }): Promise<Listing>;
  find(id: number, owner: Owner): Promise<Order | undefined>;
  /** Oldest first; undefined when the order is not to be seen. */
  payments(orderId: number, owner: Owner): Promise<Payment[] | undefined>;
  /** Marks the order cancelled and hands out its checkout, turned back and held by the caller. */
  cancel(id: number, owner: Owner, by: number): Promise<Changed<Held>>;
  /** What fulfilment reports; saying it twice changes nothing. */
  progress(id: number, to: Progress, by: number): Promise<Changed<null>>;
}

function filtered(db: Knex, filter: OrderFilter): Knex.QueryBuilder {
  return db('orders').modify((query) => {
    if (filter.userId !== undefined) void query.where('orders.user_id', filter.userId);
    if (filter.status !== undefined) void query.where('orders.status', filter.status);
  });
}

async function list(db: Knex, filter: OrderFilter, window: { limit: number; offset: number }): Promise<Listing> {
  const [counted] = await filtered(db, filter).count<{ total: number }[]>({ total: '*' });
  const units = '(select coalesce(sum(quantity), 0) from order_items where order_items.order_id = orders.id) as item_count';
  const rows = (await filtered(db, filter)
    .leftJoin('customers', 'customers.id', 'orders.user_id')
    .select('orders.*', 'customers.name as customer_name', db.raw(units))
    .orderBy('orders.id', 'desc')
    .limit(window.limit)
    .offset(window.offset)) as (NamedOrderRow & { item_count: number })[];
  return { orders: rows.map((row) => ({ ...toHead(row), itemCount: row.item_count })), total: counted?.total ?? 0 };
}

async function find(db: Knex, id: number, owner: Owner): Promise<Order | undefined> {
  const row = await filtered(db, { userId: owner })
    .leftJoin('customers', 'customers.id', 'orders.user_id')
    .leftJoin('promotions', 'promotions.id', 'orders.promotion_id')
    .where('orders.id', id)
    .first<NamedOrderRow | undefined>('orders.*', 'customers.name as customer_name', 'promotions.code as promotion_code');
  if (row === undefined) return undefined;
  const [lines, payment, shipment] = await Promise.all([
    db('order_items')
      .leftJoin('products', 'products.id', 'order_items.product_id')
      .where('order_items.order_id', id)
      .orderBy('order_items.product_id')
      .select<LineRow[]>('order_items.*', 'products.sku', 'products.name as product_name'),
    db('payments').where({ order_id: id }).orderBy('id', 'desc').first<PaymentRow | undefined>(),
    db('shipments').where({ order_id: id }).first<ShipmentRow | undefined>(),
  ]);
  return toOrder(row, lines, payment, shipment);
}

async function lock(transaction: Knex.Transaction, id: number, owner: Owner): Promise<OrderRow | undefined> {
  return filtered(transaction, { userId: owner }).where('orders.id', id).forUpdate().first<OrderRow | undefined>();
}

/** The checkout that made the order, turned back; for an order that the monolith placed, one under the order's own name. */
async function turnBack(transaction: Knex.Transaction, order: OrderRow, leaseMs: number): Promise<Held> {
  const items = await transaction('order_items').where({ order_id: order.id }).orderBy('product_id')
    .select<{ productId: number; quantity: number }[]>('product_id as productId', 'quantity');
  const made = await transaction('checkouts').where({ order_id: order.id }).forUpdate().first<CheckoutRow | undefined>();
  const begun = made?.state ?? {
    key: `order-${String(order.id)}`,
    userId: order.user_id,
    request: { items, paymentMethod: 'card' as const, promotionCode: null },
    deadline: order.placed_at.toISOString(),
  };
  const promotion = order.promotion_id === null ? null : { id: order.promotion_id };
  const undo = { items, orderId: order.id, promotion };
  const columns = { ...toColumns(transaction, cancelled(begun, undo), leaseMs), order_id: order.id };
  const [row] = await transaction('checkouts')
    .insert(columns)
    .onConflict('key')
    .merge({ ...columns, version: transaction.raw('checkouts.version + 1') })
    .returning<CheckoutRow[]>('*');
  if (row === undefined) throw new Error('upsert into checkouts returned nothing');
  return toHeld(row);
}

export function createOrderStore(db: Knex, leaseMs: number): OrderStore {
  return {
    list: (filter, window) => list(db, filter, window),
    find: (id, owner) => find(db, id, owner),
    payments: async (orderId, owner) => {
      if ((await filtered(db, { userId: owner }).where('orders.id', orderId).first<{ id: number } | undefined>('id')) === undefined) return undefined;
      return (await db('payments').where({ order_id: orderId }).orderBy('id').select<PaymentRow[]>()).map(toPayment);
    },

    cancel: (id, owner, by) =>
      db.transaction(async (transaction): Promise<Changed<Held>> => {
        const order = await lock(transaction, id, owner);
        if (order === undefined) return { kind: 'absent' };
        if (!isCancellable(order.status)) return { kind: 'conflict', status: order.status };
        await transaction('orders').where({ id }).update({ status: 'cancelled', updated_by: by });
        await publish(transaction, { type: 'OrderCancelled', order: { id, userId: order.user_id }, by });
        return { kind: 'done', next: await turnBack(transaction, order, leaseMs) };
      }),

    progress: (id, to, by) =>
      db.transaction(async (transaction): Promise<Changed<null>> => {
        const order = await lock(transaction, id, undefined);
        if (order === undefined) return { kind: 'absent' };
        if (order.status === to) return { kind: 'done', next: null };
        if (order.status !== PREDECESSOR[to]) return { kind: 'conflict', status: order.status };
        await transaction('orders').where({ id }).update({ status: to, updated_by: by });
        await publish(transaction, { type: 'OrderProgressed', order: { id, userId: order.user_id }, to, by });
        return { kind: 'done', next: null };
      }),
  };
}
