import { formatMoney, percentOf } from '../src/lib/helpers.ts';
import { taxOn } from '../src/notifications/tax.ts';
import type { SeededPromotion } from './activity.ts';
import type { SeededProduct } from './catalog.ts';
import { drawCustomer, person } from './people.ts';
import { ago, HISTORY_MINUTES, type SeedPlan } from './plan.ts';
import { Prng } from './prng.ts';
import { CARRIERS } from './vocabulary.ts';
import type { SeedRow, Writer } from './writer.ts';

type Status = 'placed' | 'paid' | 'shipped' | 'delivered' | 'cancelled';

/** The rows that one stretch of orders brings with it, by table, parents first. */
interface Bundle {
  orders: SeedRow[];
  order_items: SeedRow[];
  payments: SeedRow[];
  shipments: SeedRow[];
  notifications: SeedRow[];
}

/** What the orders leave behind in tables that are written after them. */
export interface OrderTotals {
  reserved: Map<number, number>;
  promotionUses: Map<number, number>;
}

const BUNDLE_ORDERS = 5_000;
const PAYMENT_STATUS = { placed: 'authorized', paid: 'captured', shipped: 'captured', delivered: 'captured', cancelled: 'voided' } as const;

function drawStatus(prng: Prng, minutesAgo: number): Status {
  if (prng.chance(0.05)) return 'cancelled';
  const days = minutesAgo / (60 * 24);
  if (days > 14) return 'delivered';
  if (days > 7) return prng.chance(0.7) ? 'delivered' : 'shipped';
  return prng.pick(['placed', 'paid', 'paid', 'shipped'] as const);
}

function add(totals: Map<number, number>, key: number, amount: number): void {
  totals.set(key, (totals.get(key) ?? 0) + amount);
}

class OrderGenerator {
  readonly totals: OrderTotals = { reserved: new Map(), promotionUses: new Map() };
  readonly #prng = new Prng('orders');
  readonly #plan: SeedPlan;
  readonly #products: readonly SeededProduct[];
  readonly #promotions: readonly SeededPromotion[];
  #items = 0;
  #shipments = 0;
  #notifications = 0;

  constructor(plan: SeedPlan, products: readonly SeededProduct[], promotions: readonly SeededPromotion[]) {
    this.#plan = plan;
    this.#products = products;
    this.#promotions = promotions.filter((promotion) => promotion.usable);
  }

  bundle(first: number, last: number): Bundle {
    const bundle: Bundle = { orders: [], order_items: [], payments: [], shipments: [], notifications: [] };
    for (let id = first; id <= last; id += 1) this.#order(id, bundle);
    return bundle;
  }

  #order(id: number, bundle: Bundle): void {
    const prng = this.#prng;
    // Ids follow time: the last order was placed just before the seeded today.
    const minutesAgo = Math.floor(HISTORY_MINUTES * (1 - id / (this.#plan.orders + 1)));
    const status = drawStatus(prng, minutesAgo);
    const userId = drawCustomer(prng, this.#plan);
    const subtotal = this.#lines(id, status, bundle.order_items);
    const promotion = this.#promotion(status);
    const discount = percentOf(subtotal, promotion?.percentOff ?? 0);
    const tax = taxOn(subtotal - discount);
    const total = subtotal - discount + tax;
    bundle.orders.push({
      id,
      user_id: userId,
      status,
      subtotal_cents: subtotal,
      discount_cents: discount,
      tax_cents: tax,
      total_cents: total,
      promotion_id: promotion?.id ?? null,
      placed_at: ago(minutesAgo),
      updated_by: status === 'cancelled' ? userId : null,
    });
    this.#payment(id, status, total, minutesAgo, bundle.payments);
    if (status === 'shipped' || status === 'delivered') this.#shipment(id, status, minutesAgo, bundle.shipments);
    if (id % 2 === 0) this.#notification(id, userId, total, minutesAgo, bundle.notifications);
  }

  /** One order in eight has a code; a cancelled one gave its use back. */
  #promotion(status: Status): SeededPromotion | undefined {
    if (!this.#prng.chance(0.12)) return undefined;
    const promotion = this.#prng.pick(this.#promotions);
    if (status !== 'cancelled') add(this.totals.promotionUses, promotion.id, 1);
    return promotion;
  }

  #lines(orderId: number, status: Status, rows: SeedRow[]): number {
    let subtotal = 0;
    for (const productId of this.#prng.distinct(this.#prng.int(1, 4), () => this.#prng.skewed(this.#products.length))) {
      const unitPrice = this.#products[productId - 1]?.priceCents ?? 0;
      const quantity = this.#prng.chance(0.7) ? 1 : this.#prng.int(2, 4);
      this.#items += 1;
      subtotal += quantity * unitPrice;
      if (status === 'placed' || status === 'paid') add(this.totals.reserved, productId, quantity);
      rows.push({
        id: this.#items,
        order_id: orderId,
        product_id: productId,
        quantity,
        unit_price_cents: unitPrice,
        line_total_cents: quantity * unitPrice,
      });
    }
    return subtotal;
  }

  #payment(orderId: number, status: Status, amount: number, minutesAgo: number, rows: SeedRow[]): void {
    rows.push({
      id: orderId,
      order_id: orderId,
      method: this.#prng.pick(['card', 'card', 'card', 'wallet', 'invoice']),
      status: PAYMENT_STATUS[status],
      amount_cents: amount,
      reference: `PAY-SEED-${String(orderId).padStart(8, '0')}`,
      created_at: ago(minutesAgo),
      captured_at: PAYMENT_STATUS[status] === 'captured' ? ago(minutesAgo - 5) : null,
    });
  }

  #shipment(orderId: number, status: Status, minutesAgo: number, rows: SeedRow[]): void {
    this.#shipments += 1;
    rows.push({
      id: this.#shipments,
      order_id: orderId,
      carrier: this.#prng.pick(CARRIERS),
      tracking_number: `TRK-SEED-${String(orderId).padStart(8, '0')}`,
      status: status === 'delivered' ? 'delivered' : 'in_transit',
      shipped_at: ago(minutesAgo - 60 * 20),
      delivered_at: status === 'delivered' ? ago(minutesAgo - 60 * 24 * this.#prng.int(2, 6)) : null,
    });
  }

  #notification(orderId: number, userId: number, total: number, minutesAgo: number, rows: SeedRow[]): void {
    this.#notifications += 1;
    rows.push({
      id: this.#notifications,
      user_id: userId,
      order_id: orderId,
      kind: 'order_placed',
      recipient: person(userId).email,
      message: `Thank you for order ${String(orderId)} over ${formatMoney(total)}.`,
      created_at: ago(minutesAgo),
      read_at: this.#prng.chance(0.6) ? ago(minutesAgo - 60) : null,
    });
  }
}

/** Orders with everything that hangs on them, a stretch at a time, so that memory stays flat at a million. */
export async function writeOrders(
  writer: Writer,
  plan: SeedPlan,
  products: readonly SeededProduct[],
  promotions: readonly SeededPromotion[],
): Promise<OrderTotals> {
  const generator = new OrderGenerator(plan, products, promotions);
  for (let first = 1; first <= plan.orders; first += BUNDLE_ORDERS) {
    const bundle = generator.bundle(first, Math.min(first + BUNDLE_ORDERS - 1, plan.orders));
    for (const [table, rows] of Object.entries(bundle)) await writer.insert(table, rows as SeedRow[]);
  }
  return generator.totals;
}
