import { db } from '../db/index.ts';
import { presentStock, type StockRecord } from './stock.ts';

const WEEKS_LOOKED_BACK = 4;

/** Active products with fewer than `threshold` units available, scarcest first, with what sold in the last four weeks. */
export async function lowStock(threshold: number, limit: number) {
  const { rows } = await db.raw<{ rows: (StockRecord & { sold: number })[] }>(
    `select s.*, p.sku, p.name, coalesce(sold.units, 0) as sold
       from stock_levels s
       join products p on p.id = s.product_id and p.active
       left join (
         select oi.product_id, sum(oi.quantity) as units
         from order_items oi
         join orders o on o.id = oi.order_id
         where o.status <> 'cancelled' and o.placed_at > now() - make_interval(weeks => ?)
         group by oi.product_id
       ) sold on sold.product_id = s.product_id
      where s.on_hand - s.reserved < ?
      order by s.on_hand - s.reserved, s.product_id
      limit ?`,
    [WEEKS_LOOKED_BACK, threshold, limit],
  );
  return rows.map((row) => ({ ...presentStock(row), soldLately: row.sold }));
}
