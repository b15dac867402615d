import type { Express } from 'express';
import type { Deps } from './types';
import { placeOrder, report } from './place';
export const registerOrders = (app: Express, { db }: Deps): void => {
  app.post('/orders', async (req, res) => { await placeOrder(db, req.body); res.end(); });
  app.get('/orders/report', async (req, res) => { res.json(await report(db, req.query.table)); });
};
