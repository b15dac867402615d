import type { Offer } from '../domain/price.ts';

/**
 * The border to pricing, inventory and reviews. Their tables are copies (see migrations/0003); this file alone knows their columns
 * and their rules, and turns both into the catalog's words. When one of them changes, it changes here.
 *
 * Each fragment joins against a products row called `p`.
 */
const RATING = `
  left join lateral (
    select round(avg(rv.stars), 1) as rating_average, count(*) as rating_count
    from review_ratings rv
    where rv.product_id = p.id
  ) rating on true`;

/** Pricing's rule: the largest percentage among the running rules for the product itself and for its category, the oldest winning a tie. */
const BEST_RULE = `
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

const STOCK = 'left join stock_levels s on s.product_id = p.id';

export const NEIGHBOURS = `${STOCK} ${RATING} ${BEST_RULE}`;

export const NEIGHBOUR_COLUMNS = [
  's.on_hand', 's.reserved', 'rating.rating_average', 'rating.rating_count', 'best_rule.rule_id', 'best_rule.rule_percent',
] as const;

/** What the join yields. A product that inventory or reviews have not heard of yet has nulls. */
export interface NeighbourRow {
  on_hand: number | null;
  reserved: number | null;
  rating_average: number | null;
  rating_count: number;
  rule_id: number | null;
  rule_percent: number | null;
}

/** Inventory's rule: what is on hand and not promised to an order can be bought. No stock row, no stock. */
export const isInStock = (row: NeighbourRow): boolean => (row.on_hand ?? 0) - (row.reserved ?? 0) > 0;

export const toRating = (row: NeighbourRow): { average: number | null; count: number } => ({
  average: row.rating_average,
  count: row.rating_count,
});

export const toOffer = (row: NeighbourRow): Offer | undefined =>
  row.rule_id === null || row.rule_percent === null ? undefined : { ruleId: row.rule_id, percentOff: row.rule_percent };
