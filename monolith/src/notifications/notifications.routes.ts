import { Router } from 'express';
import { db } from '../db/index.ts';
import type { NotificationRow } from '../db/rows.ts';
import { T } from '../db/tables.ts';
import { found, paged, parseId, parsePage } from '../lib/helpers.ts';
import { currentUser, requireUser } from '../middleware/auth.ts';

export const notificationsRouter = Router();
notificationsRouter.use(requireUser);

function present(row: NotificationRow) {
  const { id, kind, message } = row;
  return { id, kind, message, orderId: row.order_id, createdAt: row.created_at, readAt: row.read_at };
}

notificationsRouter.get('/', async (request, response) => {
  const page = parsePage(request.query);
  const mine = () => db(T.notifications).where({ user_id: currentUser(response).id });
  const [counted] = await mine().count<{ total: number }[]>({ total: '*' });
  const rows = await mine().orderBy('id', 'desc').limit(page.limit).offset(page.offset);
  response.json(paged(rows.map(present), counted?.total ?? 0, page));
});

notificationsRouter.post('/:id/read', async (request, response) => {
  const id = parseId(request.params.id);
  const [row] = await db(T.notifications)
    .where({ id, user_id: currentUser(response).id })
    .update({ read_at: db.raw('coalesce(read_at, now())') as unknown as Date })
    .returning('*');
  response.json(present(found(row, 'notification', id)));
});
