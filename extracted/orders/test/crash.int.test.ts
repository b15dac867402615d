import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Knex } from 'knex';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import { httpCollaborators } from '../src/acl/http-collaborators.ts';
import type { Checkout } from '../src/domain/checkout.ts';
import type { CheckoutStore, Clock, Collaborators } from '../src/domain/ports.ts';
import { createSaga, type Placing, type Saga } from '../src/saga/saga.ts';
import { createCheckoutStore } from '../src/store/checkouts.ts';
import { migrateLatest, openDatabase } from '../src/store/database.ts';
import { createOrderStore } from '../src/store/orders.ts';
import { EVERYTHING, NOTHING, teaShop, type Traces, tracesIn } from './fixture.ts';
import type { Shop } from './shop.ts';

/** The process is gone: no code of it runs after this. */
class Crash extends Error {
  override name = 'Crash';
}

/** Crashes at the n-th moment; each call of a port has one before its effect and one after it. */
class Moments {
  passed = 0;
  readonly #at: number;

  constructor(at: number) {
    this.#at = at;
  }

  pass(): void {
    this.passed += 1;
    if (this.passed === this.#at) throw new Crash();
  }

  around<Port extends object>(port: Port): Port {
    const { pass } = { pass: () => { this.pass(); } };
    return new Proxy(port, {
      get: (target, name) => async (...args: unknown[]): Promise<unknown> => {
        pass();
        const method = Reflect.get(target, name) as (...all: unknown[]) => Promise<unknown>;
        const result = await method.apply(target, args);
        pass();
        return result;
      },
    });
  }
}

const LEASE_MS = 60_000;
const realTime: Clock = { now: () => new Date(), sleep: (ms) => new Promise((resolve) => { setTimeout(resolve, Math.min(ms, 5)); }) };
const tomorrow: Clock = { ...realTime, now: () => new Date(Date.now() + 86_400_000) };

let database: TestDatabase;
let db: Knex;
beforeAll(async () => {
  database = await testDatabase('orders');
  db = openDatabase(database.url, () => undefined);
  await migrateLatest(db);
});
afterAll(async () => {
  await db.destroy();
  await database.close();
});

const settings = { checkoutTimeoutMs: 10_000, stepTimeoutMs: 1_000, log: () => undefined };
const placing = (): Placing => ({
  userId: 3, key: `checkout-${randomUUID()}`, idempotencyKey: undefined,
  request: { items: [{ productId: 1, quantity: 1 }, { productId: 2, quantity: 3 }], paymentMethod: 'card', promotionCode: 'teatime10' },
});

const portsTo = (url: string): Collaborators => httpCollaborators({
  catalogUrl: url, inventoryUrl: url, promotionsUrl: url, paymentsUrl: url, timeoutMs: 1_000, token: () => 'a token',
});

async function freshShop(): Promise<{ shop: Shop; url: string }> {
  await db.raw('truncate checkouts, orders, order_items, outbox, payments, products, promotions restart identity');
  const shop = teaShop();
  return { shop, url: await shop.start() };
}

/** A process that starts after the crash, when the lease of the dead one has run out. */
async function restart(url: string, clock: Clock): Promise<Saga> {
  await db.raw("update checkouts set leased_until = now() - interval '1 second'");
  return createSaga(createCheckoutStore(db, LEASE_MS), portsTo(url), clock, settings);
}

/** Sweeps until nothing is left to do; a saga that never comes to rest is a failure, not a long test. */
async function finish(url: string, clock: Clock): Promise<void> {
  for (let sweeps = 0; sweeps < 20; sweeps += 1) {
    if ((await (await restart(url, clock)).sweep()) === 0) return;
  }
  throw new Error(`the checkout does not come to rest: ${(await phases()).join()}`);
}

async function traces(shop: Shop): Promise<Traces> {
  const count = async (table: string, where: Record<string, string> = {}): Promise<number> =>
    Number((await db(table).where(where).count<{ count: number }[]>())[0]?.count);
  return tracesIn(shop, await count('orders'), await count('outbox', { type: 'OrderPlaced' }));
}

const phases = async (): Promise<string[]> => (await db('checkouts').select<{ phase: string }[]>('phase')).map(({ phase }) => phase);

interface Ending {
  readonly crashed: boolean;
  readonly phases: readonly string[];
  readonly traces: Traces;
}

/** One checkout that crashes at the n-th moment, then a restart that finishes it. */
async function crashAt(moment: number, prepare: (shop: Shop) => void, after: Clock): Promise<Ending> {
  const { shop, url } = await freshShop();
  prepare(shop);
  const moments = new Moments(moment);
  const store: CheckoutStore = moments.around(createCheckoutStore(db, LEASE_MS));
  const doomed = createSaga(store, moments.around(portsTo(url)), realTime, settings);
  const crashed = await doomed.place(placing()).then(() => false, (error: unknown) => {
    if (error instanceof Crash) return true;
    throw error;
  });
  await finish(url, after);
  const ending = { crashed, phases: await phases(), traces: await traces(shop) };
  await shop.stop();
  return ending;
}

/** Every moment there is, until a run gets through. */
async function crashEverywhere(prepare: (shop: Shop) => void, after: Clock): Promise<Ending[]> {
  const endings: Ending[] = [];
  for (let moment = 1; endings.at(-1)?.crashed !== false; moment += 1) endings.push(await crashAt(moment, prepare, after));
  return endings;
}

/** Crashed before the saga was stored: nobody knows of it, so nothing happened. */
const forgotten: Ending = { crashed: true, phases: [], traces: NOTHING };

describe('after a crash at any moment of a checkout', () => {
  test('a restart in time places the order, everything of it exactly once', async () => {
    const endings = await crashEverywhere(() => undefined, realTime);
    expect(endings.length).toBeGreaterThan(18);
    expect(endings[0]).toEqual(forgotten);
    for (const ending of endings.slice(1)) expect(ending).toEqual({ ...ending, phases: ['confirmed'], traces: EVERYTHING });
  });

  test('a restart too late takes everything back, unless the payment had been stored', async () => {
    const endings = await crashEverywhere(() => undefined, tomorrow);
    for (const ending of endings.slice(1)) {
      const [phase] = ending.phases;
      expect({ ...ending, phases: [phase] }).toEqual({ ...ending, traces: phase === 'confirmed' ? EVERYTHING : NOTHING });
    }
    const outcomes = new Set(endings.flatMap((ending) => ending.phases));
    expect([...outcomes].sort()).toEqual(['confirmed', 'undone']);
  });

  test.each<[string, (shop: Shop) => void]>([
    ['a declined payment', (shop) => { shop.limitCents = 1; }],
    ['a promotion that is used up', (shop) => { shop.promotions.set('TEATIME10', { id: 4, percentOff: 10, maxUses: 0 }); }],
    ['too little stock', (shop) => { shop.onHand.set(2, 2); }],
    ['an unknown product', (shop) => { shop.products.delete(2); }],
  ])('that ends in %s nothing is left behind', async (_why, prepare) => {
    for (const ending of (await crashEverywhere(prepare, realTime)).slice(1)) expect(ending).toEqual({ ...ending, phases: ['undone'], traces: NOTHING });
  });
});

describe('after a crash at any moment of a cancellation', () => {
  test('the order is as it was, or cancelled with everything taken back', async () => {
    const seen = new Set<string>();
    for (let moment = 1, crashed = true; crashed; moment += 1) {
      const { shop, url } = await freshShop();
      const whole = createSaga(createCheckoutStore(db, LEASE_MS), portsTo(url), realTime, settings);
      await whole.place(placing());
      const moments = new Moments(moment);
      const doomed = createSaga(moments.around(createCheckoutStore(db, LEASE_MS)), moments.around(portsTo(url)), realTime, settings);
      const cancel = async (): Promise<Checkout | undefined> => {
        const changed = await moments.around(createOrderStore(db, LEASE_MS)).cancel(1, 3, 3);
        return changed.kind === 'done' ? doomed.run(changed.next) : undefined;
      };
      crashed = await cancel().then(() => false, () => true);
      await finish(url, tomorrow);
      const [order] = await db('orders').select<{ status: string }[]>('status');
      const { reserved, uses, payments } = await traces(shop);
      const untouched = order?.status === 'placed';
      expect({ reserved, uses, payments }).toEqual(untouched ? { reserved: [1, 3], uses: 1, payments: 1 } : { reserved: [0, 0], uses: 0, payments: 0 });
      seen.add(`${String(order?.status)} ${(await phases()).join()}`);
      await shop.stop();
    }
    expect([...seen].sort()).toEqual(['cancelled undone', 'placed confirmed']);
  });
});

describe('two processes with the same checkout', () => {
  test('place one order, however their steps interleave', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { shop, url } = await freshShop();
      shop.before = async () => { await new Promise((resolve) => { setTimeout(resolve, (round * 7) % 4); }); return undefined; };
      const first = createSaga(createCheckoutStore(db, LEASE_MS), portsTo(url), realTime, settings).place(placing());
      while ((await db('checkouts').select('key')).length === 0);
      const second = await restart(url, realTime);
      const [verdict] = await Promise.all([first, second.sweep()]);
      expect(verdict).toEqual({ kind: 'placed', orderId: expect.any(Number) });
      expect(await traces(shop)).toEqual(EVERYTHING);
      await shop.stop();
    }
  });
});
