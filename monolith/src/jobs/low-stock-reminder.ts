import { db } from '../db/index.ts';
import { lowStock } from '../inventory/low-stock.ts';
import { notify } from '../notifications/notifier.ts';

const THRESHOLD = 5;
const NAMED = 10;

/** Tell every member of staff, once a day, what is about to run out. */
export async function remindOfLowStock(): Promise<void> {
  const scarce = await lowStock(THRESHOLD, NAMED);
  if (scarce.length === 0) return;
  const staff = await db('users')
    .whereIn('role', ['staff', 'admin'])
    .whereNotExists(
      db('notifications')
        .whereRaw('notifications.user_id = users.id')
        .where({ kind: 'low_stock' })
        .where('created_at', '>', db.raw(`now() - interval '1 day'`)),
    )
    .select('id');
  const message = `running out: ${scarce.map((item) => item.sku).join(', ')}.`;
  for (const { id } of staff) await notify({ userId: id, kind: 'low_stock', message });
}
