import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/**
 * The contexts a checkout needs, in one process that really holds state: stock, promotion uses and payments, each once per key, with a
 * memory of what was taken back. It is README.md's contract as a program. `before` and `after` let a test do harm around any call.
 */
export interface Call {
  readonly name: 'price' | 'reserve' | 'redeem' | 'authorize' | 'release' | 'restore' | 'cancel';
  readonly key: string;
  /** 1 for the first call of this name. */
  readonly nth: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What to do instead of answering: nothing (the connection just hangs), hang up, or say something else. */
export type Harm = 'hang' | 'hang up' | '503' | '401' | '404' | undefined;

export interface PaymentJson {
  id: number;
  orderId: number;
  method: string;
  status: string;
  amountCents: number;
  reference: string;
  createdAt: string;
  capturedAt: string | null;
}

interface Verdict {
  readonly status: number;
  readonly body: unknown;
}

const ok = (body: unknown): Verdict => ({ status: 200, body });
const refuse = (status: number, code: string, message: string): Verdict => ({ status, body: { error: { code, message } } });
const TAKEN_BACK = refuse(409, 'taken_back', 'This key was taken back');

export interface Item {
  readonly productId: number;
  readonly quantity: number;
}

export class Shop {
  readonly products = new Map<number, { sku: string; name: string; cents: number }>();
  readonly onHand = new Map<number, number>();
  readonly held = new Map<string, readonly Item[]>();
  readonly promotions = new Map<string, { id: number; percentOff: number; maxUses: number; problem?: string }>();
  readonly redeemed = new Map<string, string>();
  readonly payments = new Map<string, PaymentJson>();
  readonly calls: Call[] = [];
  /** Card payments above this are declined. */
  limitCents = Number.MAX_SAFE_INTEGER;
  before: (call: Call) => Harm | Promise<Harm> = () => undefined;
  after: (call: Call) => Harm | Promise<Harm> = () => undefined;

  readonly #takenBack = new Set<string>();
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${String(this.port)}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  reserved(productId: number): number {
    return [...this.held.values()].flat().filter((item) => item.productId === productId).reduce((sum, { quantity }) => sum + quantity, 0);
  }

  uses(code: string): number {
    return [...this.redeemed.values()].filter((used) => used === code).length;
  }

  /** Payments that still claim somebody's money. */
  standing(): PaymentJson[] {
    return [...this.payments.values()].filter(({ status }) => status === 'authorized' || status === 'captured');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const [name, key] = route(request.method ?? '', request.url ?? '');
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    const call: Call = { name, key, nth: this.calls.filter((earlier) => earlier.name === name).length + 1, body };
    this.calls.push(call);
    let harm = await this.before(call);
    const verdict = harm === undefined ? this.#act(name, key, body) : ok(null);
    harm ??= await this.after(call);
    if (harm === 'hang') return;
    if (harm === 'hang up') {
      request.socket.destroy();
      return;
    }
    const answer = harm === undefined ? verdict : refuse(Number(harm), 'harm', 'Out for tea');
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  }

  #act(name: Call['name'], key: string, body: Record<string, unknown>): Verdict {
    switch (name) {
      case 'price':
        return this.#price(Number(key));
      case 'reserve':
        return this.#reserve(key, body['items'] as Item[]);
      case 'redeem':
        return this.#redeem(key, String(body['code']));
      case 'authorize':
        return this.#authorize(key, body as { orderId: number; method: string; amountCents: number });
      case 'release':
        this.#takenBack.add(`release ${key}`);
        this.held.delete(key);
        return ok({});
      case 'restore':
        this.#takenBack.add(`restore ${key}`);
        this.redeemed.delete(key);
        return ok({});
      case 'cancel':
        return this.#cancel(key);
    }
  }

  #price(id: number): Verdict {
    const product = this.products.get(id);
    if (product === undefined) return refuse(404, 'not_found', `There is no product ${String(id)}`);
    return ok({ id, sku: product.sku, name: product.name, effectivePrice: product.cents });
  }

  #reserve(key: string, items: readonly Item[]): Verdict {
    if (this.#takenBack.has(`release ${key}`)) return TAKEN_BACK;
    if (this.held.has(key)) return ok({});
    const short = items.find(({ productId, quantity }) => (this.onHand.get(productId) ?? 0) - this.reserved(productId) < quantity);
    if (short !== undefined) {
      return refuse(409, 'insufficient_stock', `Product ${String(short.productId)} is not in stock ${String(short.quantity)} times`);
    }
    this.held.set(key, items);
    return ok({});
  }

  #redeem(key: string, text: string): Verdict {
    if (this.#takenBack.has(`restore ${key}`)) return TAKEN_BACK;
    const code = text.toUpperCase();
    const promotion = this.promotions.get(code);
    const usedUp = promotion !== undefined && this.uses(code) >= promotion.maxUses && !this.redeemed.has(key);
    const problem = promotion === undefined ? 'does not exist' : (promotion.problem ?? (usedUp ? 'is used up' : undefined));
    if (promotion === undefined || problem !== undefined) return refuse(409, 'promotion_not_usable', `Promotion ${text} ${String(problem)}`);
    this.redeemed.set(key, code);
    return ok({ id: promotion.id, code, percentOff: promotion.percentOff });
  }

  #authorize(key: string, { orderId, method, amountCents }: { orderId: number; method: string; amountCents: number }): Verdict {
    if (this.#takenBack.has(`cancel ${key}`)) return TAKEN_BACK;
    const known = this.payments.get(key);
    if (known !== undefined) return ok(known);
    if (amountCents > this.limitCents) return refuse(402, 'payment_declined', 'The card was declined');
    const id = 9_000 + this.payments.size;
    const payment = {
      id, orderId, method, status: 'authorized', amountCents, reference: `PAY-${String(id)}`, createdAt: new Date().toISOString(), capturedAt: null,
    };
    this.payments.set(key, payment);
    return ok(payment);
  }

  #cancel(key: string): Verdict {
    this.#takenBack.add(`cancel ${key}`);
    const payment = this.payments.get(key);
    if (payment === undefined) return ok({ payment: null });
    if (payment.status === 'authorized') payment.status = 'voided';
    if (payment.status === 'captured') payment.status = 'refunded';
    return ok({ payment });
  }
}

const ROUTES: Readonly<Record<string, Call['name']>> = {
  'GET products ': 'price',
  'PUT reservations ': 'reserve',
  'POST reservations release': 'release',
  'PUT redemptions ': 'redeem',
  'POST redemptions restore': 'restore',
  'PUT authorizations ': 'authorize',
  'POST authorizations cancel': 'cancel',
};

function route(method: string, path: string): [Call['name'], string] {
  const [, collection = '', key = '', verb = ''] = path.split('/');
  const name = ROUTES[`${method} ${collection} ${verb}`];
  if (name === undefined) throw new Error(`the shop has no ${method} ${path}`);
  return [name, key];
}
