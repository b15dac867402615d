import { Router } from 'express';
import { readEmail, readObject, readString } from '../lib/helpers.ts';
import { issueToken } from '../middleware/auth.ts';
import { login, presentUser, register } from './customers.service.ts';

export const authRouter = Router();

authRouter.post('/register', async (request, response) => {
  const fields = readObject(request.body);
  const user = await register({
    email: readEmail(fields),
    name: readString(fields, 'name', { max: 100 }),
    password: readString(fields, 'password', { min: 8, max: 200 }),
  });
  response.status(201).json({ token: issueToken(user), user: presentUser(user) });
});

authRouter.post('/login', async (request, response) => {
  const fields = readObject(request.body);
  const user = await login(readEmail(fields), readString(fields, 'password', { max: 200 }));
  response.json({ token: issueToken(user), user: presentUser(user) });
});
