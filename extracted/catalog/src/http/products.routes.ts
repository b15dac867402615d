import { type RequestHandler, Router } from 'express';
import type { Catalog } from '../catalog.ts';
import type { Rounding } from '../domain/price.ts';
import { found } from './errors.ts';
import { parseId, parsePage } from './fields.ts';
import { presentListing, presentPrice, presentProduct } from './present.ts';
import { readNewProduct, readProductChanges, readProductFilter } from './product.input.ts';
import { callerId } from './staff.ts';

export function productsRouter(catalog: Catalog, staffOnly: RequestHandler, rounding: Rounding): Router {
  const router = Router();

  router
    .route('/')
    .get(async (request, response) => {
      const filter = readProductFilter(request.query);
      const page = parsePage(request.query);
      response.json(presentListing(await catalog.list(filter, page), page, rounding));
    })
    .post(staffOnly, async (request, response) => {
      const id = await catalog.create(readNewProduct(request.body), callerId(response));
      const created = found(await catalog.find(id), 'product', id);
      response.status(201).location(`/products/${String(id)}`).json(presentProduct(created, rounding));
    });

  router
    .route('/:id')
    .get(async (request, response) => {
      const id = parseId(request.params.id);
      response.json(presentProduct(found(await catalog.find(id), 'product', id), rounding));
    })
    .patch(staffOnly, async (request, response) => {
      const id = parseId(request.params.id);
      const changes = readProductChanges(request.body);
      const changed = await catalog.change(id, changes, callerId(response));
      response.json(presentProduct(found(changed, 'product', id), rounding));
    })
    .delete(staffOnly, async (request, response) => {
      const id = parseId(request.params.id);
      found((await catalog.retire(id, callerId(response))) || undefined, 'product', id);
      response.status(204).end();
    });

  router.get('/:id/price', async (request, response) => {
    const id = parseId(request.params.id);
    response.json(presentPrice(found(await catalog.find(id), 'product', id), rounding));
  });

  return router;
}
