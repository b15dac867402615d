import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { type Shop, startShop } from './shop.ts';

let database: TestDatabase;
let shop: Shop;
let admin: string;
let staff: string;

/** A seeded day on which one order was delivered and another cancelled. */
let day: string;
const REPORT = `/api/admin/reports/daily-sales`;

beforeAll(async () => {
  database = await testDatabase('monolith_reports');
  shop = await startShop(database.url);
  const found = await shop.row(
    `select (placed_at at time zone 'UTC')::date::text as day from orders group by 1
     having count(*) filter (where status = 'cancelled') > 0 and count(*) filter (where status = 'delivered') > 0 order by 1 limit 1`);
  day = String(found['day']);
  admin = await shop.login('admin@example.com');
  staff = await shop.login('staff@example.com');
});

afterAll(async () => {
  await shop.close();
  await database.close();
});

test('the nightly report agrees with the orders of the day, and computing it twice changes nothing', async () => {
  const computed = await shop.call('POST', `${REPORT}/${day}`, { token: admin });
  expect(computed.status).toBe(200);
  const first = await shop.call('GET', `${REPORT}?from=${day}&to=${day}`, { token: staff });
  expect(first.body.items).toHaveLength(computed.body.categories);

  const expected = await shop.row(
    `select sum(line_total_cents)::int revenue, sum(quantity)::int units from order_items join orders on orders.id = order_id
     where status <> 'cancelled' and (placed_at at time zone 'UTC')::date = $1`, [day]);
  const total = (field: 'revenueCents' | 'units'): number => first.body.items.reduce((sum, row) => sum + row[field], 0);
  expect(total('revenueCents')).toBe(expected['revenue']);
  expect(total('units')).toBe(expected['units']);
  expect(total('units')).toBeGreaterThan(0);

  await shop.call('POST', `${REPORT}/${day}`, { token: admin });
  expect((await shop.call('GET', `${REPORT}?from=${day}&to=${day}`, { token: staff })).body).toEqual(first.body);
});

test('a refund shows when the day is computed again', async () => {
  await shop.call('POST', `${REPORT}/${day}`, { token: admin });
  const sold = await shop.row(
    `select o.id::int, p.category_id::int, pay.id::int payment_id, pay.amount_cents from orders o join order_items oi on oi.order_id = o.id
     join products p on p.id = oi.product_id join payments pay on pay.order_id = o.id
     where o.status = 'delivered' and (placed_at at time zone 'UTC')::date = $1 order by o.id limit 1`, [day]);
  await shop.call('POST', `/api/payments/${String(sold['payment_id'])}/refund`, { token: staff });
  await shop.call('POST', `${REPORT}/${day}`, { token: admin });
  const { body } = await shop.call('GET', `${REPORT}?from=${day}&to=${day}`, { token: staff });
  const row = body.items.find((item) => item.categoryId === sold['category_id']);
  expect(row?.refundedCents).toBe(sold['amount_cents']);
});

test('the best sellers of a range are counted in units', async () => {
  const { body } = await shop.call('GET', '/api/admin/reports/top-products?from=2023-01-01&to=2023-12-31&limit=5', { token: staff });
  const best = await shop.row(
    `select product_id::int, sum(quantity)::int units from order_items join orders on orders.id = order_id
     where status <> 'cancelled' and placed_at >= '2023-01-01Z' and placed_at < '2024-01-01Z' group by 1 order by 2 desc, 1 limit 1`);
  expect(body.items).toHaveLength(5);
  expect(body.items[0]).toMatchObject({ productId: best['product_id'], units: best['units'] });
});

test('the best customers are ranked by money, not by how much they review', async () => {
  const { body } = await shop.call('GET', '/api/admin/reports/best-customers?limit=3', { token: staff });
  const expected = await shop.rows(
    `select user_id::int as "userId", sum(total_cents)::int as "spentCents" from orders join users u on u.id = user_id
     where status <> 'cancelled' and role = 'customer' group by 1 order by 2 desc, 1 limit 3`);
  expect(body.items).toMatchObject(expected);
});

test('reports are for staff, recomputing is for admins, and days must exist', async () => {
  const customer = await shop.login('customer@example.com');
  expect((await shop.call('GET', REPORT, { token: customer })).status).toBe(403);
  expect((await shop.call('POST', `${REPORT}/${day}`, { token: staff })).status).toBe(403);
  expect((await shop.call('POST', `${REPORT}/2023-02-30`, { token: admin })).status).toBe(400);
  expect((await shop.call('GET', `${REPORT}?from=2024-01-02&to=2024-01-01`, { token: staff })).status).toBe(400);
});

test('carts left alone for a day are closed and their owners reminded, once', async () => {
  const { closeAbandonedCarts } = await import('../src/jobs/abandoned-carts.ts');
  const open = await shop.row(`select count(*)::int n from carts where status = 'open'`);
  expect(open['n']).toBeGreaterThan(0);
  const [first, second] = await Promise.all([closeAbandonedCarts(), closeAbandonedCarts()]);
  expect(first + second).toBe(open['n']);
  expect(await closeAbandonedCarts()).toBe(0);
  const reminded = await shop.row(`select count(*)::int n from notifications where kind = 'cart_reminder'`);
  expect(reminded['n']).toBe(open['n']);
});

test('every member of staff hears of low stock once a day', async () => {
  const { remindOfLowStock } = await import('../src/jobs/low-stock-reminder.ts');
  await remindOfLowStock();
  await remindOfLowStock();
  const rows = await shop.rows(`select user_id::int from notifications where kind = 'low_stock' order by 1`);
  expect(rows).toEqual([{ user_id: 1 }, { user_id: 2 }]);
});

test('promotions are made by staff and checked by anybody', async () => {
  const body = { code: 'summer', percentOff: 12, maxUses: 3 };
  const created = await shop.call('POST', '/api/promotions', { token: staff, body });
  expect(created.body).toMatchObject({ code: 'SUMMER', uses: 0, active: true, expiresAt: null });
  expect((await shop.call('POST', '/api/promotions', { token: staff, body })).status).toBe(409);
  expect((await shop.call('GET', '/api/promotions/summer/check')).body).toEqual({ code: 'SUMMER', percentOff: 12, usable: true, reason: null });
  await shop.call('PATCH', `/api/promotions/${String(created.body.id)}`, { token: staff, body: { active: false } });
  expect((await shop.call('GET', '/api/promotions/summer/check')).body).toMatchObject({ usable: false, reason: 'is not active' });
  expect((await shop.call('GET', '/api/promotions/nosuch/check')).status).toBe(404);
  expect((await shop.call('GET', '/api/promotions/%00/check')).status).toBe(400);
});
