import { Router } from 'express';
import { optional, parseId, parsePage, readInteger, readObject, readString } from '../lib/helpers.ts';
import { requireStaff } from '../middleware/auth.ts';
import { createCategory, getCategories, getCategoryProducts } from './catalog.service.ts';

export const categoriesRouter = Router();

categoriesRouter.get('/', async (_request, response) => {
  response.json(await getCategories());
});

categoriesRouter.get('/:id/products', async (request, response) => {
  response.json(await getCategoryProducts(parseId(request.params.id), parsePage(request.query)));
});

categoriesRouter.post('/', requireStaff, async (request, response) => {
  const fields = readObject(request.body);
  const parentId = optional(fields, 'parentId', (from, name) => readInteger(from, name, { min: 1 }));
  const category = await createCategory(readString(fields, 'name', { max: 100 }), parentId);
  response.status(201).json(category);
});
