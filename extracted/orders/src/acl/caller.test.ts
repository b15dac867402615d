import { describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { readToken } from './caller.ts';

const SECRET = 'a kettle, a lemon and a long walk';
const sign = (claims: object, options: jwt.SignOptions = {}, secret = SECRET): string =>
  jwt.sign(claims, secret, { algorithm: 'HS256', subject: '2', expiresIn: 60, ...options });

describe("the monolith's token", () => {
  test.each([['staff', true], ['admin', true], ['customer', false]])('of a %s: staff is %s', (role, staff) => {
    expect(readToken(sign({ role }), SECRET)).toEqual({ userId: 2, staff });
  });

  test.each([
    ['signed with another secret', sign({ role: 'admin' }, {}, 'somebody else')],
    ['expired', sign({ role: 'admin' }, { expiresIn: -1 })],
    ['without a known role', sign({ role: 'root' })],
    ['whose subject is not a user id', sign({ role: 'admin' }, { subject: 'cron' })],
    ['signed with another algorithm', sign({ role: 'admin' }, { algorithm: 'HS512' })],
    ['that is unsigned', jwt.sign({ role: 'admin', sub: '2' }, '', { algorithm: 'none' })],
    ['that is no token at all', 'tea'],
  ])('%s is refused', (_what, token) => {
    expect(readToken(token, SECRET)).toBeUndefined();
  });
});
