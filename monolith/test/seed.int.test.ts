import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { migrateLatest, rollbackAll } from '../src/db/migrate.ts';
import { seed } from '../src/seed.ts';

let one: TestDatabase;
let two: TestDatabase;

const TABLES = [
  'users', 'categories', 'products', 'price_rules', 'promotions', 'orders', 'order_items', 'payments', 'shipments', 'notifications',
  'stock_levels', 'carts', 'cart_items', 'reviews', 'report_daily_sales',
];

beforeAll(async () => {
  [one, two] = await Promise.all([testDatabase('monolith_seed_a'), testDatabase('monolith_seed_b')]);
  await Promise.all([migrateLatest(one.url), migrateLatest(two.url)]);
});

afterAll(async () => {
  await one.close();
  await two.close();
});

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** One SHA-256 over every row of every table as PostgreSQL prints it. */
async function checksum(url: string): Promise<string> {
  const hash = createHash('sha256');
  for (const table of TABLES) {
    const rows = await ask(url, `select t::text as line from ${table} t order by 1`);
    hash.update(`${table}\n`);
    for (const row of rows) hash.update(`${String(row['line'])}\n`);
  }
  return hash.digest('hex');
}

test('two databases seeded with the same size hold the same rows to the byte, and a reset brings them back', async () => {
  const counts = await seed(one.url, 'S');
  await seed(two.url, 'S');
  expect(counts).toMatchObject({ orders: 1_000, users: 300, products: 200, payments: 1_000 });
  const sum = await checksum(one.url);
  expect(await checksum(two.url)).toBe(sum);

  await ask(two.url, `update products set name = 'changed' where id = 1`);
  expect(await checksum(two.url)).not.toBe(sum);
  await seed(two.url, 'S', { reset: true });
  expect(await checksum(two.url)).toBe(sum);
});

test('a database with data is refused without a reset', async () => {
  await expect(seed(one.url, 'S')).rejects.toThrow(/has data already/);
});

test('the seeded numbers are those the application would have written', async () => {
  const wrong = await ask(one.url, `
    select 'total' as what, count(*)::int from orders where subtotal_cents - discount_cents + tax_cents <> total_cents
    union all
    select 'subtotal', count(*)::int from orders o
     where subtotal_cents <> (select sum(line_total_cents) from order_items where order_id = o.id)
    union all
    select 'tax', count(*)::int from orders where tax_cents <> floor((subtotal_cents - discount_cents) * 0.2 + 0.5)
    union all
    select 'payment', count(*)::int from orders o where total_cents <> (select amount_cents from payments where order_id = o.id)
    union all
    select 'reserved', count(*)::int from stock_levels s where reserved <> (
      select coalesce(sum(quantity), 0) from order_items oi join orders o on o.id = oi.order_id
      where oi.product_id = s.product_id and o.status in ('placed', 'paid'))
    union all
    select 'uses', count(*)::int from promotions p where uses < max_uses and uses <> (
      select count(*) from orders where promotion_id = p.id and status <> 'cancelled')
    union all
    select 'search text', count(*)::int from products where search_text <> lower(sku || ' ' || name || ' ' || description)
    union all
    select 'recipient', count(*)::int from notifications n join users u on u.id = n.user_id where recipient <> email
    union all
    select 'before joining', count(*)::int from orders o join users u on u.id = o.user_id where placed_at < created_at`);
  expect(wrong.filter((row) => row['count'] !== 0)).toEqual([]);
});

test('every sequence goes on after the seeded ids', async () => {
  for (const table of TABLES.filter((name) => name !== 'stock_levels' && name !== 'report_daily_sales')) {
    const [row] = await ask(one.url, `select nextval(pg_get_serial_sequence('${table}', 'id')) > (select max(id) from ${table}) as free`);
    expect([table, row?.['free']]).toEqual([table, true]);
  }
});

test('the schema can be taken down again, migration by migration, and built anew', async () => {
  const undone = await rollbackAll(two.url);
  expect(await ask(two.url, `select tablename from pg_tables where schemaname = 'public' and tablename not like 'knex%'`)).toEqual([]);
  expect(await migrateLatest(two.url)).toHaveLength(undone.length);
  expect(await migrateLatest(two.url)).toEqual([]);
});
