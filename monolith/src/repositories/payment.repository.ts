import { db, type Db } from '../db/index.ts';
import type { PaymentMethod, PaymentRow } from '../db/rows.ts';
import { randomReference } from '../lib/helpers.ts';

export async function findPayment(id: number): Promise<PaymentRow | undefined> {
  return db('payments').where({ id }).first();
}

export async function findPaymentOfOrder(connection: Db, orderId: number): Promise<PaymentRow | undefined> {
  return connection('payments').where({ order_id: orderId }).orderBy('id', 'desc').first();
}

export async function paymentsOfOrder(orderId: number): Promise<PaymentRow[]> {
  return db('payments').where({ order_id: orderId }).orderBy('id');
}

export async function authorizePayment(trx: Db, orderId: number, method: PaymentMethod, amountCents: number): Promise<void> {
  await trx('payments').insert({
    order_id: orderId,
    method,
    amount_cents: amountCents,
    status: 'authorized',
    reference: randomReference('PAY'),
  });
}

export async function updatePayment(trx: Db, id: number, changes: Partial<Pick<PaymentRow, 'status' | 'captured_at'>>): Promise<void> {
  await trx('payments').where({ id }).update(changes);
}
