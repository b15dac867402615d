import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { type Shop, startShop } from './shop.ts';

let database: TestDatabase;
let shop: Shop;
let staff: string;
let customer: string;
let category: number;
let nextSku = 0;

beforeAll(async () => {
  database = await testDatabase('monolith_checkout');
  shop = await startShop(database.url);
  staff = await shop.login('staff@example.com');
  customer = await shop.login('customer@example.com');
  category = (await shop.call('POST', '/categories', { token: staff, body: { name: 'Checkout' } })).body.id;
});

afterAll(async () => {
  await shop.close();
  await database.close();
});

/** A product with nothing special about it and this many units on the shelf. */
async function stocked(priceCents: number, onHand: number): Promise<number> {
  nextSku += 1;
  const body = { sku: `OUT-${String(nextSku)}`, name: 'Jar', categoryId: category, priceCents };
  const id = (await shop.call('POST', '/products', { token: staff, body })).body.id;
  await shop.call('PUT', `/api/inventory/${String(id)}`, { token: staff, body: { onHand } });
  return id;
}

async function order(items: { productId: number; quantity: number }[], extra: object = {}, token = customer) {
  return shop.call('POST', '/orders', { token, body: { items, paymentMethod: 'card', ...extra } });
}

async function stockOf(productId: number) {
  return shop.row('select on_hand, reserved from stock_levels where product_id = $1', [productId]);
}

/** How many rows each table of the checkout has, and what is reserved and redeemed altogether. */
async function footprint() {
  return shop.row(`select
    (select count(*) from orders) orders, (select count(*) from order_items) items, (select count(*) from payments) payments,
    (select sum(reserved) from stock_levels) reserved, (select sum(uses) from promotions) uses,
    (select count(*) from carts where status = 'ordered') carts`);
}

describe('the checkout', () => {
  test('writes order, lines, payment, stock and promotion together', async () => {
    const jar = await stocked(1_990, 10);
    const lid = await stocked(505, 4);
    const before = await shop.row(`select uses from promotions where code = 'SPRING15'`);
    const items = [{ productId: lid, quantity: 1 }, { productId: jar, quantity: 2 }, { productId: lid, quantity: 1 }];
    const { status, body, headers } = await order(items, { promotionCode: 'spring15' });

    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/orders/${String(body.id)}`);
    // 2·1990 + 2·505 = 4990; 15 % is 748.5, so 749; 20 % of 4241 is 848.2, so 848.
    expect(body).toMatchObject({
      userId: 3, customerName: 'Clara Customer', status: 'placed', promotionCode: 'SPRING15', shipment: null,
      subtotalCents: 4_990, discountCents: 749, taxCents: 848, totalCents: 5_089,
    });
    expect(body.items.map((line) => [line.productId, line.quantity, line.lineTotalCents])).toEqual([
      [jar, 2, 3_980],
      [lid, 2, 1_010],
    ]);
    expect(body.payment).toMatchObject({ orderId: body.id, method: 'card', status: 'authorized', amountCents: 5_089 });
    expect(await stockOf(jar)).toEqual({ on_hand: 10, reserved: 2 });
    expect(await stockOf(lid)).toEqual({ on_hand: 4, reserved: 2 });
    const after = await shop.row(`select uses from promotions where code = 'SPRING15'`);
    expect(Number(after['uses'])).toBe(Number(before['uses']) + 1);
    expect(await shop.rows('select updated_by::int from orders where id = $1', [body.id])).toEqual([{ updated_by: 3 }]);
    const inbox = await shop.call('GET', '/api/notifications?limit=1', { token: customer });
    expect(inbox.body.items[0]).toMatchObject({ kind: 'order_placed', orderId: body.id });
  });

  test('leaves no trace when one product falls short, whichever it is', async () => {
    const plenty = await stocked(100, 50);
    const scarce = await stocked(100, 1);
    const before = await footprint();
    const { status, body } = await order([{ productId: plenty, quantity: 5 }, { productId: scarce, quantity: 2 }], { promotionCode: 'SPRING15' });
    expect([status, body.error.code]).toEqual([409, 'insufficient_stock']);
    expect(await footprint()).toEqual(before);
    expect(await stockOf(plenty)).toEqual({ on_hand: 50, reserved: 0 });
  });

  test('leaves no trace when the promotion cannot be used', async () => {
    const jar = await stocked(100, 5);
    const before = await footprint();
    for (const promotionCode of ['EXPIRED25', 'PAUSED30', 'SOLDOUT50', 'NOSUCH']) {
      const { status, body } = await order([{ productId: jar, quantity: 1 }], { promotionCode });
      expect([promotionCode, status, body.error.code]).toEqual([promotionCode, 409, 'promotion_not_usable']);
    }
    expect(await footprint()).toEqual(before);
  });

  test('charges the effective price of the moment', async () => {
    const jar = await stocked(1_990, 5);
    await shop.call('POST', '/api/price-rules', { token: staff, body: { productId: jar, percentOff: 25 } });
    const { body } = await order([{ productId: jar, quantity: 3 }]);
    expect(body.items[0]).toMatchObject({ unitPriceCents: 1_493, lineTotalCents: 4_479 });
  });
});

describe('many checkouts at once', () => {
  test('sell the last unit once', async () => {
    const jar = await stocked(100, 3);
    const answers = await Promise.all(Array.from({ length: 12 }, () => order([{ productId: jar, quantity: 1 }])));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
    expect(await stockOf(jar)).toEqual({ on_hand: 3, reserved: 3 });
  });

  test('get the last use of a promotion once', async () => {
    const jar = await stocked(100, 100);
    await shop.call('POST', '/api/promotions', { token: staff, body: { code: 'LASTONE', percentOff: 10, maxUses: 1 } });
    const answers = await Promise.all(Array.from({ length: 8 }, () => order([{ productId: jar, quantity: 1 }], { promotionCode: 'LASTONE' })));
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused.map(({ body }) => body.error.code)).toEqual(Array.from({ length: 7 }, () => 'promotion_not_usable'));
    expect(await stockOf(jar)).toEqual({ on_hand: 100, reserved: 1 });
  });

  test('do not deadlock over the same goods in opposite order', async () => {
    const jar = await stocked(100, 100);
    const lid = await stocked(100, 100);
    const there = [{ productId: jar, quantity: 1 }, { productId: lid, quantity: 1 }];
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => order(index % 2 === 0 ? there : [...there].reverse())));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 201));
  });
});

describe('a wrong order', () => {
  test('is refused before anything is touched', async () => {
    const before = await footprint();
    const wrong: object[] = [{ items: [] }, { items: [{ productId: 1, quantity: 0 }] }, { items: [{ productId: 999_999, quantity: 1 }] }, { items: 'x' }, { paymentMethod: 'cash' }];
    for (const fields of wrong) {
      const body = { items: [{ productId: 1, quantity: 1 }], paymentMethod: 'card', ...fields };
      expect([fields, (await shop.call('POST', '/orders', { token: customer, body })).status]).toEqual([fields, 400]);
    }
    expect((await shop.call('POST', '/orders', { body: {} })).status).toBe(401);
    expect(await footprint()).toEqual(before);
  });
});

describe('the cart', () => {
  test('is filled, changed and ordered, and can be ordered only once', async () => {
    const { body: account } = await shop.call('POST', '/auth/register', { body: { email: 'cart@example.org', name: 'Carl', password: 'long enough' } });
    const token = account.token;
    const jar = await stocked(250, 10);
    const lid = await stocked(100, 10);
    expect((await shop.call('GET', '/api/cart', { token })).body).toEqual({ id: null, items: [], subtotalCents: 0 });
    expect((await shop.call('POST', '/api/cart/checkout', { token, body: { paymentMethod: 'card' } })).status).toBe(400);

    await shop.call('POST', '/api/cart/items', { token, body: { productId: jar, quantity: 2 } });
    await shop.call('POST', '/api/cart/items', { token, body: { productId: jar } });
    await shop.call('POST', '/api/cart/items', { token, body: { productId: lid } });
    await shop.call('PATCH', `/api/cart/items/${String(lid)}`, { token, body: { quantity: 50 } });
    const { body: cart } = await shop.call('GET', '/api/cart', { token });
    expect(cart.items).toMatchObject([{ productId: jar, quantity: 3, available: true }, { productId: lid, quantity: 50, available: false }]);
    expect(cart.subtotalCents).toBe(3 * 250 + 50 * 100);
    expect((await shop.call('POST', '/api/cart/checkout', { token, body: { paymentMethod: 'card' } })).status).toBe(409);

    expect((await shop.call('DELETE', `/api/cart/items/${String(lid)}`, { token })).status).toBe(200);
    expect((await shop.call('DELETE', `/api/cart/items/${String(lid)}`, { token })).status).toBe(404);
    const twice = await Promise.all([1, 2].map(() => shop.call('POST', '/api/cart/checkout', { token, body: { paymentMethod: 'wallet' } })));
    expect(twice.map(({ status }) => status).filter((status) => status === 201)).toHaveLength(1);
    expect(await stockOf(jar)).toEqual({ on_hand: 10, reserved: 3 });
    expect(await shop.rows('select status from carts where id = $1', [cart.id])).toEqual([{ status: 'ordered' }]);

    await shop.call('POST', '/api/cart/items', { token, body: { productId: jar } });
    expect((await shop.call('DELETE', '/api/cart', { token })).status).toBe(204);
    expect((await shop.call('GET', '/api/cart', { token })).body.items).toEqual([]);
  });
});

describe('after the checkout', () => {
  test('an order is paid, shipped and delivered, and its goods leave the shelf', async () => {
    const jar = await stocked(1_000, 5);
    const { body: placed } = await order([{ productId: jar, quantity: 2 }]);
    const id = placed.id;
    const ship = () => shop.call('POST', '/api/shipments', { token: staff, body: { orderId: id, carrier: 'DHL' } });
    expect((await ship()).status).toBe(409);

    const captured = await shop.call('POST', `/api/payments/${String(placed.payment.id)}/capture`, { token: staff });
    expect(captured.body).toMatchObject({ status: 'captured', capturedAt: expect.any(String) });
    expect((await shop.call('POST', `/api/payments/${String(placed.payment.id)}/capture`, { token: staff })).status).toBe(409);

    const { status, body: shipment } = await ship();
    expect([status, shipment.status, shipment.customerName]).toEqual([201, 'in_transit', 'Clara Customer']);
    expect(await stockOf(jar)).toEqual({ on_hand: 3, reserved: 0 });
    expect((await shop.call('POST', `/orders/${String(id)}/cancel`, { token: customer })).status).toBe(409);

    const delivered = await shop.call('PATCH', `/api/shipments/${String(shipment.id)}`, { token: staff, body: { status: 'delivered' } });
    expect(delivered.body).toMatchObject({ status: 'delivered', deliveredAt: expect.any(String) });
    const { body: final } = await shop.call('GET', `/orders/${String(id)}`, { token: customer });
    expect(final).toMatchObject({ status: 'delivered', payment: { status: 'captured' }, shipment: { carrier: 'DHL', status: 'delivered' } });
  });

  test('a cancelled order gives everything back and voids the payment; a paid one is refunded', async () => {
    const jar = await stocked(1_000, 5);
    const before = await footprint();
    const { body: placed } = await order([{ productId: jar, quantity: 2 }], { promotionCode: 'TEATIME5' });
    const cancelled = await shop.call('POST', `/orders/${String(placed.id)}/cancel`, { token: customer });
    expect(cancelled.body).toMatchObject({ status: 'cancelled', payment: { status: 'voided' } });
    expect((await shop.call('POST', `/orders/${String(placed.id)}/cancel`, { token: customer })).status).toBe(409);

    const { body: paid } = await order([{ productId: jar, quantity: 1 }]);
    await shop.call('POST', `/api/payments/${String(paid.payment.id)}/capture`, { token: staff });
    expect((await shop.call('POST', `/api/payments/${String(paid.payment.id)}/refund`, { token: staff })).body.status).toBe('refunded');
    expect((await shop.call('GET', `/orders/${String(paid.id)}`, { token: customer })).body.status).toBe('cancelled');
    const after = await footprint();
    expect([after['reserved'], after['uses']]).toEqual([before['reserved'], before['uses']]);
  });

  test('customers see their own orders only, staff see all', async () => {
    const { body: mine } = await shop.call('GET', '/orders?limit=100&userId=4', { token: customer });
    expect(new Set(mine.items.map((item) => item.userId))).toEqual(new Set([3]));
    const { body: theirs } = await shop.call('GET', '/orders?userId=4&status=delivered', { token: staff });
    expect(theirs.total).toBeGreaterThan(0);
    const foreign = theirs.items[0]?.id;
    for (const path of [`/orders/${String(foreign)}`, `/orders/${String(foreign)}/payments`]) {
      expect([path, (await shop.call('GET', path, { token: customer })).status]).toEqual([path, 404]);
      expect([path, (await shop.call('GET', path, { token: staff })).status]).toEqual([path, 200]);
    }
    expect((await shop.call('POST', `/orders/${String(foreign)}/cancel`, { token: customer })).status).toBe(404);
    const payment = await shop.row('select id::int from payments where order_id = $1', [foreign]);
    expect((await shop.call('GET', `/api/payments/${String(payment['id'])}`, { token: customer })).status).toBe(404);
  });
});

describe('inventory', () => {
  test('is counted and adjusted but never below what is reserved', async () => {
    const jar = await stocked(100, 5);
    await order([{ productId: jar, quantity: 4 }]);
    const path = `/api/inventory/${String(jar)}`;
    expect((await shop.call('POST', `${path}/adjust`, { token: staff, body: { change: -2 } })).status).toBe(409);
    expect((await shop.call('PUT', path, { token: staff, body: { onHand: 3 } })).status).toBe(409);
    expect((await shop.call('POST', `${path}/adjust`, { token: staff, body: { change: 6 } })).body).toMatchObject({ onHand: 11, reserved: 4, available: 7 });
    const { body } = await shop.call('GET', '/api/inventory/low?threshold=8', { token: staff });
    expect(body.items.find((item) => item.productId === jar)).toMatchObject({ available: 7, soldLately: 4 });
    expect((await shop.call('GET', path, { token: customer })).status).toBe(403);
  });
});
