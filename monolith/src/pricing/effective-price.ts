import type { Db } from '../db/index.ts';
import { afterPercentOff } from '../lib/helpers.ts';

/**
 * The best active price rule of a product: the largest percentage among the rules for the product itself and for its category,
 * the oldest rule winning a tie. Joins against a products row called `p` and yields `rule_id` and `rule_percent`.
 */
export const BEST_RULE = `
  left join lateral (
    select pr.id as rule_id, pr.percent_off as rule_percent
    from price_rules pr
    where pr.active
      and (pr.product_id = p.id or pr.category_id = p.category_id)
      and pr.starts_at <= now()
      and (pr.ends_at is null or pr.ends_at > now())
    order by pr.percent_off desc, pr.id
    limit 1
  ) best_rule on true`;

export interface PricedProduct {
  id: number;
  name: string;
  price_cents: number;
  currency: string;
  active: boolean;
  rule_id: number | null;
  rule_percent: number | null;
}

/** List price in, what the customer pays out. Rounded half-up to the whole cent; no rule, no change. */
export function effectivePrice(priceCents: number, percentOff: number | null): number {
  return percentOff === null ? priceCents : afterPercentOff(priceCents, percentOff);
}

/** The products with these ids and the rule that applies to each right now. Unknown ids are simply missing. */
export async function priceProducts(connection: Db, ids: readonly number[]): Promise<PricedProduct[]> {
  const { rows } = await connection.raw<{ rows: PricedProduct[] }>(
    `select p.id, p.name, p.price_cents, p.currency, p.active, best_rule.rule_id, best_rule.rule_percent
       from products p ${BEST_RULE}
      where p.id = any(?::bigint[])
      order by p.id`,
    [[...ids]],
  );
  return rows;
}
