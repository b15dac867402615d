import { Router } from 'express';
import { optional, parseId, parsePage, readInteger, readObject, readString } from '../lib/helpers.ts';
import { requireStaff } from '../middleware/auth.ts';
import { lowStock } from './low-stock.ts';
import { adjustStock, countStock, getStock, listStock } from './stock.ts';

const DEFAULT_THRESHOLD = 10;
const MAX_UNITS = 1_000_000;

export const inventoryRouter = Router();
inventoryRouter.use(requireStaff);

inventoryRouter.get('/', async (request, response) => {
  response.json(await listStock(parsePage(request.query)));
});

inventoryRouter.get('/low', async (request, response) => {
  const { threshold } = request.query;
  const items = await lowStock(threshold === undefined ? DEFAULT_THRESHOLD : parseId(threshold, 'threshold'), 100);
  response.json({ items });
});

inventoryRouter
  .route('/:productId')
  .get(async (request, response) => {
    response.json(await getStock(parseId(request.params.productId, 'productId')));
  })
  .put(async (request, response) => {
    const fields = readObject(request.body);
    const warehouse = optional(fields, 'warehouse', (from, name) => readString(from, name, { max: 40 })) ?? 'main';
    const onHand = readInteger(fields, 'onHand', { max: MAX_UNITS });
    response.json(await countStock(parseId(request.params.productId, 'productId'), onHand, warehouse));
  });

inventoryRouter.post('/:productId/adjust', async (request, response) => {
  const change = readInteger(readObject(request.body), 'change', { min: -MAX_UNITS, max: MAX_UNITS });
  response.json(await adjustStock(parseId(request.params.productId, 'productId'), change));
});
