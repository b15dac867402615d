import { Router, type Request, type Response } from 'express';
import { BookStore } from '../shared/stores';
import type { Deps } from '../orders';
import { wrap } from '#shared/wrap';

export function createCatalogRouter({ db }: Deps): Router {
  const router = Router();
  const books = new BookStore(db);
  async function list(_req: Request, res: Response): Promise<void> { res.json(await books.withAuthors()); }
  router.route('/books').get(wrap(list)).post(wrap(async (req, res) => { await books.insert(req.body); res.end(); }));
  for (const kind of ['new', 'used']) router.get(`/books/${kind}`, list);
  router.delete(['/books/:id', '/titles/:id'], async (req, res) => { await books.remove(req.params.id); res.end(); });
  return router;
}
