import { db } from '../db/index.ts';
import { badRequest, found, requireTouched, sumOf } from '../lib/helpers.ts';
import type { PaymentMethod } from '../db/rows.ts';
import type { CurrentUser } from '../middleware/auth.ts';
import { effectivePrice } from '../pricing/effective-price.ts';
import { addToCart, cartLines, findOpenCart, openCart, removeFromCart, setQuantity } from '../repositories/cart.repository.ts';
import { checkOut } from './checkout.service.ts';
import { getOrder } from './order.service.ts';

async function presentCart(cartId: number | undefined) {
  const lines = cartId === undefined ? [] : await cartLines(cartId);
  const items = lines.map((line) => {
    const unitPriceCents = effectivePrice(line.price_cents, line.rule_percent);
    return {
      productId: line.product_id,
      sku: line.sku,
      name: line.name,
      quantity: line.quantity,
      unitPriceCents,
      lineTotalCents: unitPriceCents * line.quantity,
      available: line.available >= line.quantity,
    };
  });
  return { id: cartId ?? null, items, subtotalCents: sumOf(items, (item) => item.lineTotalCents) };
}

/** Nobody gets a row for looking: without an open cart the answer is an empty one without an id. */
export async function getCart(user: CurrentUser) {
  return presentCart((await findOpenCart(user.id))?.id);
}

export async function addItem(user: CurrentUser, productId: number, quantity: number) {
  found(await db('products').where({ id: productId, active: true }).first('id'), 'product', productId);
  const cart = await openCart(user.id);
  await addToCart(cart.id, productId, quantity);
  return presentCart(cart.id);
}

async function requireCart(user: CurrentUser, productId: number): Promise<number> {
  return found(await findOpenCart(user.id), 'product in the cart:', productId).id;
}

export async function changeItem(user: CurrentUser, productId: number, quantity: number) {
  const cartId = await requireCart(user, productId);
  requireTouched(await setQuantity(cartId, productId, quantity), 'product in the cart:', productId);
  return presentCart(cartId);
}

export async function removeItem(user: CurrentUser, productId: number) {
  const cartId = await requireCart(user, productId);
  requireTouched(await removeFromCart(cartId, productId), 'product in the cart:', productId);
  return presentCart(cartId);
}

export async function emptyCart(user: CurrentUser): Promise<void> {
  const cart = await findOpenCart(user.id);
  if (cart !== undefined) await removeFromCart(cart.id);
}

export async function checkOutCart(user: CurrentUser, paymentMethod: PaymentMethod, promotionCode: string | undefined) {
  const cart = await findOpenCart(user.id);
  const lines = cart === undefined ? [] : await cartLines(cart.id);
  if (cart === undefined || lines.length === 0) throw badRequest('The cart is empty');
  const items = lines.map((line) => ({ productId: line.product_id, quantity: line.quantity }));
  return getOrder(user, await checkOut(user, { items, paymentMethod, promotionCode, cartId: cart.id }));
}
