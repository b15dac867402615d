import { db, type Db } from '../db/index.ts';
import type { PaymentMethod, PromotionRow } from '../db/rows.ts';
import { reserveStock, type StockRequest } from '../inventory/stock.ts';
import { badRequest, conflict, formatMoney, keyBy, log, percentOf, sumOf } from '../lib/helpers.ts';
import type { CurrentUser } from '../middleware/auth.ts';
import { notify } from '../notifications/notifier.ts';
import { taxOn } from '../notifications/tax.ts';
import { effectivePrice, priceProducts } from '../pricing/effective-price.ts';
import { redeem } from '../promotions/promotions.ts';
import { authorizePayment } from '../repositories/payment.repository.ts';

export interface CheckoutRequest {
  /** At least one; the same product twice is added up. */
  items: readonly StockRequest[];
  paymentMethod: PaymentMethod;
  promotionCode?: string | undefined;
  /** The cart these items come from; it is closed with the order. */
  cartId?: number | undefined;
}

interface PricedLine extends StockRequest {
  unitPriceCents: number;
  lineTotalCents: number;
}

export interface Totals {
  subtotalCents: number;
  discountCents: number;
  taxCents: number;
  totalCents: number;
}

/** One line per product, ordered by product id. */
export function mergeItems(items: readonly StockRequest[]): StockRequest[] {
  const merged = new Map<number, number>();
  for (const { productId, quantity } of items) merged.set(productId, (merged.get(productId) ?? 0) + quantity);
  return [...merged].map(([productId, quantity]) => ({ productId, quantity })).sort((a, b) => a.productId - b.productId);
}

/** Discount on the subtotal, tax on what remains; each rounded half-up once, so that the parts always add up to the total. */
export function computeTotals(lineTotals: readonly number[], percentOff: number): Totals {
  const subtotalCents = sumOf(lineTotals, (cents) => cents);
  const discountCents = percentOf(subtotalCents, percentOff);
  const taxCents = taxOn(subtotalCents - discountCents);
  return { subtotalCents, discountCents, taxCents, totalCents: subtotalCents - discountCents + taxCents };
}

/** Totals are stored as integer; an order beyond that is a mistake or a joke. */
const MAX_TOTAL_CENTS = 2_000_000_000;

async function priceLines(trx: Db, items: readonly StockRequest[]): Promise<PricedLine[]> {
  const products = keyBy(await priceProducts(trx, items.map((item) => item.productId)), (product) => product.id);
  return items.map((item) => {
    const product = products.get(item.productId);
    if (product?.active !== true) throw badRequest(`Product ${String(item.productId)} cannot be ordered`);
    const unitPriceCents = effectivePrice(product.price_cents, product.rule_percent);
    return { ...item, unitPriceCents, lineTotalCents: unitPriceCents * item.quantity };
  });
}

async function insertOrder(trx: Db, user: CurrentUser, totals: Totals, promotion: PromotionRow | undefined): Promise<number> {
  const [order] = await trx('orders')
    .insert({
      user_id: user.id,
      status: 'placed',
      subtotal_cents: totals.subtotalCents,
      discount_cents: totals.discountCents,
      tax_cents: totals.taxCents,
      total_cents: totals.totalCents,
      promotion_id: promotion?.id ?? null,
      updated_by: user.id,
    })
    .returning('id');
  if (order === undefined) throw new Error('insert into orders returned nothing');
  return order.id;
}

async function closeCart(trx: Db, cartId: number): Promise<void> {
  const closed = await trx('carts').where({ id: cartId, status: 'open' }).update({ status: 'ordered' });
  if (closed === 0) throw conflict('The cart was ordered already');
}

/** Everything of an order or nothing: orders, order_items, payments, stock_levels, promotions and carts in one transaction. */
async function writeOrder(trx: Db, user: CurrentUser, request: CheckoutRequest): Promise<{ orderId: number; totals: Totals }> {
  const items = mergeItems(request.items);
  const lines = await priceLines(trx, items);
  if (request.cartId !== undefined) await closeCart(trx, request.cartId);
  await reserveStock(trx, items);
  const promotion = request.promotionCode === undefined ? undefined : await redeem(trx, request.promotionCode);
  const totals = computeTotals(lines.map((line) => line.lineTotalCents), promotion?.percent_off ?? 0);
  if (totals.totalCents > MAX_TOTAL_CENTS) throw badRequest('The order is too large');
  const orderId = await insertOrder(trx, user, totals, promotion);
  await trx('order_items').insert(
    lines.map((line) => ({
      order_id: orderId,
      product_id: line.productId,
      quantity: line.quantity,
      unit_price_cents: line.unitPriceCents,
      line_total_cents: line.lineTotalCents,
    })),
  );
  await authorizePayment(trx, orderId, request.paymentMethod, totals.totalCents);
  return { orderId, totals };
}

/** Place an order. Returns its id. The confirmation is sent after the commit: a full mailbox must not undo a sale. */
export async function checkOut(user: CurrentUser, request: CheckoutRequest): Promise<number> {
  const { orderId, totals } = await db.transaction((trx) => writeOrder(trx, user, request));
  const message = `thank you for order ${String(orderId)} over ${formatMoney(totals.totalCents)}.`;
  await notify({ userId: user.id, kind: 'order_placed', message, orderId }).catch((error: unknown) => {
    log('warn', 'confirmation_failed', { orderId, error: String(error) });
  });
  return orderId;
}
