import { Router } from 'express';
import { parseId, parsePage, readObject, readString } from '../lib/helpers.ts';
import { currentUser, requireStaff, requireUser } from '../middleware/auth.ts';
import { changeName, getCustomer, listCustomers } from './customers.service.ts';

export const customersRouter = Router();

// Before '/:id', or 'me' would be read as an id.
customersRouter
  .route('/me')
  .all(requireUser)
  .get(async (_request, response) => {
    response.json(await getCustomer(currentUser(response).id));
  })
  .patch(async (request, response) => {
    const name = readString(readObject(request.body), 'name', { max: 100 });
    response.json(await changeName(currentUser(response).id, name));
  });

customersRouter.get('/', requireStaff, async (request, response) => {
  response.json(await listCustomers(parsePage(request.query)));
});

customersRouter.get('/:id', requireStaff, async (request, response) => {
  response.json(await getCustomer(parseId(request.params['id'])));
});
