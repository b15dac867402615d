import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { type Catalog, UnknownCategory } from './catalog.ts';
import type { Rounding } from './domain/price.ts';
import { categoriesRouter } from './http/categories.routes.ts';
import { badRequest, errorHandler, unknownRoute } from './http/errors.ts';
import { productsRouter } from './http/products.routes.ts';
import { requireStaff } from './http/staff.ts';

export interface AppSettings {
  readonly catalog: Catalog;
  readonly jwtSecret: string;
  readonly rounding: Rounding;
  /** Name of the build, shown by /health, so that one can see which of two is answering. */
  readonly build: string;
  /** Whether shutdown has begun: each answer then ends its connection. */
  readonly isDraining: () => boolean;
  /** Whether the process wants traffic: the database answers and no shutdown has begun. */
  readonly isReady: () => Promise<boolean>;
  readonly report: (error: unknown) => void;
}

function domainErrors(error: unknown, _request: Request, _response: Response, next: NextFunction): void {
  next(error instanceof UnknownCategory ? badRequest(error.message) : error);
}

/** The whole HTTP face of the service. */
export function createApp(settings: AppSettings): Express {
  const { catalog, rounding, build } = settings;
  const staffOnly = requireStaff(settings.jwtSecret);
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    if (settings.isDraining()) response.set('connection', 'close');
    next();
  });
  app.use(express.json({ limit: '100kb' }));

  app.get('/health', (_request, response) => {
    response.json({ status: 'ok', service: 'catalog', build });
  });
  app.get('/ready', async (_request, response) => {
    const ready = await settings.isReady();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'unavailable' });
  });
  app.use('/products', productsRouter(catalog, staffOnly, rounding));
  app.use('/categories', categoriesRouter(catalog, staffOnly, rounding));

  app.use(unknownRoute);
  app.use(domainErrors);
  app.use(errorHandler(settings.report));
  return app;
}
