import { db } from '../db/index.ts';
import type { ReviewRow } from '../db/rows.ts';
import { conflict, forbidden, found, type Page, paged } from '../lib/helpers.ts';
import { type CurrentUser, isStaff } from '../middleware/auth.ts';

interface ReviewRecord extends ReviewRow {
  author: string;
  verified: boolean;
}

function present(record: ReviewRecord) {
  return {
    id: record.id,
    productId: record.product_id,
    author: record.author,
    rating: record.rating,
    title: record.title,
    body: record.body,
    verifiedPurchase: record.verified,
    createdAt: record.created_at,
  };
}

/** Somebody who has bought the product and kept it. */
const VERIFIED = `exists (
  select 1 from orders o join order_items oi on oi.order_id = o.id
  where o.user_id = r.user_id and oi.product_id = r.product_id and o.status <> 'cancelled'
) as verified`;

function reviewsWithAuthors() {
  return db('reviews as r').join('users as u', 'u.id', 'r.user_id').select<ReviewRecord[]>('r.*', 'u.name as author', db.raw(VERIFIED));
}

async function requireProduct(productId: number): Promise<void> {
  found(await db('products').where({ id: productId, active: true }).first('id'), 'product', productId);
}

export async function reviewsOf(productId: number, page: Page) {
  await requireProduct(productId);
  const [counted] = await db('reviews').where({ product_id: productId }).count<{ total: number }[]>({ total: '*' });
  const records = await reviewsWithAuthors().where('r.product_id', productId).orderBy('r.id', 'desc').limit(page.limit).offset(page.offset);
  return paged(records.map(present), counted?.total ?? 0, page);
}

export async function writeReview(user: CurrentUser, review: Pick<ReviewRow, 'product_id' | 'rating' | 'title' | 'body'>) {
  await requireProduct(review.product_id);
  const [row] = await db('reviews')
    .insert({ ...review, user_id: user.id })
    .onConflict(['product_id', 'user_id'])
    .ignore()
    .returning('id');
  if (row === undefined) throw conflict('You have reviewed this product already');
  const [record] = await reviewsWithAuthors().where('r.id', row.id);
  return present(found(record, 'review', row.id));
}

/** Authors take back their own reviews; staff remove any. */
export async function removeReview(user: CurrentUser, id: number): Promise<void> {
  const review = found(await db('reviews').where({ id }).first(), 'review', id);
  if (review.user_id !== user.id && !isStaff(user)) throw forbidden('Only its author or staff may remove a review');
  await db('reviews').where({ id }).delete();
}
