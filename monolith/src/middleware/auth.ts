import type { NextFunction, Request, RequestHandler, Response } from 'express';
import jwt from 'jsonwebtoken';
import { db } from '../db/index.ts';
import type { Role, UserRow } from '../db/rows.ts';
import { forbidden, unauthorized } from '../lib/helpers.ts';

export type CurrentUser = Pick<UserRow, 'id' | 'email' | 'name' | 'role'>;

const TOKEN_HOURS = 12;

function secret(): string {
  const value = process.env['JWT_SECRET'];
  if (value === undefined || value === '') throw new Error('JWT_SECRET is missing');
  return value;
}

/** A bearer token (HS256, 12 hours). Claims: sub = user id as a string, email, role. */
export function issueToken(user: CurrentUser): string {
  return jwt.sign({ email: user.email, role: user.role }, secret(), {
    algorithm: 'HS256',
    subject: String(user.id),
    expiresIn: TOKEN_HOURS * 3_600,
  });
}

function readToken(header: string | undefined): number {
  const token = /^Bearer (\S+)$/i.exec(header ?? '')?.[1];
  if (token === undefined) throw unauthorized('A bearer token is needed; get one from POST /auth/login');
  try {
    const claims = jwt.verify(token, secret(), { algorithms: ['HS256'] });
    const id = typeof claims === 'string' ? Number.NaN : Number(claims.sub);
    if (Number.isSafeInteger(id)) return id;
  } catch {
    // A forged, expired or malformed token gets the same answer as one with a strange subject.
  }
  throw unauthorized('The token is not valid or has expired');
}

/** The caller as the users table knows him today: a token outlives a deleted account or a lost role. */
async function loadUser(request: Request): Promise<CurrentUser> {
  const id = readToken(request.headers.authorization);
  const user = await db('users').where({ id }).first('id', 'email', 'name', 'role');
  if (user === undefined) throw unauthorized('The account of this token no longer exists');
  return user;
}

export async function requireUser(request: Request, response: Response, next: NextFunction): Promise<void> {
  response.locals['user'] = await loadUser(request);
  next();
}

export function requireRole(...roles: Role[]): RequestHandler {
  return async (request, response, next) => {
    const user = await loadUser(request);
    if (!roles.includes(user.role)) throw forbidden(`This needs one of the roles: ${roles.join(', ')}`);
    response.locals['user'] = user;
    next();
  };
}

export const requireStaff = requireRole('staff', 'admin');
export const requireAdmin = requireRole('admin');

export function isStaff(user: CurrentUser): boolean {
  return user.role !== 'customer';
}

/** The user that `requireUser` or `requireRole` found. Calling it on a route without either is a bug. */
export function currentUser(response: Response): CurrentUser {
  const user = response.locals['user'] as CurrentUser | undefined;
  if (user === undefined) throw new Error('currentUser() on a route without requireUser');
  return user;
}
