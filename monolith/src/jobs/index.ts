import { addDays, every, isoDay, type Repeating } from '../lib/helpers.ts';
import { computeDailySales, hasDailySales } from '../reporting/nightly-report.ts';
import { closeAbandonedCarts } from './abandoned-carts.ts';
import { remindOfLowStock } from './low-stock-reminder.ts';

const MINUTE_MS = 60_000;

/** The report of yesterday, once it is over and not yet written. */
async function nightly(): Promise<void> {
  const yesterday = isoDay(addDays(new Date(), -1));
  if (!(await hasDailySales(yesterday))) await computeDailySales(yesterday);
}

/** Everything that runs beside the requests. Stop each before closing the database. */
export function startJobs(): Repeating[] {
  return [
    every(MINUTE_MS, 'abandoned-carts', async () => {
      await closeAbandonedCarts();
    }),
    every(30 * MINUTE_MS, 'low-stock-reminder', remindOfLowStock),
    every(10 * MINUTE_MS, 'nightly-report', nightly),
  ];
}
