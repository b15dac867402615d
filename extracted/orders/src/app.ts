import express, { type Express } from 'express';
import { errorHandler, unknownRoute } from './http/errors.ts';
import { ordersRouter } from './http/orders.routes.ts';
import { requireUser } from './http/user.ts';
import type { Saga } from './saga/saga.ts';
import type { OrderStore } from './store/orders.ts';

export interface AppSettings {
  readonly orders: OrderStore;
  readonly saga: Saga;
  readonly jwtSecret: string;
  /** Name of the build, shown by /health. */
  readonly build: string;
  /** Whether shutdown has begun: each answer then ends its connection. */
  readonly isDraining: () => boolean;
  /** Whether the process wants traffic: the database answers and no shutdown has begun. */
  readonly isReady: () => Promise<boolean>;
  readonly report: (error: unknown) => void;
}

/** The whole HTTP face of the service. */
export function createApp(settings: AppSettings): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    if (settings.isDraining()) response.set('connection', 'close');
    next();
  });
  app.use(express.json({ limit: '100kb' }));

  app.get('/health', (_request, response) => {
    response.json({ status: 'ok', service: 'orders', build: settings.build });
  });
  app.get('/ready', async (_request, response) => {
    const ready = await settings.isReady();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'unavailable' });
  });
  app.use('/orders', requireUser(settings.jwtSecret), ordersRouter(settings.orders, settings.saga));

  app.use(unknownRoute);
  app.use(errorHandler(settings.report));
  return app;
}
