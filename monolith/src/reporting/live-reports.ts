import { db } from '../db/index.ts';
import { reportTable } from '../db/tables.ts';

interface DailySalesRecord {
  day: string;
  category_id: number;
  category_name: string;
  orders: number;
  units: number;
  revenue_cents: number;
  customers: number;
  average_rating: number | null;
  shipped: number;
  refunded_cents: number;
}

/** What the nightly report stored, both days included. */
export async function dailySales(from: string, to: string) {
  const records = await db(`${reportTable('daily_sales')} as d`)
    .join('categories as c', 'c.id', 'd.category_id')
    .whereBetween('d.day', [from, to])
    .orderBy(['d.day', 'd.category_id'])
    .select<DailySalesRecord[]>('d.*', 'c.name as category_name');
  return records.map((record) => ({
    day: record.day,
    categoryId: record.category_id,
    categoryName: record.category_name,
    orders: record.orders,
    units: record.units,
    revenueCents: record.revenue_cents,
    customers: record.customers,
    averageRating: record.average_rating,
    shipped: record.shipped,
    refundedCents: record.refunded_cents,
  }));
}

export async function topProducts(from: string, to: string, limit: number) {
  const { rows } = await db.raw<{ rows: { productId: number; sku: string; name: string; units: number; revenueCents: number; inStock: boolean }[] }>(
    `select p.id as "productId", p.sku, p.name, sum(oi.quantity) as units, sum(oi.line_total_cents) as "revenueCents",
            coalesce(max(s.on_hand - s.reserved) > 0, false) as "inStock"
       from order_items oi
       join orders o on o.id = oi.order_id and o.status <> 'cancelled'
       join products p on p.id = oi.product_id
       left join stock_levels s on s.product_id = p.id
      where o.placed_at >= (:from::date)::timestamp at time zone 'UTC'
        and o.placed_at < (:to::date + 1)::timestamp at time zone 'UTC'
      group by p.id
      order by units desc, p.id
      limit :limit`,
    { from, to, limit },
  );
  return rows;
}

export async function bestCustomers(limit: number) {
  const rows = await db('users as u')
    .join('orders as o', 'o.user_id', 'u.id')
    .leftJoin('reviews as r', 'r.user_id', 'u.id')
    .where('u.role', 'customer')
    .whereNot('o.status', 'cancelled')
    .groupBy('u.id')
    .orderByRaw('"spentCents" desc, u.id')
    .limit(limit)
    .select<{ userId: number; name: string; email: string; orders: number; spentCents: number; reviews: number }[]>(
      'u.id as userId',
      'u.name',
      'u.email',
      db.raw('count(distinct o.id) as orders'),
      // Reviews multiply the joined rows, so the sum is taken per order, not per row.
      db.raw('(select sum(total_cents) from orders where user_id = u.id and status <> ?) as "spentCents"', ['cancelled']),
      db.raw('count(distinct r.id) as reviews'),
    );
  return rows;
}
