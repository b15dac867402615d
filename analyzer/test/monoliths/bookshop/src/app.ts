import express from 'express';
import { registerOrders, type Deps } from './orders';
import { createCatalogRouter } from './routes/catalog.js';
import { Shelf } from './shared/shelf';
import { db } from '@db/client';

const API = '/api';

export function createApp(): express.Express {
  const app = express();
  const deps: Deps = { db };
  app.use(`${API}/v1`, createCatalogRouter(deps));
  registerOrders(app, deps);
  new Shelf(app).mount();
  app.get('settings');
  app.get('/health', (_req, res) => { res.send('ok'); });
  app.use(process.env.BASE + '/hidden', createCatalogRouter(deps));
  return app;
}
