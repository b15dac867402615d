import { Router } from 'express';
import { db } from '../db/index.ts';
import { badRequest, type Fields, found, optional, paged, parseId, parsePage, readBoolean, readDate, readInteger, readObject, readString } from '../lib/helpers.ts';
import { requireStaff } from '../middleware/auth.ts';
import { checkCode, presentPromotion } from './promotions.ts';

export const promotionsRouter = Router();

function readCode(fields: Fields): string {
  const code = readString(fields, 'code', { min: 3, max: 30 }).toUpperCase();
  if (!/^[A-Z0-9]+$/.test(code)) throw badRequest('code may contain letters and digits only');
  return code;
}

promotionsRouter.get('/', requireStaff, async (request, response) => {
  const page = parsePage(request.query);
  const [counted] = await db('promotions').count<{ total: number }[]>({ total: '*' });
  const rows = await db('promotions').orderBy('id').limit(page.limit).offset(page.offset);
  response.json(paged(rows.map(presentPromotion), counted?.total ?? 0, page));
});

promotionsRouter.post('/', requireStaff, async (request, response) => {
  const fields = readObject(request.body);
  const [row] = await db('promotions')
    .insert({
      code: readCode(fields),
      percent_off: readInteger(fields, 'percentOff', { min: 1, max: 90 }),
      max_uses: readInteger(fields, 'maxUses', { min: 1 }),
      expires_at: optional(fields, 'expiresAt', readDate) ?? null,
    })
    .returning('*');
  response.status(201).json(presentPromotion(found(row, 'promotion', 'new')));
});

promotionsRouter.patch('/:id', requireStaff, async (request, response) => {
  const id = parseId(request.params['id']);
  const active = readBoolean(readObject(request.body), 'active');
  const [row] = await db('promotions').where({ id }).update({ active }).returning('*');
  response.json(presentPromotion(found(row, 'promotion', id)));
});

promotionsRouter.get('/:code/check', async (request, response) => {
  response.json(await checkCode(request.params.code));
});
