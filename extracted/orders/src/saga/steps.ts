import { authorized, type Backward, type Checkout, type In, type Open, priced, type Promotion, redeemed, refuse, reserved, takenBack } from '../domain/checkout.ts';
import type { Payment } from '../domain/order.ts';
import type { Answer, Collaborators } from '../domain/ports.ts';

export type Log = (level: 'info' | 'warn', event: string, fields: Readonly<Record<string, unknown>>) => void;

/** The checkout after a step, or undefined when nobody knows whether the step happened. */
export type Performed = { readonly next: Checkout; readonly payment?: Payment | null } | undefined;

export interface Steps {
  /** Asks the collaborator whose turn it is. */
  forward(checkout: Open): Promise<Performed>;
  /** Asks a collaborator to take something back. */
  backward(checkout: Backward): Promise<Performed>;
}

export function createSteps(collaborators: Collaborators, nextOrderId: () => Promise<number>, log: Log): Steps {
  function settle<Value>(checkout: Open, answer: Answer<Value>, onDone: (value: Value) => Checkout): Performed {
    switch (answer.kind) {
      case 'done':
        return { next: onDone(answer.value) };
      case 'refused':
        return { next: refuse(checkout, answer.refusal) };
      case 'unknown':
        log('warn', 'collaborator_silent', { key: checkout.key, phase: checkout.phase, reason: answer.reason });
        return undefined;
    }
  }

  async function redeem(checkout: In<'redeeming'>): Promise<Performed> {
    const { promotionCode: code } = checkout.request;
    const answer: Answer<Promotion | null> = code === null ? { kind: 'done', value: null } : await collaborators.redeem(checkout.key, code);
    // The number is drawn as late as the monolith drew it, so that a refused checkout leaves no gap.
    const orderId = answer.kind === 'done' ? await nextOrderId() : 0;
    return settle(checkout, answer, (promotion) => redeemed(checkout, promotion, orderId));
  }

  function askBack({ phase, key, undo }: Backward): Promise<Answer<Payment | null>> {
    switch (phase) {
      case 'voiding':
        return collaborators.cancelPayment(key, undo.orderId);
      case 'restoring':
        return collaborators.restore(key, undo.promotion?.id ?? null);
      case 'releasing':
        return collaborators.release(key, undo.items);
    }
  }

  return {
    forward: async (checkout) => {
      const { key, request } = checkout;
      switch (checkout.phase) {
        case 'pricing':
          return settle(checkout, await collaborators.price(request.items), (lines) => priced(checkout, lines));
        case 'reserving':
          return settle(checkout, await collaborators.reserve(key, request.items), () => reserved(checkout));
        case 'redeeming':
          return redeem(checkout);
        case 'authorizing': {
          const payment = { orderId: checkout.orderId, method: request.paymentMethod, amountCents: checkout.totals.totalCents };
          return settle(checkout, await collaborators.authorize(key, payment), (done) => authorized(checkout, done));
        }
      }
    },

    // There is no way back from the way back: a refusal here is somebody's bug, and is asked again until it was mended.
    backward: async (checkout) => {
      const answer = await askBack(checkout);
      if (answer.kind === 'done') return { next: takenBack(checkout), payment: answer.value };
      const reason = answer.kind === 'refused' ? `${String(answer.refusal.status)} ${answer.refusal.message}` : answer.reason;
      log('warn', 'undo_pending', { key: checkout.key, phase: checkout.phase, reason });
      return undefined;
    },
  };
}
