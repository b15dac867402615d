import { Router } from 'express';
import { optional, parseId, parsePage, readInteger, readObject, readString } from '../lib/helpers.ts';
import { currentUser, requireUser } from '../middleware/auth.ts';
import { removeReview, reviewsOf, writeReview } from './reviews.ts';

/** Mounted under /products/:productId/reviews. */
export const productReviewsRouter = Router({ mergeParams: true });

const productOf = (params: object): number => parseId((params as { productId?: string }).productId, 'productId');

productReviewsRouter
  .route('/')
  .get(async (request, response) => {
    response.json(await reviewsOf(productOf(request.params), parsePage(request.query)));
  })
  .post(requireUser, async (request, response) => {
    const fields = readObject(request.body);
    const review = await writeReview(currentUser(response), {
      product_id: productOf(request.params),
      rating: readInteger(fields, 'rating', { min: 1, max: 5 }),
      title: readString(fields, 'title', { max: 120 }),
      body: optional(fields, 'body', (from, name) => readString(from, name, { min: 0, max: 5_000 })) ?? '',
    });
    response.status(201).json(review);
  });

/** Mounted under /api/reviews. */
export const reviewsRouter = Router();

reviewsRouter.delete('/:id', requireUser, async (request, response) => {
  await removeReview(currentUser(response), parseId(request.params['id']));
  response.status(204).end();
});
