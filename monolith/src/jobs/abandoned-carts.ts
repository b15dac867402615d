import { db } from '../db/index.ts';
import { notify } from '../notifications/notifier.ts';

const BATCH = 200;

/** Remind the owners of carts untouched for a day, and close those carts. Two instances never remind the same person. */
export async function closeAbandonedCarts(): Promise<number> {
  const { rows } = await db.raw<{ rows: { id: number; user_id: number }[] }>(
    `update carts set status = 'abandoned'
      where id in (
        select id from carts
        where status = 'open' and updated_at < now() - interval '1 day'
        order by id limit ? for update skip locked
      )
      returning id, user_id`,
    [BATCH],
  );
  for (const { user_id: userId } of rows) {
    await notify({ userId, kind: 'cart_reminder', message: 'you left something in your cart.' });
  }
  return rows.length;
}
