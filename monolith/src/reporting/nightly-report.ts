import { db } from '../db/index.ts';
import { reportTable } from '../db/tables.ts';

/**
 * Sales of one UTC day per category. Joins everything the shop has; run again, it replaces the day, so a late refund shows up
 * when the day is recomputed. Returns the number of categories that sold something.
 */
export async function computeDailySales(day: string): Promise<number> {
  const table = reportTable('daily_sales');
  const { rowCount } = await db.transaction(async (trx) => {
    await trx(table).where({ day }).delete();
    return trx.raw<{ rowCount: number }>(
      `with sold as (
         select c.id as category_id, o.id as order_id, u.id as customer_id, oi.product_id, oi.quantity, oi.line_total_cents
         from orders o
         join users u on u.id = o.user_id
         join order_items oi on oi.order_id = o.id
         join products p on p.id = oi.product_id
         join categories c on c.id = p.category_id
         where o.status <> 'cancelled'
           and o.placed_at >= (:day::date)::timestamp at time zone 'UTC'
           and o.placed_at < (:day::date + 1)::timestamp at time zone 'UTC'
       ),
       ratings as (
         select p.category_id, round(avg(r.rating), 1) as average_rating
         from reviews r join products p on p.id = r.product_id
         group by p.category_id
       ),
       fulfilled as (
         select s.category_id, count(distinct sh.order_id) as shipped, sum(pay.refunded) as refunded_cents
         from (select distinct category_id, order_id from sold) s
         left join shipments sh on sh.order_id = s.order_id
         left join lateral (
           select coalesce(sum(amount_cents), 0) as refunded from payments where order_id = s.order_id and status = 'refunded'
         ) pay on true
         group by s.category_id
       )
       insert into ${table}
         (day, category_id, orders, units, revenue_cents, customers, average_rating, shipped, refunded_cents)
       select :day::date, sold.category_id, count(distinct sold.order_id), sum(sold.quantity), sum(sold.line_total_cents),
              count(distinct sold.customer_id), max(ratings.average_rating), max(fulfilled.shipped), max(fulfilled.refunded_cents)
       from sold
       left join ratings on ratings.category_id = sold.category_id
       left join fulfilled on fulfilled.category_id = sold.category_id
       group by sold.category_id`,
      { day },
    );
  });
  return rowCount;
}

/** Whether this day has been computed. A day without any sale looks the same as one never computed, and is cheap to repeat. */
export async function hasDailySales(day: string): Promise<boolean> {
  const row: unknown = await db(reportTable('daily_sales')).where({ day }).first('day');
  return row !== undefined;
}
