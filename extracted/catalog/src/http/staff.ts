import type { RequestHandler, Response } from 'express';
import { type Caller, readToken } from '../acl/caller.ts';
import { forbidden, unauthorized } from './errors.ts';

/** Lets staff through and keeps the caller for the handlers behind it. */
export function requireStaff(jwtSecret: string): RequestHandler {
  return (request, response, next) => {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw unauthorized('A bearer token is needed; get one from POST /auth/login');
    const caller = readToken(token, jwtSecret);
    if (caller === undefined) throw unauthorized('The token is not valid or has expired');
    if (!caller.staff) throw forbidden('This needs one of the roles: staff, admin');
    response.locals['caller'] = caller;
    next();
  };
}

/** The user id that goes into `updated_by`. Calling it on a route without requireStaff is a bug. */
export function callerId(response: Response): number {
  const caller = response.locals['caller'] as Caller | undefined;
  if (caller === undefined) throw new Error('callerId() on a route without requireStaff');
  return caller.userId;
}
