import { Router } from 'express';
import { db } from '../db/index.ts';
import type { PriceRuleRow } from '../db/rows.ts';
import { T } from '../db/tables.ts';
import { badRequest, type Fields, found, optional, paged, parseId, parsePage, readBoolean, readDate, readInteger, readObject, requireTouched } from '../lib/helpers.ts';
import { requireStaff } from '../middleware/auth.ts';

export const priceRulesRouter = Router();
priceRulesRouter.use(requireStaff);

interface PriceRuleRecord extends PriceRuleRow {
  target: string;
}

function present(rule: PriceRuleRow) {
  return {
    id: rule.id,
    categoryId: rule.category_id,
    productId: rule.product_id,
    percentOff: rule.percent_off,
    startsAt: rule.starts_at,
    endsAt: rule.ends_at,
    active: rule.active,
  };
}

const readKey = (fields: Fields, name: string): number => readInteger(fields, name, { min: 1 });
const readPercent = (fields: Fields, name: string): number => readInteger(fields, name, { min: 1, max: 90 });

function readNewRule(body: unknown): Omit<PriceRuleRow, 'id'> {
  const fields = readObject(body);
  const categoryId = optional(fields, 'categoryId', readKey) ?? null;
  const productId = optional(fields, 'productId', readKey) ?? null;
  if ((categoryId === null) === (productId === null)) throw badRequest('Give either categoryId or productId');
  const starts = optional(fields, 'startsAt', readDate) ?? new Date();
  const ends = optional(fields, 'endsAt', readDate) ?? null;
  if (ends !== null && ends <= starts) throw badRequest('endsAt must be after startsAt');
  return {
    category_id: categoryId,
    product_id: productId,
    percent_off: readPercent(fields, 'percentOff'),
    starts_at: starts,
    ends_at: ends,
    active: optional(fields, 'active', readBoolean) ?? true,
  };
}

priceRulesRouter
  .route('/')
  .get(async (request, response) => {
    const page = parsePage(request.query);
    const [counted] = await db(T.priceRules).count<{ total: number }[]>({ total: '*' });
    const rules = await db('price_rules as r')
      .leftJoin('products as p', 'p.id', 'r.product_id')
      .leftJoin('categories as c', 'c.id', 'r.category_id')
      .select<PriceRuleRecord[]>('r.*', db.raw('coalesce(p.name, c.name) as target'))
      .orderBy('r.id')
      .limit(page.limit)
      .offset(page.offset);
    const items = rules.map((rule) => ({ ...present(rule), target: rule.target }));
    response.json(paged(items, counted?.total ?? 0, page));
  })
  .post(async (request, response) => {
    const [rule] = await db(T.priceRules).insert(readNewRule(request.body)).returning('*');
    response.status(201).json(present(found(rule, 'price rule', 'new')));
  });

priceRulesRouter
  .route('/:id')
  .patch(async (request, response) => {
    const id = parseId(request.params.id);
    const fields = readObject(request.body);
    const percentOff = optional(fields, 'percentOff', readPercent);
    const active = optional(fields, 'active', readBoolean);
    if (percentOff === undefined && active === undefined) throw badRequest('body must have percentOff or active');
    const [rule] = await db(T.priceRules)
      .where({ id })
      .update({ ...(percentOff === undefined ? {} : { percent_off: percentOff }), ...(active === undefined ? {} : { active }) })
      .returning('*');
    response.json(present(found(rule, 'price rule', id)));
  })
  .delete(async (request, response) => {
    const id = parseId(request.params.id);
    requireTouched(await db(T.priceRules).where({ id }).delete(), 'price rule', id);
    response.status(204).end();
  });
