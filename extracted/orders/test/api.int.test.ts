import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Knex } from 'knex';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { httpCollaborators } from '../src/acl/http-collaborators.ts';
import { createApp } from '../src/app.ts';
import { createSaga, type Saga } from '../src/saga/saga.ts';
import { createCheckoutStore } from '../src/store/checkouts.ts';
import { migrateLatest, openDatabase, ping } from '../src/store/database.ts';
import { createOrderStore } from '../src/store/orders.ts';
import { ask, bearer, JWT_SECRET, NOTHING, ORDER, teaShop, tracesIn } from './fixture.ts';
import type { Shop } from './shop.ts';

const LEASE_MS = 60_000;

let database: TestDatabase;
let db: Knex;
let shop: Shop;
let saga: Saga;
let server: Server;
let base: string;
let reported: unknown[];

beforeAll(async () => {
  database = await testDatabase('orders');
  db = openDatabase(database.url, () => undefined);
  await migrateLatest(db);
});
afterAll(async () => {
  await db.destroy();
  await database.close();
});

beforeEach(async () => {
  await db.raw('truncate checkouts, orders, order_items, outbox, customers, products, promotions, payments, shipments restart identity');
  await db('customers').insert({ id: 3, name: 'Ada Byron' });
  shop = teaShop();
  const url = await shop.start();
  const collaborators = httpCollaborators({
    catalogUrl: url, inventoryUrl: url, promotionsUrl: url, paymentsUrl: url, timeoutMs: 150, token: () => 'a token',
  });
  const clock = { now: () => new Date(), sleep: (ms: number) => new Promise<void>((resolve) => { setTimeout(resolve, ms); }) };
  saga = createSaga(createCheckoutStore(db, LEASE_MS), collaborators, clock, { checkoutTimeoutMs: 1_500, stepTimeoutMs: 150, log: () => undefined });
  reported = [];
  server = createServer(createApp({
    orders: createOrderStore(db, LEASE_MS), saga, jwtSecret: JWT_SECRET, build: 'test', isDraining: () => false, isReady: () => ping(db).then(() => true, () => false),
    report: (error) => { reported.push(error); },
  }));
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await shop.stop();
  expect(reported).toEqual([]);
});

const place = (body: unknown = ORDER, headers: Readonly<Record<string, string>> = {}) => ask('POST', `${base}/orders`, body, headers);

async function left() {
  const orders = await db('orders').select('id');
  const events = await db('outbox').select('id');
  return tracesIn(shop, orders.length, events.length);
}

describe('placing an order', () => {
  test('answers with the order, its payment and where it is, and tells the outbox', async () => {
    const { status, body, location } = await place();
    expect([status, location]).toEqual([201, '/orders/1']);
    expect(body).toMatchObject({
      id: 1, userId: 3, customerName: 'Ada Byron', status: 'placed', subtotalCents: 3_340, discountCents: 334, taxCents: 601, totalCents: 3_607,
      promotionCode: 'TEATIME10', shipment: null, payment: { orderId: 1, status: 'authorized', amountCents: 3_607, method: 'card' },
      items: [
        { productId: 1, sku: 'TEA-1', name: 'Teapot', quantity: 1, unitPriceCents: 1_990, lineTotalCents: 1_990 },
        { productId: 2, sku: 'CUP-1', name: 'Cup', quantity: 3, unitPriceCents: 450, lineTotalCents: 1_350 },
      ],
    });
    expect(await db('outbox').select('aggregatetype', 'aggregateid', 'type', 'payload')).toEqual([{
      aggregatetype: 'order', aggregateid: '1', type: 'OrderPlaced',
      payload: expect.objectContaining({ orderId: 1, userId: 3, promotionId: 4, totalCents: 3_607, lines: body['items'] }),
    }]);
  });

  test.each<[string, number, string, RegExp, (it: Shop) => void]>([
    ['a product that is not for sale', 400, 'bad_request', /^Product 2 cannot be ordered$/, (it) => it.products.delete(2)],
    ['too little stock', 409, 'insufficient_stock', /^Product 2 is not in stock 3 times$/, (it) => it.onHand.set(2, 2)],
    ['a promotion nobody knows', 409, 'promotion_not_usable', /^Promotion teatime10 does not exist$/, (it) => { it.promotions.clear(); }],
    ['a declined card', 402, 'payment_declined', /declined/, (it) => { it.limitCents = 3_606; }],
    ['a total nobody can store', 400, 'bad_request', /^The order is too large$/, (it) => it.products.set(1, { sku: 'GOLD', name: 'Gold', cents: 2_000_000_000 })],
  ])('is refused for %s and leaves nothing behind', async (_why, status, code, message, prepare) => {
    prepare(shop);
    const answer = await place();
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.stringMatching(message) } } });
    expect(await left()).toEqual(NOTHING);
  });

  test('never oversells, however many try at once', async () => {
    const answers = await Promise.all(Array.from({ length: 15 }, () => place({ items: [{ productId: 1, quantity: 1 }], paymentMethod: 'card' })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(10).fill(201), ...Array<number>(5).fill(409)]);
    expect(shop.reserved(1)).toBe(10);
  });
});

describe('a checkout among unreliable collaborators', () => {
  test('survives those that answer badly at first: each is asked again, and acts once', async () => {
    const harms = { reserve: 'hang', redeem: '503', authorize: 'hang up' } as const;
    shop.after = ({ name, nth }) => (nth === 1 && name in harms ? harms[name as keyof typeof harms] : undefined);
    expect((await place()).status).toBe(201);
    expect(await left()).toMatchObject({ orders: 1, reserved: [1, 3], uses: 1, payments: 1 });
    expect(shop.calls.filter(({ name }) => name === 'authorize')).toHaveLength(2);
  });

  test.each(['price', 'reserve', 'redeem', 'authorize'] as const)('gives up in time when %s never answers, and takes back what it may have done', async (silent) => {
    // The call has its effect; only the answer is lost, again and again.
    shop.after = ({ name }) => (name === silent ? 'hang' : undefined);
    const began = Date.now();
    expect(await place()).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(Date.now() - began).toBeLessThan(3_000);
    expect(await left()).toEqual(NOTHING);
  });

  test.each([['reserve', '404'], ['redeem', '401'], ['price', '401']] as const)('that says to %s: %s does not blame the customer', async (name, harm) => {
    shop.before = (call) => (call.name === name ? harm : undefined);
    expect(await place()).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(await left()).toEqual(NOTHING);
  });

  test('answers at once when taking back has to wait, and a sweep finishes it', async () => {
    shop.limitCents = 1;
    shop.before = ({ name, nth }) => (name === 'release' && nth <= 1 ? '503' : undefined);
    expect((await place()).status).toBe(402);
    expect(await left()).toMatchObject({ orders: 0, reserved: [1, 3] });
    expect(await saga.sweep()).toBe(0);
    await new Promise((resolve) => { setTimeout(resolve, 220); });
    expect(await saga.sweep()).toBe(1);
    expect(await left()).toEqual(NOTHING);
  });

  test('a request that was held up cannot revive what was taken back', async () => {
    shop.limitCents = 1;
    await place();
    const [reserve] = shop.calls.filter(({ name }) => name === 'reserve');
    const late = await fetch(`http://127.0.0.1:${String(shop.port)}/reservations/${String(reserve?.key)}`, { method: 'PUT', body: JSON.stringify(reserve?.body) });
    expect([late.status, await left()]).toEqual([409, NOTHING]);
  });
});

describe('an idempotency key', () => {
  const key = { 'idempotency-key': 'a1b2' };

  test('places one order, however often and at whatever the same time it comes', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => place(ORDER, key)));
    answers.push(await place(ORDER, key));
    expect(answers.map(({ status, body }) => [status, body['id']])).toEqual(answers.map(() => [201, 1]));
    expect(await left()).toMatchObject({ orders: 1, events: 1, reserved: [1, 3], uses: 1, payments: 1 });
  });

  test('repeats a refusal as it was', async () => {
    shop.limitCents = 1;
    const first = await place(ORDER, key);
    shop.limitCents = Number.MAX_SAFE_INTEGER;
    expect(await place(ORDER, key)).toEqual(first);
  });

  test('belongs to one order of one customer', async () => {
    await place(ORDER, key);
    expect(await place({ ...ORDER, paymentMethod: 'wallet' }, key)).toMatchObject({ status: 422, body: { error: { code: 'idempotency_key_reused' } } });
    const other = await place({ ...ORDER, promotionCode: undefined }, { ...key, authorization: bearer(5) });
    expect([other.status, other.body['id']]).toEqual([201, 2]);
  });

  test('that nobody could send is refused', async () => {
    expect(await place(ORDER, { 'idempotency-key': 'x'.repeat(201) })).toMatchObject({ status: 400 });
  });
});

describe('cancelling', () => {
  test('gives back stock, promotion and money, and says so', async () => {
    await place();
    const { status, body } = await ask('POST', `${base}/orders/1/cancel`);
    expect([status, body['status'], body['payment']]).toEqual([200, 'cancelled', expect.objectContaining({ status: 'voided' })]);
    expect(await left()).toEqual({ ...NOTHING, orders: 1, events: 2 });
    expect(await ask('POST', `${base}/orders/1/cancel`)).toMatchObject({
      status: 409, body: { error: { code: 'conflict', message: 'An order that is cancelled cannot be cancelled' } },
    });
  });

  test('an order that the monolith placed goes by its number and tells what is to be given back', async () => {
    await db('orders').insert({ id: 71, user_id: 3, status: 'paid', subtotal_cents: 900, total_cents: 1_080, tax_cents: 180, promotion_id: 4 });
    await db('order_items').insert({ order_id: 71, product_id: 2, quantity: 2, unit_price_cents: 450, line_total_cents: 900 });
    expect((await ask('POST', `${base}/orders/71/cancel`)).status).toBe(200);
    expect(shop.calls.map(({ name, key, body }) => [name, key, body])).toEqual([
      ['cancel', 'order-71', { orderId: 71 }],
      ['restore', 'order-71', { promotionId: 4 }],
      ['release', 'order-71', { items: [{ productId: 2, quantity: 2 }] }],
    ]);
  });

  test("somebody else's order does not exist, for customers", async () => {
    await place();
    const stranger = { authorization: bearer(5) };
    for (const [method, path] of [['GET', ''], ['POST', '/cancel'], ['GET', '/payments']] as const) {
      expect(await ask(method, `${base}/orders/1${path}`, undefined, stranger)).toMatchObject({ status: 404, body: { error: { message: 'There is no order 1' } } });
    }
    expect((await ask('GET', `${base}/orders/1`, undefined, { authorization: bearer(2, 'staff') })).status).toBe(200);
  });
});

describe('fulfilment', () => {
  const staff = { authorization: bearer(2, 'staff') };
  const report = (status: string, headers: Readonly<Record<string, string>> = staff) => ask('PUT', `${base}/orders/1/status`, { status }, headers);

  test('moves an order on, step by step, and may repeat itself', async () => {
    await place();
    const said = [await report('shipped'), await report('paid'), await report('paid'), await report('shipped'), await report('delivered'), await report('paid')];
    expect(said.map(({ status }) => status)).toEqual([409, 200, 200, 200, 200, 409]);
    const events = await db('outbox').where({ type: 'OrderProgressed' }).orderBy('created_at').select<{ payload: { to: string } }[]>('payload');
    expect(events.map(({ payload }) => payload.to)).toEqual(['paid', 'shipped', 'delivered']);
    expect((await ask('POST', `${base}/orders/1/cancel`)).status).toBe(409);
  });

  test('is no business of customers', async () => {
    await place();
    expect(await report('paid', {})).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  });
});

test('an order whose copies have not arrived yet is shown all the same', async () => {
  await db('orders').insert({ id: 71, user_id: 99, subtotal_cents: 450, total_cents: 540, tax_cents: 90, promotion_id: 8 });
  await db('order_items').insert({ order_id: 71, product_id: 5, quantity: 1, unit_price_cents: 450, line_total_cents: 450 });
  const staff = { authorization: bearer(2, 'staff') };
  expect((await ask('GET', `${base}/orders/71`, undefined, staff)).body).toMatchObject({
    customerName: '', promotionCode: null, payment: null, items: [{ productId: 5, sku: '', name: '' }],
  });
  expect((await ask('GET', `${base}/orders?userId=99`, undefined, staff)).body).toMatchObject({ total: 1, items: [{ id: 71, itemCount: 1 }] });
});
