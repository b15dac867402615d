import { type RequestHandler, Router } from 'express';
import type { Catalog } from '../catalog.ts';
import type { Rounding } from '../domain/price.ts';
import { slugify } from '../domain/product.ts';
import { badRequest, found } from './errors.ts';
import { optional, parseId, parsePage, readInteger, readObject, readString } from './fields.ts';
import { presentCategories, presentCategory, presentListing } from './present.ts';
import { callerId } from './staff.ts';

function readNewCategory(body: unknown): { name: string; slug: string; parentId: number | null } {
  const fields = readObject(body);
  const parentId = optional(fields, 'parentId', (from) => readInteger(from, 'parentId', { min: 1 })) ?? null;
  const name = readString(fields, 'name', { max: 100 });
  const slug = slugify(name);
  if (slug === '') throw badRequest('name must contain a letter or a digit');
  return { name, slug, parentId };
}

export function categoriesRouter(catalog: Catalog, staffOnly: RequestHandler, rounding: Rounding): Router {
  const router = Router();

  router.get('/', async (_request, response) => {
    response.json(presentCategories(await catalog.categories()));
  });

  router.get('/:id/products', async (request, response) => {
    const categoryId = parseId(request.params.id);
    const page = parsePage(request.query);
    found((await catalog.hasCategory(categoryId)) || undefined, 'category', categoryId);
    response.json(presentListing(await catalog.list({ categoryId }, page), page, rounding));
  });

  router.post('/', staffOnly, async (request, response) => {
    const category = await catalog.createCategory(readNewCategory(request.body), callerId(response));
    response.status(201).json(presentCategory(category));
  });

  return router;
}
