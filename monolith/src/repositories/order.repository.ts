import { db, type Db } from '../db/index.ts';
import type { OrderItemRow, OrderRow, OrderStatus } from '../db/rows.ts';
import type { Page } from '../lib/helpers.ts';

export interface OrderRecord extends OrderRow {
  customer_name: string;
  promotion_code: string | null;
}

export interface OrderSummaryRecord extends OrderRow {
  customer_name: string;
  item_count: number;
}

export interface OrderLineRecord extends OrderItemRow {
  sku: string;
  product_name: string;
}

export interface OrderFilter {
  userId?: number | undefined;
  status?: OrderStatus | undefined;
}

export async function findOrder(connection: Db, id: number): Promise<OrderRecord | undefined> {
  return connection('orders')
    .join('users', 'users.id', 'orders.user_id')
    .leftJoin('promotions', 'promotions.id', 'orders.promotion_id')
    .where('orders.id', id)
    .first<OrderRecord | undefined>('orders.*', 'users.name as customer_name', 'promotions.code as promotion_code');
}

export async function findLines(connection: Db, orderId: number): Promise<OrderLineRecord[]> {
  return connection('order_items')
    .join('products', 'products.id', 'order_items.product_id')
    .where('order_items.order_id', orderId)
    .orderBy('order_items.product_id')
    .select<OrderLineRecord[]>('order_items.*', 'products.sku', 'products.name as product_name');
}

function filtered(filter: OrderFilter) {
  return db('orders').modify((query) => {
    if (filter.userId !== undefined) void query.where('orders.user_id', filter.userId);
    if (filter.status !== undefined) void query.where('orders.status', filter.status);
  });
}

export async function listOrders(filter: OrderFilter, page: Page): Promise<{ records: OrderSummaryRecord[]; total: number }> {
  const [counted] = await filtered(filter).count<{ total: number }[]>({ total: '*' });
  const records = await filtered(filter)
    .join('users', 'users.id', 'orders.user_id')
    .select<OrderSummaryRecord[]>(
      'orders.*',
      'users.name as customer_name',
      db.raw('(select coalesce(sum(quantity), 0) from order_items where order_items.order_id = orders.id) as item_count'),
    )
    .orderBy('orders.id', 'desc')
    .limit(page.limit)
    .offset(page.offset);
  return { records, total: counted?.total ?? 0 };
}

/** The order, locked until the transaction ends. Everything that changes an order takes this lock first. */
export async function lockOrder(trx: Db, id: number): Promise<OrderRow | undefined> {
  return trx('orders').where({ id }).forUpdate().first();
}

export async function setOrderStatus(trx: Db, id: number, status: OrderStatus, userId: number): Promise<void> {
  await trx('orders').where({ id }).update({ status, updated_by: userId });
}
