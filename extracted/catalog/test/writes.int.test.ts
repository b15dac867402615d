import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import type { Knex } from 'knex';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { createApp } from '../src/app.ts';
import { createCatalog } from '../src/catalog.ts';
import { migrateLatest, openDatabase, pendingMigrations, ping } from '../src/store/database.ts';

const SECRET = 'a kettle, a lemon and a long walk';
const teapot = { sku: 'TEA-1', name: 'Blue Teapot', categoryId: 1, priceCents: 1990 };

let database: TestDatabase;
let db: Knex;
let server: Server;
let base: string;

beforeAll(async () => {
  database = await testDatabase('catalog');
  db = openDatabase(database.url, () => undefined);
  await migrateLatest(db);
  const app = createApp({
    catalog: createCatalog(db), jwtSecret: SECRET, rounding: 'half-up', build: 'test', isDraining: () => false, isReady: () => ping(db).then(() => true, () => false),
    report: () => undefined,
  });
  server = createServer(app);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await db.destroy();
  await database.close();
});

beforeEach(async () => {
  await db.raw('truncate outbox, products, categories, price_rules, stock_levels, review_ratings restart identity');
  await db('categories').insert({ name: 'Tea', slug: 'tea' });
});

async function send(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const token = jwt.sign({ role: 'staff' }, SECRET, { algorithm: 'HS256', subject: '2' });
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

const events = () => db('outbox').orderBy('created_at').select<{ type: string; aggregateid: string; payload: Record<string, unknown> }[]>();

describe('the outbox', () => {
  test('tells of each write once, in order, with the whole product and who did it', async () => {
    await send('POST', '/products', teapot);
    await send('PATCH', '/products/1', { priceCents: 2490, name: 'Big Teapot' });
    await send('DELETE', '/products/1');
    const told = await events();
    expect(told.map(({ type, aggregateid }) => [type, aggregateid])).toEqual([['ProductCreated', '1'], ['ProductChanged', '1'], ['ProductRetired', '1']]);
    expect(told[1]?.payload).toMatchObject({ id: 1, priceCents: 2490, name: 'Big Teapot', active: true, changed: ['name', 'priceCents'], by: 2 });
    expect(told[2]?.payload).toMatchObject({ active: false });
  });

  test('stays silent about writes that did not happen', async () => {
    await send('POST', '/products', teapot);
    const refused = [
      await send('POST', '/products', teapot),
      await send('POST', '/products', { ...teapot, categoryId: 99 }),
      await send('PATCH', '/products/99', { name: 'x' }),
      await send('DELETE', '/products/99'),
    ];
    expect(refused.map(({ status }) => status)).toEqual([409, 400, 404, 404]);
    expect(await events()).toHaveLength(1);
  });

  test('takes the product down with it: without an event there is no row', async () => {
    await db.raw("alter table outbox add constraint full_up check (type <> 'ProductCreated')");
    try {
      expect((await send('POST', '/products', teapot)).status).toBe(409);
      expect(await db('products').select('id')).toEqual([]);
    } finally {
      await db.raw('alter table outbox drop constraint full_up');
    }
  });
});

describe('the search text', () => {
  test("follows the service's own writes", async () => {
    await send('POST', '/products', teapot);
    await send('PATCH', '/products/1', { name: 'Große Kanne' });
    expect(await db('products').select('search_text')).toEqual([{ search_text: 'tea-1 große kanne ' }]);
  });

  test('of a replicated row is the one that was replicated', async () => {
    await db.transaction(async (replication) => {
      await replication.raw("set local session_replication_role = 'replica'");
      await replication('products').insert({ id: 5, category_id: 1, sku: 'A', name: 'A', price_cents: 1, search_text: 'from the monolith' });
    });
    expect(await db('products').select('search_text')).toEqual([{ search_text: 'from the monolith' }]);
  });
});

describe('the copies of other contexts', () => {
  test('may arrive before the product they speak of, and in any order', async () => {
    await db('review_ratings').insert([{ id: 1, product_id: 1, stars: 5 }, { id: 2, product_id: 1, stars: 4 }]);
    await db('stock_levels').insert({ product_id: 1, on_hand: 3, reserved: 3 });
    await db('price_rules').insert({ id: 9, product_id: 1, percent_off: 15, starts_at: '2024-01-01', active: true });
    const { body } = await send('POST', '/products', teapot);
    expect(body).toMatchObject({ effectivePrice: 1692, inStock: false, rating: { average: 4.5, count: 2 } });
  });

  test('give way to a better rule, ignore one that is over, and sell what is free', async () => {
    await send('POST', '/products', teapot);
    const rule = { starts_at: '2024-01-01', active: true };
    await db('price_rules').insert([
      { ...rule, id: 1, product_id: 1, percent_off: 10 }, { ...rule, id: 2, category_id: 1, percent_off: 20 },
      { ...rule, id: 3, product_id: 1, percent_off: 90, ends_at: '2024-02-01' }, { ...rule, id: 4, product_id: 1, percent_off: 90, active: false },
    ]);
    await db('stock_levels').insert({ product_id: 1, on_hand: 3, reserved: 2 });
    expect((await send('GET', '/products/1/price')).body).toMatchObject({ effectivePrice: 1592, percentOff: 20, priceRuleId: 2 });
    expect((await send('GET', '/products/1')).body).toMatchObject({ inStock: true });
  });
});

test('the schema can be taken down and built again', async () => {
  await db.migrate.rollback(undefined, true);
  expect(await pendingMigrations(db)).toBe(4);
  await migrateLatest(db);
  expect(await pendingMigrations(db)).toBe(0);
});
