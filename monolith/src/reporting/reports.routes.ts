import { type Request, Router } from 'express';
import { addDays, badRequest, parseDay, parsePage } from '../lib/helpers.ts';
import { requireAdmin } from '../middleware/auth.ts';
import { bestCustomers, dailySales, topProducts } from './live-reports.ts';
import { computeDailySales } from './nightly-report.ts';

/** Mounted under /api/admin/reports. */
export const reportsRouter = Router();

function readRange({ query }: Request): { from: string; to: string } {
  const today = new Date();
  const range = { from: parseDay(query, 'from', addDays(today, -30)), to: parseDay(query, 'to', today) };
  if (range.from > range.to) throw badRequest('from must not be after to');
  return range;
}

reportsRouter.get('/daily-sales', async (request, response) => {
  const { from, to } = readRange(request);
  response.json({ from, to, items: await dailySales(from, to) });
});

reportsRouter.get('/top-products', async (request, response) => {
  const { from, to } = readRange(request);
  response.json({ from, to, items: await topProducts(from, to, parsePage(request.query).limit) });
});

reportsRouter.get('/best-customers', async (request, response) => {
  response.json({ items: await bestCustomers(parsePage(request.query).limit) });
});

reportsRouter.post('/daily-sales/:day', requireAdmin, async (request, response) => {
  const day = parseDay(request.params, 'day', new Date());
  response.json({ day, categories: await computeDailySales(day) });
});
