import jwt from 'jsonwebtoken';
import { Shop } from './shop.ts';

export const JWT_SECRET = 'a kettle, a lemon and a long walk';

/** Two products, ten of each; a promotion that can be used once. */
export function teaShop(): Shop {
  const shop = new Shop();
  shop.products.set(1, { sku: 'TEA-1', name: 'Teapot', cents: 1_990 });
  shop.products.set(2, { sku: 'CUP-1', name: 'Cup', cents: 450 });
  shop.onHand.set(1, 10).set(2, 10);
  shop.promotions.set('TEATIME10', { id: 4, percentOff: 10, maxUses: 1 });
  return shop;
}

export const ORDER = { items: [{ productId: 2, quantity: 3 }, { productId: 1, quantity: 1 }], paymentMethod: 'card', promotionCode: 'teatime10' };

export function bearer(userId = 3, role = 'customer'): string {
  return `Bearer ${jwt.sign({ email: 'x@example.com', role }, JWT_SECRET, { algorithm: 'HS256', subject: String(userId), expiresIn: 3_600 })}`;
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly location: string | null;
}

export async function ask(method: string, url: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { authorization: bearer(), 'content-type': 'application/json', ...headers },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, location: response.headers.get('location') };
}

/** What is left of a checkout on both sides: everything once, or nothing. */
export interface Traces {
  readonly orders: number;
  readonly events: number;
  readonly reserved: readonly [number, number];
  readonly uses: number;
  readonly payments: number;
}

export const EVERYTHING: Traces = { orders: 1, events: 1, reserved: [1, 3], uses: 1, payments: 1 };
export const NOTHING: Traces = { orders: 0, events: 0, reserved: [0, 0], uses: 0, payments: 0 };

export const tracesIn = (shop: Shop, orders: number, events: number): Traces => ({
  orders, events, reserved: [shop.reserved(1), shop.reserved(2)], uses: shop.uses('TEATIME10'), payments: shop.standing().length,
});
