import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { ask, EVERYTHING, JWT_SECRET, NOTHING, ORDER, teaShop, type Traces, tracesIn } from './fixture.ts';
import { run, type RunningServer, serve } from './processes.ts';
import type { Call, Shop } from './shop.ts';

const MAIN = new URL('../src/main.ts', import.meta.url);
const MIGRATE = new URL('../src/migrate.ts', import.meta.url);

let database: TestDatabase;
let sql: pg.Client;
beforeAll(async () => {
  database = await testDatabase('orders');
  expect(await run(MIGRATE, [], { DATABASE_URL: database.url })).toMatchObject({ code: 0 });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await database.close();
});
beforeEach(async () => { await sql.query('truncate checkouts, orders, order_items, outbox, payments, products, promotions restart identity'); });

/** A short lease, so that a restarted process soon finds the dead one's run out. */
function start(shopUrl: string): Promise<RunningServer> {
  return serve(MAIN, {
    DATABASE_URL: database.url, JWT_SECRET, CATALOG_URL: shopUrl, INVENTORY_URL: shopUrl, PROMOTIONS_URL: shopUrl, PAYMENTS_URL: shopUrl,
    STEP_TIMEOUT_MS: '200', CHECKOUT_TIMEOUT_MS: '20000', SAGA_LEASE_MS: '400', SAGA_SWEEP_MS: '50',
  });
}

async function number(query: string): Promise<number> {
  return (await sql.query<{ n: number }>(query)).rows[0]?.n ?? 0;
}

async function settled(): Promise<void> {
  const unfinished = "select count(*)::int as n from checkouts where phase not in ('confirmed', 'undone')";
  for (const until = Date.now() + 10_000; (await number(unfinished)) > 0;) {
    if (Date.now() > until) throw new Error('the checkout did not settle');
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

async function traces(shop: Shop): Promise<Traces> {
  return tracesIn(shop, await number('select count(*)::int as n from orders'), await number("select count(*)::int as n from outbox where type = 'OrderPlaced'"));
}

/** kill -9 at one call of a collaborator, before or after it had its effect; then a new process. */
async function killAt(when: 'before' | 'after', name: Call['name'], prepare: (shop: Shop) => void, meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<{
  shop: Shop;
  answered: boolean;
}> {
  const shop = teaShop();
  prepare(shop);
  const url = await shop.start();
  const victim = await start(url);
  const died = once(victim.child, 'exit');
  shop[when] = async (call) => {
    if (call.name !== name || victim.child.killed) return undefined;
    victim.child.kill('SIGKILL');
    await died;
    return 'hang up';
  };
  const answered = await ask('POST', `${victim.url}/orders`, ORDER).then(() => true, () => false);
  await died;
  await meanwhile();
  await using survivor = await start(url);
  await settled();
  expect(survivor.errors()).not.toContain('unhandled');
  return { shop, answered };
}

describe('kill -9 during a checkout', () => {
  const forward = ['price', 'reserve', 'redeem', 'authorize'] as const;
  const moments = forward.flatMap((name) => [['before', name], ['after', name]] as const);

  test.each(moments)('%s %s, found in time, ends in one whole order', async (when, name) => {
    const { shop, answered } = await killAt(when, name, () => undefined);
    const left = await traces(shop);
    await shop.stop();
    expect([answered, left]).toEqual([false, EVERYTHING]);
  });

  test.each(forward)('after %s, found too late, leaves nothing', async (name) => {
    const { shop, answered } = await killAt('after', name, () => undefined, () => sql.query(
      `update checkouts set state = jsonb_set(state, '{deadline}', '"2024-01-01T00:00:00.000Z"')`,
    ));
    const left = await traces(shop);
    await shop.stop();
    expect([answered, left]).toEqual([false, NOTHING]);
  });

  test.each(['cancel', 'restore', 'release'] as const)('after %s, on its way back, leaves nothing', async (name) => {
    const { shop } = await killAt('after', name, (it) => { it.limitCents = 1; });
    const left = await traces(shop);
    await shop.stop();
    expect(left).toEqual(NOTHING);
  });
});

test('with an idempotency key the customer asks again and gets the order that the dead process began', async () => {
  const shop = teaShop();
  const url = await shop.start();
  const victim = await start(url);
  const died = once(victim.child, 'exit');
  shop.after = async ({ name, nth }) => {
    if (name !== 'authorize' || nth > 1) return undefined;
    victim.child.kill('SIGKILL');
    await died;
    return 'hang up';
  };
  const key = { 'idempotency-key': 'my-teapot' };
  await expect(ask('POST', `${victim.url}/orders`, ORDER, key)).rejects.toThrow();
  await using survivor = await start(url);
  expect(await ask('POST', `${survivor.url}/orders`, ORDER, key)).toMatchObject({ status: 201, body: { status: 'placed', totalCents: 3_607 } });
  expect(await traces(shop)).toEqual(EVERYTHING);
  await survivor.stop();
  await shop.stop();
});

test('SIGTERM lets a running checkout finish, then exits with 0', async () => {
  const shop = teaShop();
  const server = await start(await shop.start());
  let stopped: Promise<number | null> | undefined;
  shop.before = async ({ name }) => {
    if (name !== 'authorize') return undefined;
    stopped = server.stop();
    while (!server.errors().includes('draining')) await new Promise((resolve) => { setTimeout(resolve, 5); });
    return undefined;
  };
  expect((await ask('POST', `${server.url}/orders`, ORDER)).status).toBe(201);
  expect(await stopped).toBe(0);
  expect(await traces(shop)).toEqual(EVERYTHING);
  await shop.stop();
});

describe('a start that cannot succeed ends with code 3 and one line', () => {
  const urls = Object.fromEntries(['CATALOG', 'INVENTORY', 'PROMOTIONS', 'PAYMENTS'].map((name) => [`${name}_URL`, 'http://127.0.0.1:1']));

  test('that names every wrong setting at once', async () => {
    const { code, stdout, stderr } = await run(MAIN, [], { ...urls, PORT: 'x', PAYMENTS_URL: 'ftp://bank', SAGA_LEASE_MS: '10' });
    const line = /^ORDERS_BAD_SETTINGS: PORT .*DATABASE_URL .*JWT_SECRET .*PAYMENTS_URL must be an http URL.*SAGA_LEASE_MS must be at least/;
    expect([code, stdout, stderr.trim().split('\n')]).toEqual([3, '', [expect.stringMatching(line)]]);
  });

  test('when the database does not answer', async () => {
    const { code, stderr } = await run(MAIN, [], { ...urls, JWT_SECRET, DATABASE_URL: 'postgres://postgres@127.0.0.1:1/orders' });
    expect([code, stderr.trim().split('\n')]).toEqual([3, [expect.stringMatching(/^ORDERS_DATABASE_UNREACHABLE: .*ECONNREFUSED/)]]);
  });

  test('when the schema is behind the build', async () => {
    const empty = await testDatabase('orders_empty');
    const { code, stderr } = await run(MAIN, [], { ...urls, JWT_SECRET, DATABASE_URL: empty.url });
    await empty.close();
    expect([code, stderr.trim().split('\n')]).toEqual([3, [expect.stringMatching(/^ORDERS_SCHEMA_BEHIND: 4 migrations .*MIGRATE=1/)]]);
  });
});
