import express, { type Express } from 'express';
import { categoriesRouter } from './catalog/categories.routes.ts';
import { productsRouter } from './catalog/products.routes.ts';
import { authRouter } from './customers/auth.routes.ts';
import { pingDatabase } from './db/index.ts';
import { handleError, unknownRoute } from './middleware/errors.ts';
import { productReviewsRouter } from './reviews/reviews.routes.ts';
import { apiRouter } from './routes/api.ts';
import { ordersRouter } from './routes/orders.ts';

/** Whether the process wants traffic. While it drains, /ready says 503 and every answer ends its connection. */
export interface Lifecycle {
  draining: boolean;
}

export function createApp(lifecycle: Lifecycle = { draining: false }): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    if (lifecycle.draining) response.set('connection', 'close');
    next();
  });
  app.use(express.json({ limit: '100kb' }));

  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/ready', async (_request, response) => {
    const reachable = await pingDatabase().then(
      () => true,
      () => false,
    );
    const ready = reachable && !lifecycle.draining;
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'unavailable' });
  });

  app.use('/auth', authRouter);
  app.use('/products/:productId/reviews', productReviewsRouter);
  app.use('/products', productsRouter);
  app.use('/categories', categoriesRouter);
  app.use('/orders', ordersRouter);
  app.use('/api', apiRouter);

  app.use(unknownRoute);
  app.use(handleError);
  return app;
}
