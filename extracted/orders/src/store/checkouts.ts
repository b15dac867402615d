import type { Knex } from 'knex';
import { type Checkout, confirmed, type In } from '../domain/checkout.ts';
import type { Payment } from '../domain/order.ts';
import type { CheckoutStore, Held } from '../domain/ports.ts';
import { publish } from '../outbox/outbox.ts';
import { fromPayment } from './rows.ts';

export interface CheckoutRow {
  key: string;
  state: Checkout;
  version: number;
  attempts: number;
}

const FINISHED = ['confirmed', 'undone'];

export const toHeld = ({ state, version, attempts }: CheckoutRow): Held => ({ checkout: state, version, attempts });

const inMs = (db: Knex, ms: number): Knex.Raw => db.raw("now() + ? * interval '1 millisecond'", [ms]);

/** Storing a step starts the count of attempts anew and holds the checkout for another lease. */
export const toColumns = (db: Knex, checkout: Checkout, leaseMs: number): Record<string, unknown> => ({
  key: checkout.key,
  user_id: checkout.userId,
  phase: checkout.phase,
  state: JSON.stringify(checkout),
  attempts: 0,
  leased_until: inMs(db, leaseMs),
});

async function save(db: Knex, held: Held, next: Checkout, leaseMs: number): Promise<Held | undefined> {
  const { checkout: { key }, version } = held;
  const [row] = await db('checkouts')
    .where({ key, version })
    .update({ ...toColumns(db, next, leaseMs), version: version + 1 })
    .returning<CheckoutRow[]>('*');
  return row === undefined ? undefined : toHeld(row);
}

/** What payments just said is newer than our copy of it. */
async function keepPayment(db: Knex, payment: Payment): Promise<void> {
  const { status, captured_at, ...rest } = fromPayment(payment);
  await db('payments').insert({ ...rest, status, captured_at }).onConflict('id').merge({ status, captured_at });
}

async function insertOrder(transaction: Knex.Transaction, checkout: In<'confirming'>): Promise<void> {
  const { orderId: id, userId, totals, promotion, lines, payment } = checkout;
  await transaction('orders').insert({
    id,
    user_id: userId,
    status: 'placed',
    subtotal_cents: totals.subtotalCents,
    discount_cents: totals.discountCents,
    tax_cents: totals.taxCents,
    total_cents: totals.totalCents,
    promotion_id: promotion?.id ?? null,
    updated_by: userId,
  });
  await transaction('order_items').insert(lines.map((line) => ({
    order_id: id,
    product_id: line.productId,
    quantity: line.quantity,
    unit_price_cents: line.unitPriceCents,
    line_total_cents: line.lineTotalCents,
  })));
  const promotionId = promotion?.id ?? null;
  await publish(transaction, { type: 'OrderPlaced', order: { id, userId, promotionId, ...totals }, lines, payment });
}

/** The customer wants to see his order before replication brought the copies along. What is there already is at least as new. */
async function seedCopies(transaction: Knex.Transaction, { lines, promotion, payment }: In<'confirming'>): Promise<void> {
  await transaction('payments').insert(fromPayment(payment)).onConflict('id').ignore();
  await transaction('products').insert(lines.map(({ productId: id, sku, name }) => ({ id, sku, name }))).onConflict('id').ignore();
  if (promotion !== null) await transaction('promotions').insert({ id: promotion.id, code: promotion.code }).onConflict('id').ignore();
}

/** `leaseMs`: how long a step may take before somebody else may take the checkout up. */
export function createCheckoutStore(db: Knex, leaseMs: number): CheckoutStore {
  return {
    begin: async (checkout, idempotencyKey) => {
      const [row] = await db('checkouts')
        .insert({ ...toColumns(db, checkout, leaseMs), idempotency_key: idempotencyKey ?? null })
        .onConflict(['user_id', 'idempotency_key'])
        .ignore()
        .returning<CheckoutRow[]>('*');
      return row === undefined ? undefined : toHeld(row);
    },

    find: async (userId, idempotencyKey) => {
      const row = await db('checkouts').where({ user_id: userId, idempotency_key: idempotencyKey }).first<CheckoutRow | undefined>();
      return row?.state;
    },

    load: async (key) => (await db('checkouts').where({ key }).first<CheckoutRow | undefined>())?.state,

    save: (held, next, payment) =>
      db.transaction(async (transaction) => {
        const saved = await save(transaction, held, next, leaseMs);
        if (saved !== undefined && payment !== undefined && payment !== null) await keepPayment(transaction, payment);
        return saved;
      }),

    confirm: (held, checkout) =>
      db.transaction(async (transaction) => {
        const saved = await save(transaction, held, confirmed(checkout), leaseMs);
        if (saved === undefined) return undefined;
        await transaction('checkouts').where({ key: checkout.key }).update({ order_id: checkout.orderId });
        await insertOrder(transaction, checkout);
        await seedCopies(transaction, checkout);
        return saved;
      }),

    park: async ({ checkout: { key }, version, attempts }, delayMs) => {
      await db('checkouts').where({ key, version })
        .update({ version: version + 1, attempts: attempts + 1, leased_until: inMs(db, delayMs) });
    },

    claim: async (limit) => {
      const unattended = db('checkouts').select('key').whereNotIn('phase', FINISHED).where('leased_until', '<', db.fn.now())
        .orderBy('leased_until').limit(limit).forUpdate().skipLocked();
      const rows = await db('checkouts').whereIn('key', unattended)
        .update({ version: db.raw('version + 1'), leased_until: inMs(db, leaseMs) })
        .returning<CheckoutRow[]>('*');
      return rows.map(toHeld);
    },

    nextOrderId: async () => {
      const { rows } = await db.raw<{ rows: { id: number }[] }>("select nextval(pg_get_serial_sequence('orders', 'id')) as id");
      const [row] = rows;
      if (row === undefined) throw new Error('the sequence of orders returned nothing');
      return row.id;
    },
  };
}
