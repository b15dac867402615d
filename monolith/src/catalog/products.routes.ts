import { Router } from 'express';
import { parseId, parsePage } from '../lib/helpers.ts';
import { currentUser, requireStaff } from '../middleware/auth.ts';
import { changeProduct, createProduct, getPrice, getProduct, getProducts, retireProduct } from './catalog.service.ts';
import { readNewProduct, readProductChanges, readProductFilter } from './product.input.ts';

export const productsRouter = Router();

productsRouter
  .route('/')
  .get(async (request, response) => {
    response.json(await getProducts(readProductFilter(request.query), parsePage(request.query)));
  })
  .post(requireStaff, async (request, response) => {
    const product = await createProduct(readNewProduct(request.body), currentUser(response).id);
    response.status(201).location(`/products/${String(product.id)}`).json(product);
  });

productsRouter
  .route('/:id')
  .get(async (request, response) => {
    response.json(await getProduct(parseId(request.params.id)));
  })
  .patch(requireStaff, async (request, response) => {
    const id = parseId(request.params.id);
    response.json(await changeProduct(id, readProductChanges(request.body), currentUser(response).id));
  })
  .delete(requireStaff, async (request, response) => {
    await retireProduct(parseId(request.params.id), currentUser(response).id);
    response.status(204).end();
  });

productsRouter.get('/:id/price', async (request, response) => {
  response.json(await getPrice(parseId(request.params.id)));
});
