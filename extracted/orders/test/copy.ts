import pg from 'pg';
import type { Item, PaymentJson, Shop } from './shop.ts';

/** What replication does for this service, as plain SQL: the mapping of README.md. Source column → ours. */
const MAPPING: readonly { from: string; into: string; columns: Readonly<Record<string, string>> }[] = [
  {
    from: 'orders',
    into: 'orders',
    columns: same('id', 'user_id', 'status', 'subtotal_cents', 'tax_cents', 'total_cents', 'placed_at', 'promotion_id', 'discount_cents', 'updated_by'),
  },
  { from: 'order_items', into: 'order_items', columns: same('id', 'order_id', 'product_id', 'quantity', 'unit_price_cents', 'line_total_cents') },
  { from: 'users', into: 'customers', columns: same('id', 'name') },
  { from: 'products', into: 'products', columns: same('id', 'sku', 'name') },
  { from: 'promotions', into: 'promotions', columns: same('id', 'code') },
  { from: 'payments', into: 'payments', columns: same('id', 'order_id', 'method', 'status', 'amount_cents', 'reference', 'created_at', 'captured_at') },
  { from: 'shipments', into: 'shipments', columns: same('id', 'order_id', 'carrier', 'tracking_number', 'status', 'shipped_at', 'delivered_at') },
];

function same(...columns: string[]): Record<string, string> {
  return Object.fromEntries(columns.map((column) => [column, column]));
}

/** Copies the monolith's rows as a replica would: no trigger, no foreign key, sequences behind the last id. */
export async function copyTables(fromUrl: string, toUrl: string): Promise<void> {
  await using source = await open(fromUrl);
  await using target = await open(toUrl);
  await target.sql.query("begin; set local session_replication_role = 'replica'");
  for (const { from, into, columns } of MAPPING) {
    const picked = Object.entries(columns).map(([theirs, ours]) => `${theirs} as ${ours}`).join(', ');
    const { rows } = await source.sql.query<{ rows: string }>(`select coalesce(json_agg(t), '[]')::text as rows from (select ${picked} from ${from}) t`);
    const names = Object.values(columns).join(', ');
    await target.sql.query(`insert into ${into} (${names}) select ${names} from json_populate_recordset(null::${into}, $1::json)`, [rows[0]?.rows]);
  }
  for (const table of ['orders', 'order_items']) {
    await target.sql.query(`select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`);
  }
  await target.sql.query('commit');
}

/** Inventory, promotions and payments as the monolith knows them, under the names by which this service speaks of its orders. */
export async function stockShop(shop: Shop, fromUrl: string): Promise<void> {
  await using source = await open(fromUrl);
  const { sql } = source;
  const stock = await sql.query<{ id: number; on_hand: number }>('select product_id::int as id, on_hand from stock_levels');
  for (const { id, on_hand: onHand } of stock.rows) shop.onHand.set(id, onHand);

  const promotions = await sql.query<{ id: number; code: string; percent: number; free: number; active: boolean; expired: boolean }>(
    'select id::int, code, percent_off as percent, max_uses - uses as free, active, coalesce(expires_at <= now(), false) as expired from promotions',
  );
  for (const { id, code, percent, free, active, expired } of promotions.rows) {
    const problem = !active ? { problem: 'is not active' } : expired ? { problem: 'has expired' } : {};
    shop.promotions.set(code, { id, percentOff: percent, maxUses: free, ...problem });
  }

  const open_ = await sql.query<{ id: number; items: Item[] }>(`
    select o.id::int, json_agg(json_build_object('productId', i.product_id, 'quantity', i.quantity)) as items
      from orders o join order_items i on i.order_id = o.id where o.status in ('placed', 'paid') group by o.id`);
  for (const { id, items } of open_.rows) shop.held.set(`order-${String(id)}`, items);

  const payments = await sql.query<{ payment: PaymentJson }>(`
    select json_build_object('id', id, 'orderId', order_id, 'method', method, 'status', status, 'amountCents', amount_cents,
      'reference', reference, 'createdAt', created_at, 'capturedAt', captured_at) as payment from payments order by id`);
  for (const { payment } of payments.rows) shop.payments.set(`order-${String(payment.orderId)}`, payment);
}

async function open(url: string): Promise<{ sql: pg.Client } & AsyncDisposable> {
  const sql = new pg.Client({ connectionString: url });
  await sql.connect();
  return { sql, [Symbol.asyncDispose]: () => sql.end() };
}
