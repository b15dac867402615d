import { randomUUID } from 'node:crypto';
import { type Response, Router } from 'express';
import type { Caller } from '../acl/caller.ts';
import type { Verdict } from '../domain/checkout.ts';
import type { Order } from '../domain/order.ts';
import { KeyReused, type Saga } from '../saga/saga.ts';
import type { Changed, OrderStore } from '../store/orders.ts';
import { found, HttpError } from './errors.ts';
import { parseId, parsePage } from './fields.ts';
import { readCheckout, readIdempotencyKey, readOrderFilter, readProgress } from './order.input.ts';
import { presentListing, presentOrder } from './present.ts';
import { callerOf, staffOnly } from './user.ts';

/** Somebody else's order does not exist, as far as a customer can tell. */
const ownerFor = (caller: Caller): number | undefined => (caller.staff ? undefined : caller.userId);

/** The order number of a checkout that succeeded; anything else is an error to send. */
function orderOf(verdict: Verdict, response: Response): number {
  switch (verdict.kind) {
    case 'placed':
      return verdict.orderId;
    case 'refused':
      throw new HttpError(verdict.refusal.status, verdict.refusal.code, verdict.refusal.message);
    case 'running':
      response.set('Retry-After', '1');
      throw new HttpError(409, 'checkout_in_progress', 'This checkout is still running; ask again with the same Idempotency-Key');
  }
}

function required<Next>(changed: Changed<Next>, id: number, participle: string): Next {
  if (changed.kind === 'conflict') throw new HttpError(409, 'conflict', `An order that is ${changed.status} cannot be ${participle}`);
  return found(changed.kind === 'done' ? changed : undefined, 'order', id).next;
}

export function ordersRouter(orders: OrderStore, saga: Saga): Router {
  const router = Router();

  const show = async (id: number, caller: Caller): Promise<ReturnType<typeof presentOrder>> =>
    presentOrder(found<Order>(await orders.find(id, ownerFor(caller)), 'order', id));

  router.get('/', async (request, response) => {
    const caller = callerOf(response);
    const filter = readOrderFilter(request.query);
    const page = parsePage(request.query);
    response.json(presentListing(await orders.list(caller.staff ? filter : { ...filter, userId: caller.userId }, page), page));
  });

  router.post('/', async (request, response) => {
    const caller = callerOf(response);
    const placing = {
      userId: caller.userId,
      key: `checkout-${randomUUID()}`,
      request: readCheckout(request.body),
      idempotencyKey: readIdempotencyKey(request.get('idempotency-key')),
    };
    const verdict = await saga.place(placing).catch((error: unknown) => {
      if (!(error instanceof KeyReused)) throw error;
      throw new HttpError(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another order');
    });
    const id = orderOf(verdict, response);
    response.status(201).location(`/orders/${String(id)}`).json(await show(id, caller));
  });

  router.get('/:id', async (request, response) => {
    response.json(await show(parseId(request.params.id), callerOf(response)));
  });

  router.post('/:id/cancel', async (request, response) => {
    const id = parseId(request.params.id);
    const caller = callerOf(response);
    const held = required(await orders.cancel(id, ownerFor(caller), caller.userId), id, 'cancelled');
    await saga.run(held);
    response.json(await show(id, caller));
  });

  router.get('/:id/payments', async (request, response) => {
    const id = parseId(request.params.id);
    response.json({ items: found(await orders.payments(id, ownerFor(callerOf(response))), 'order', id) });
  });

  /** Fulfilment's report. The monolith wrote orders.status from payments and shipments; now they have to say it. */
  router.put('/:id/status', staffOnly, async (request, response) => {
    const id = parseId(request.params['id']);
    const to = readProgress(request.body);
    const caller = callerOf(response);
    required(await orders.progress(id, to, caller.userId), id, to);
    response.json(await show(id, caller));
  });

  return router;
}
