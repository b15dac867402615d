import { db, type Db } from '../db/index.ts';
import type { CartItemRow, CartRow } from '../db/rows.ts';
import { T } from '../db/tables.ts';
import { BEST_RULE } from '../pricing/effective-price.ts';

export interface CartLineRecord extends CartItemRow {
  sku: string;
  name: string;
  price_cents: number;
  rule_percent: number | null;
  available: number;
}

export async function findOpenCart(userId: number): Promise<CartRow | undefined> {
  return db(T.carts).where({ user_id: userId, status: 'open' }).first();
}

/** The customer's open cart; the partial unique index lets only one of two simultaneous first clicks create it. */
export async function openCart(userId: number): Promise<CartRow> {
  await db.raw(`insert into ${T.carts} (user_id) values (?) on conflict (user_id) where status = 'open' do nothing`, [userId]);
  const cart = await findOpenCart(userId);
  if (cart === undefined) throw new Error('the open cart vanished right after it was made');
  return cart;
}

/** The lines with what they cost and whether they can be had right now: five tables of four contexts in one query. */
export async function cartLines(cartId: number): Promise<CartLineRecord[]> {
  const { rows } = await db.raw<{ rows: CartLineRecord[] }>(
    `select ci.*, p.sku, p.name, p.price_cents, best_rule.rule_percent, coalesce(s.on_hand - s.reserved, 0) as available
       from ${T.cartItems} ci
       join ${T.products} p on p.id = ci.product_id and p.active
       left join ${T.stock} s on s.product_id = p.id
       ${BEST_RULE}
      where ci.cart_id = ?
      order by ci.product_id`,
    [cartId],
  );
  return rows;
}

export async function addToCart(cartId: number, productId: number, quantity: number): Promise<void> {
  await db(T.cartItems)
    .insert({ cart_id: cartId, product_id: productId, quantity })
    .onConflict(['cart_id', 'product_id'])
    .merge({ quantity: db.raw('least(cart_items.quantity + excluded.quantity, 100)') as unknown as number });
  await touch(db, cartId);
}

/** Returns whether the product was in the cart. */
export async function setQuantity(cartId: number, productId: number, quantity: number): Promise<boolean> {
  const touched = await db(T.cartItems).where({ cart_id: cartId, product_id: productId }).update({ quantity });
  await touch(db, cartId);
  return touched > 0;
}

/** Remove one product, or everything. Returns how many lines went. */
export async function removeFromCart(cartId: number, productId?: number): Promise<number> {
  const removed = await db(T.cartItems)
    .where({ cart_id: cartId, ...(productId === undefined ? {} : { product_id: productId }) })
    .delete();
  await touch(db, cartId);
  return removed;
}

async function touch(connection: Db, cartId: number): Promise<void> {
  await connection(T.carts).where({ id: cartId }).update({ updated_at: connection.fn.now() as unknown as Date });
}
