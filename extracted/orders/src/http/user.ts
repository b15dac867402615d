import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { type Caller, readToken } from '../acl/caller.ts';
import { forbidden, unauthorized } from './errors.ts';

/** Lets everybody with a valid token through and keeps the caller for the handlers behind it. */
export function requireUser(jwtSecret: string): RequestHandler {
  return (request, response, next) => {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw unauthorized('A bearer token is needed; get one from POST /auth/login');
    const caller = readToken(token, jwtSecret);
    if (caller === undefined) throw unauthorized('The token is not valid or has expired');
    response.locals['caller'] = caller;
    next();
  };
}

/** The caller that requireUser kept. Calling it on a route without is a bug. */
export function callerOf(response: Response): Caller {
  const caller = response.locals['caller'] as Caller | undefined;
  if (caller === undefined) throw new Error('callerOf() on a route without requireUser');
  return caller;
}

export function staffOnly(_request: Request, response: Response, next: NextFunction): void {
  if (!callerOf(response).staff) throw forbidden('This needs one of the roles: staff, admin');
  next();
}
