import { db, type Db } from '../db/index.ts';
import type { OrderRow, PaymentRow } from '../db/rows.ts';
import { conflict, formatMoney, found } from '../lib/helpers.ts';
import type { CurrentUser } from '../middleware/auth.ts';
import { notify } from '../notifications/notifier.ts';
import { lockOrder } from '../repositories/order.repository.ts';
import { findPayment, findPaymentOfOrder, paymentsOfOrder, updatePayment } from '../repositories/payment.repository.ts';
import { getOrder, markPaid, undoCheckout } from './order.service.ts';

export function presentPayment(payment: PaymentRow) {
  return {
    id: payment.id,
    orderId: payment.order_id,
    method: payment.method,
    status: payment.status,
    amountCents: payment.amount_cents,
    reference: payment.reference,
    createdAt: payment.created_at,
    capturedAt: payment.captured_at,
  };
}

/** Payments are seen by whoever sees their order. */
export async function getPayment(user: CurrentUser, id: number) {
  const payment = found(await findPayment(id), 'payment', id);
  await getOrder(user, payment.order_id);
  return presentPayment(payment);
}

export async function getPaymentsOfOrder(user: CurrentUser, orderId: number) {
  await getOrder(user, orderId);
  return { items: (await paymentsOfOrder(orderId)).map(presentPayment) };
}

/** Money that was taken is refunded, money that was only promised is let go. The caller holds the lock on the order. */
export async function settleCancelled(trx: Db, orderId: number): Promise<void> {
  const payment = await findPaymentOfOrder(trx, orderId);
  if (payment === undefined) return;
  if (payment.status === 'captured') await updatePayment(trx, payment.id, { status: 'refunded' });
  if (payment.status === 'authorized') await updatePayment(trx, payment.id, { status: 'voided' });
}

/** Orders are locked before payments everywhere, so that a capture and a cancellation wait for one another. */
async function withLockedPayment(id: number, change: (trx: Db, payment: PaymentRow, order: OrderRow) => Promise<void>): Promise<PaymentRow> {
  return db.transaction(async (trx) => {
    const { order_id: orderId } = found(await trx('payments').where({ id }).first('order_id'), 'payment', id);
    const order = found(await lockOrder(trx, orderId), 'order', orderId);
    const payment = found(await trx('payments').where({ id }).forUpdate().first(), 'payment', id);
    await change(trx, payment, order);
    return found(await trx('payments').where({ id }).first(), 'payment', id);
  });
}

export async function capturePayment(user: CurrentUser, id: number) {
  const captured = await withLockedPayment(id, async (trx, payment, order) => {
    if (payment.status !== 'authorized') throw conflict(`A payment that is ${payment.status} cannot be captured`);
    await updatePayment(trx, id, { status: 'captured', captured_at: trx.fn.now() as unknown as Date });
    await markPaid(trx, order, user.id);
  });
  const order = found(await db('orders').where({ id: captured.order_id }).first('user_id'), 'order', captured.order_id);
  const message = `we received ${formatMoney(captured.amount_cents)}.`;
  await notify({ userId: order.user_id, kind: 'payment_captured', message, orderId: captured.order_id });
  return presentPayment(captured);
}

/** Before shipping a refund cancels the order; afterwards it only returns the money. */
export async function refundPayment(user: CurrentUser, id: number) {
  const refunded = await withLockedPayment(id, async (trx, payment, order) => {
    if (payment.status !== 'captured') throw conflict(`A payment that is ${payment.status} cannot be refunded`);
    await updatePayment(trx, id, { status: 'refunded' });
    if (order.status === 'paid') await undoCheckout(trx, order, user.id);
  });
  return presentPayment(refunded);
}
