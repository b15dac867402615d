import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { copyTables, stockShop } from './copy.ts';
import { bearer, JWT_SECRET } from './fixture.ts';
import { run, type RunningServer, serve } from './processes.ts';
import { Shop } from './shop.ts';

const MONOLITH = new URL('../../../monolith/src/', import.meta.url);
const MAIN = new URL('../src/main.ts', import.meta.url);
const MIGRATE = new URL('../src/migrate.ts', import.meta.url);

interface SampleRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body?: unknown;
}

const STAFF = bearer(2, 'staff');
const CUSTOMER = bearer(3);
const request = (method: string, path: string, body?: unknown, authorization: string | undefined = CUSTOMER): SampleRequest =>
  ({ method, path, authorization, ...(body === undefined ? {} : { body }) });
const read = (path: string, authorization: string | undefined = STAFF): SampleRequest => request('GET', path, undefined, authorization);
const numbers = (count: number, step = 1): number[] => Array.from({ length: count }, (_, index) => 1 + index * step);

function reads(): SampleRequest[] {
  const pages = [...numbers(8).map((page) => `page=${String(page)}`), 'limit=100', 'limit=100&page=10', 'limit=1&page=1000', 'limit=7&page=3'];
  const filters = ['placed', 'paid', 'shipped', 'delivered', 'cancelled'].flatMap((status) => [`status=${status}`, `status=${status}&userId=3`]);
  const wrong = ['status=lost', 'status=', 'userId=0', 'userId=x', 'userId=1&userId=2', 'page=0', 'limit=101', 'limit=x', 'status=x&userId=x&page=x'];
  const ids = numbers(60, 17).map(String);
  const oddIds = ['0', '-1', 'x', '1.5', '999999', '999999999999999', '9999999999999999', '%20', '1/', '1/x', '1/payments/1'];
  return [
    ...[...pages, ...filters, ...wrong, ...numbers(20).map((id) => `userId=${String(id)}`)].map((query) => read(`/orders?${query}`)),
    ...[...pages.slice(0, 3), ...filters, 'userId=4'].map((query) => read(`/orders?${query}`, CUSTOMER)),
    ...ids.flatMap((id) => [read(`/orders/${id}`), read(`/orders/${id}/payments`), read(`/orders/${id}`, CUSTOMER)]),
    ...oddIds.flatMap((id) => [read(`/orders/${id}`), read(`/orders/${id}/payments`)]),
    ...['', 'Bearer tea', 'Basic dGVh'].flatMap((authorization) => ['/orders', '/orders/1', '/orders/x', '/orders/1/2/3'].map((path) => read(path, authorization))),
    request('PUT', '/orders/1'), request('DELETE', '/orders/1'), request('PATCH', '/orders'), request('POST', '/orders/1'),
  ];
}

const item = (productId: unknown, quantity: unknown = 1): unknown => ({ productId, quantity });
const order = (items: unknown, rest: object = {}): SampleRequest => request('POST', '/orders', { items, paymentMethod: 'card', ...rest });

interface Known {
  readonly placed: number[];
  readonly shipped: number;
  readonly free: number;
  readonly soldOut: number;
  readonly retired: number;
  readonly codes: string[];
}

/** In this order on both sides, so that numbers, stock and later answers agree. */
function writes({ placed, shipped, free, soldOut, retired, codes }: Known): SampleRequest[] {
  const mistakes = [
    undefined, [], {}, { items: 'x' }, { items: [] }, { items: Array(51).fill(item(1)) }, { items: [1] }, { items: [null] }, { items: [item('x')] },
    { items: [item(0)] }, { items: [item(1, 0)] }, { items: [item(1, 101)] }, { items: [item(1, 1.5)] }, { items: [item(1)] },
    { items: [item(1)], paymentMethod: 'gold' }, { items: [item(1)], paymentMethod: 'card', promotionCode: '' },
    { items: [item(1)], paymentMethod: 'card', promotionCode: 7 }, { items: [item(1)], paymentMethod: 'card', promotionCode: 'x'.repeat(31) },
  ].map((body) => request('POST', '/orders', body));
  const last = 1_000;
  return [
    ...mistakes, request('POST', '/orders', { items: [item(free)], paymentMethod: 'card' }, ''),
    order([item(free)]), read('/orders?limit=2'), order([item(free), item(free, 2)], { paymentMethod: 'invoice' }),
    order([item(99_999)]), order([item(retired)]), order([item(free), item(retired), item(99_999)]), order([item(soldOut)]), order([item(free), item(soldOut, 3)]),
    order([item(free, 100), item(free, 100), item(free, 100), item(free, 100), item(free, 100)]),
    ...codes.flatMap((code) => [order([item(free)], { promotionCode: code }), order([item(free)], { promotionCode: ` ${code.toLowerCase()} ` })]),
    order([item(free)], { promotionCode: 'NOSUCHCODE' }), order([item(soldOut)], { promotionCode: 'NOSUCHCODE' }),
    ...numbers(30, 6).map((id) => order([item(id, 2), item(id + 1)], { paymentMethod: 'wallet' })),
    ...numbers(12).flatMap((n) => [read(`/orders/${String(last + n)}`), read(`/orders/${String(last + n)}/payments`, CUSTOMER)]),
    ...numbers(6).flatMap((n) => [request('POST', `/orders/${String(last + n)}/cancel`), request('POST', `/orders/${String(last + n)}/cancel`)]),
    ...placed.flatMap((id) => [request('POST', `/orders/${String(id)}/cancel`, undefined, bearer(299)), request('POST', `/orders/${String(id)}/cancel`, undefined, STAFF),
      read(`/orders/${String(id)}`)]),
    request('POST', `/orders/${String(shipped)}/cancel`, undefined, STAFF), request('POST', '/orders/x/cancel'), request('POST', '/orders/999999/cancel', undefined, STAFF),
    request('POST', '/orders/1001/cancel', undefined, ''), order([item(free)]), read('/orders?limit=100'), read('/orders?limit=100', CUSTOMER),
  ];
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location: string | null;
  readonly type: string | null;
}

async function ask(base: string, { method, path, authorization, body }: SampleRequest): Promise<Answer> {
  const response = await fetch(base + path, {
    method,
    headers: { 'content-type': 'application/json', ...(authorization === undefined || authorization === '' ? {} : { authorization }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, body: await response.text(), location: response.headers.get('location'), type: response.headers.get('content-type') };
}

/** The moment of a write and the names that payments gives are nobody's contract here; everything seeded is compared as it is. */
const withoutChance = ({ body, ...rest }: Answer, since: string): Answer => ({
  ...rest,
  body: body
    .replaceAll(/"(placedAt|createdAt)":"([^"]+)"/g, (whole, name: string, at: string) => (at >= since ? `"${name}":"<now>"` : whole))
    .replaceAll(/\{"id":\d+,("orderId":\d+,"method":"\w+","status":"\w+","amountCents":\d+),"reference":"[^"]+","createdAt":"<now>"/g, '{"id":"<any>",$1'),
});

let databases: TestDatabase[];
let monolith: RunningServer;
let service: RunningServer;
const shop = new Shop();
let known: Known;

async function lookAround(url: string): Promise<Known> {
  const sql = new pg.Client({ connectionString: url });
  await sql.connect();
  const ids = async (query: string): Promise<number[]> => (await sql.query<{ id: string }>(query)).rows.map(({ id }) => Number(id));
  const one = async (query: string): Promise<number> => (await ids(query))[0] ?? 0;
  const found = {
    placed: await ids("(select id from orders where status = 'placed' order by id limit 4) union all (select id from orders where status = 'paid' order by id limit 4)"),
    shipped: await one("select id from orders where status = 'shipped' limit 1"),
    free: await one('select product_id as id from stock_levels s join products p on p.id = product_id where p.active order by on_hand - reserved desc, 1 limit 1'),
    soldOut: await one('select product_id as id from stock_levels s join products p on p.id = product_id where p.active and on_hand = reserved order by 1 limit 1'),
    retired: await one('select id from products where not active order by id limit 1'),
    codes: (await sql.query<{ code: string }>('select code from promotions order by id')).rows.map(({ code }) => code),
  };
  await sql.end();
  return found;
}

beforeAll(async () => {
  databases = await Promise.all(['shop', 'orders'].map((name) => testDatabase(name)));
  const [shopUrl = '', ordersUrl = ''] = databases.map(({ url }) => url);
  for (const [script, args] of [['db/migrate.ts', []], ['seed.ts', ['--size', 'S']]] as const) {
    expect(await run(new URL(script, MONOLITH), args, { DATABASE_URL: shopUrl })).toMatchObject({ code: 0 });
  }
  expect(await run(MIGRATE, [], { DATABASE_URL: ordersUrl })).toMatchObject({ code: 0 });
  await copyTables(shopUrl, ordersUrl);
  await stockShop(shop, shopUrl);
  known = await lookAround(shopUrl);
  const collaborators = await shop.start();
  monolith = await serve(new URL('main.ts', MONOLITH), { DATABASE_URL: shopUrl, JWT_SECRET, JOBS: 'off' });
  service = await serve(MAIN, {
    DATABASE_URL: ordersUrl, JWT_SECRET, CATALOG_URL: monolith.url, INVENTORY_URL: collaborators, PROMOTIONS_URL: collaborators, PAYMENTS_URL: collaborators,
  });
});

afterAll(async () => {
  await Promise.all([monolith, service].map((server) => server.stop()));
  await shop.stop();
  await Promise.all(databases.map((database) => database.close()));
});

describe('the extracted orders', () => {
  test('answer every read as the monolith does, to the byte', async () => {
    expect(reads().length).toBeGreaterThan(200);
    for (const sample of reads()) {
      const [control, candidate] = await Promise.all([ask(monolith.url, sample), ask(service.url, sample)]);
      expect({ sample, ...candidate }).toEqual({ sample, ...control });
    }
  });

  test('answer checkouts and cancellations as the monolith does, refusals included, and reads agree afterwards', async () => {
    const since = new Date(Date.now() - 60_000).toISOString();
    const statuses = new Map<number, number>();
    for (const sample of writes(known)) {
      const control = withoutChance(await ask(monolith.url, sample), since);
      const candidate = withoutChance(await ask(service.url, sample), since);
      expect({ sample, ...candidate }).toEqual({ sample, ...control });
      statuses.set(control.status, (statuses.get(control.status) ?? 0) + 1);
    }
    expect([...statuses.keys()].sort()).toEqual([200, 201, 400, 401, 404, 409]);
    expect(statuses.get(201)).toBeGreaterThan(20);
  });

  test('leave inventory and promotions as the monolith left its own', async () => {
    const [shopDatabase] = databases;
    const sql = new pg.Client({ connectionString: shopDatabase?.url ?? '' });
    await sql.connect();
    const { rows } = await sql.query<{ id: number; reserved: number }>('select product_id::int as id, reserved from stock_levels order by 1');
    await sql.end();
    expect(rows.map(({ id }) => ({ id, reserved: shop.reserved(id) }))).toEqual(rows);
  });
});
