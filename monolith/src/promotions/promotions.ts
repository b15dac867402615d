import { db, type Db } from '../db/index.ts';
import type { PromotionRow } from '../db/rows.ts';
import { conflict, found } from '../lib/helpers.ts';

export function presentPromotion(row: PromotionRow) {
  return {
    id: row.id,
    code: row.code,
    percentOff: row.percent_off,
    maxUses: row.max_uses,
    uses: row.uses,
    expiresAt: row.expires_at,
    active: row.active,
  };
}

/** Why a code cannot be used now, or undefined when it can. */
export function refusal(promotion: PromotionRow, now: Date): string | undefined {
  if (!promotion.active) return 'is not active';
  if (promotion.expires_at !== null && promotion.expires_at <= now) return 'has expired';
  if (promotion.uses >= promotion.max_uses) return 'is used up';
  return undefined;
}

/** Count one use inside the caller's transaction. The row stays locked until it ends, so the last use is given away once. */
export async function redeem(trx: Db, code: string): Promise<PromotionRow> {
  const promotion = await trx('promotions').where({ code: code.toUpperCase() }).forUpdate().first();
  const problem = promotion === undefined ? 'does not exist' : refusal(promotion, new Date());
  if (promotion === undefined || problem !== undefined) {
    throw conflict(`Promotion ${code} ${problem ?? ''}`, 'promotion_not_usable');
  }
  await trx('promotions').where({ id: promotion.id }).increment('uses', 1);
  return promotion;
}

export async function giveBack(trx: Db, promotionId: number): Promise<void> {
  await trx('promotions').where({ id: promotionId }).where('uses', '>', 0).decrement('uses', 1);
}

/** What the shop window says about a code before somebody checks out with it. */
export async function checkCode(code: string) {
  const promotion = found(await db('promotions').where({ code: code.toUpperCase() }).first(), 'promotion', code);
  const reason = refusal(promotion, new Date()) ?? null;
  return { code: promotion.code, percentOff: promotion.percent_off, usable: reason === null, reason };
}
