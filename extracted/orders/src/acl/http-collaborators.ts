import type { Refusal } from '../domain/checkout.ts';
import type { Answer, Collaborators } from '../domain/ports.ts';
import type { Item, Line } from '../domain/totals.ts';
import { readCancelledPayment, readError, readLine, readPayment, readPromotion } from './wire.ts';

export interface CollaboratorSettings {
  /** Base URLs, without a slash at the end. */
  readonly catalogUrl: string;
  readonly inventoryUrl: string;
  readonly promotionsUrl: string;
  readonly paymentsUrl: string;
  /** For one step, all its calls together. */
  readonly timeoutMs: number;
  /** A bearer token that says who is calling. */
  readonly token: () => string;
}

type Reader<Value> = (body: unknown) => Value | undefined;

/** A decision about this checkout. Anything else is trouble between the two of us (a wrong URL, a token nobody likes), and no customer's fault. */
const DECISIONS: ReadonlySet<number> = new Set([400, 402, 409, 410, 422]);
const DECISIONS_ON_A_READ: ReadonlySet<number> = new Set([404]);

const done = <Value>(value: Value): Answer<Value> => ({ kind: 'done', value });
const unknown = (reason: string): Answer<never> => ({ kind: 'unknown', reason });
const nothing: Reader<{ ok: true }> = () => ({ ok: true });

function judge<Value>(what: string, { status, ok }: Response, body: unknown, read: Reader<Value>, decisions: ReadonlySet<number>): Answer<Value> {
  if (ok) {
    const value = read(body);
    return value === undefined ? unknown(`${what}: ${String(status)} with a body of another shape`) : done(value);
  }
  const error = readError(body);
  if (!decisions.has(status) || error === undefined) return unknown(`${what}: ${String(status)}`);
  return { kind: 'refused', refusal: { status, ...error } };
}

/** The anti-corruption layer towards the other contexts: their paths, shapes and status codes in, the saga's answers out. README.md has the contract. */
export function httpCollaborators(settings: CollaboratorSettings): Collaborators {
  const { catalogUrl, inventoryUrl, promotionsUrl, paymentsUrl, timeoutMs } = settings;

  async function call<Value>(method: string, url: string, body: unknown, read: Reader<Value>, signal = AbortSignal.timeout(timeoutMs)): Promise<Answer<Value>> {
    const what = `${method} ${url}`;
    try {
      const response = await fetch(url, {
        method,
        signal,
        headers: { authorization: `Bearer ${settings.token()}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.text();
      return judge(what, response, parse(text), read, method === 'GET' ? DECISIONS_ON_A_READ : DECISIONS);
    } catch (error) {
      return unknown(`${what}: ${describe(error)}`);
    }
  }

  const command = async (method: string, url: string, body: unknown): Promise<Answer<null>> => {
    const answer = await call(method, url, body, nothing);
    return answer.kind === 'done' ? done(null) : answer;
  };

  async function priceOne({ productId, quantity }: Item, signal: AbortSignal): Promise<Answer<Line>> {
    const answer = await call('GET', `${catalogUrl}/products/${String(productId)}`, undefined, (body) => readLine(body, quantity), signal);
    if (answer.kind !== 'refused') return answer;
    const refusal: Refusal = { status: 400, code: 'bad_request', message: `Product ${String(productId)} cannot be ordered` };
    return { kind: 'refused', refusal };
  }

  return {
    price: async (items) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const answers = await Promise.all(items.map((item) => priceOne(item, signal)));
      // An honest no beats a lost answer; among several the first in the order of product ids is told.
      const bad = answers.find((answer) => answer.kind === 'refused') ?? answers.find((answer) => answer.kind === 'unknown');
      return bad ?? done(answers.flatMap((answer) => (answer.kind === 'done' ? [answer.value] : [])));
    },

    reserve: (key, items) => command('PUT', `${inventoryUrl}/reservations/${key}`, { items }),
    release: (key, items) => command('POST', `${inventoryUrl}/reservations/${key}/release`, { items }),

    redeem: (key, code) => call('PUT', `${promotionsUrl}/redemptions/${key}`, { code }, readPromotion),
    restore: (key, promotionId) => command('POST', `${promotionsUrl}/redemptions/${key}/restore`, { promotionId }),

    authorize: (key, payment) => call('PUT', `${paymentsUrl}/authorizations/${key}`, payment, readPayment),
    cancelPayment: async (key, orderId) => {
      const answer = await call('POST', `${paymentsUrl}/authorizations/${key}/cancel`, { orderId }, readCancelledPayment);
      return answer.kind === 'done' ? done(answer.value.payment) : answer;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** fetch hides the socket's error in `cause`. */
function describe(error: unknown): string {
  const { name, message, cause } = error as { name?: string; message?: string; cause?: { code?: string } };
  return cause?.code ?? (name === 'TimeoutError' ? 'no answer in time' : (message ?? String(error)));
}
