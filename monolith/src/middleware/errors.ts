import type { NextFunction, Request, Response } from 'express';
import { HttpError, log } from '../lib/helpers.ts';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';
const CHECK_VIOLATION = '23514';
const INTEGER_OUT_OF_RANGE = '22003';

function fromDatabase(code: string): HttpError | undefined {
  switch (code) {
    case UNIQUE_VIOLATION:
      return new HttpError(409, 'conflict', 'Something with the same unique value exists already');
    case FOREIGN_KEY_VIOLATION:
      return new HttpError(409, 'conflict', 'Something this refers to does not exist');
    case CHECK_VIOLATION:
      return new HttpError(409, 'conflict', 'The change would break a rule of the data');
    case INTEGER_OUT_OF_RANGE:
      return new HttpError(400, 'bad_request', 'A number is too large');
    default:
      return undefined;
  }
}

function fromBodyParser(error: Error & { status?: unknown; expose?: unknown }): HttpError | undefined {
  if (typeof error.status !== 'number' || error.expose !== true) return undefined;
  return new HttpError(error.status, error.status === 413 ? 'too_large' : 'bad_request', error.message);
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof Error) {
    const code = (error as Error & { code?: unknown }).code;
    const known = typeof code === 'string' ? fromDatabase(code) : undefined;
    const translated = known ?? fromBodyParser(error);
    if (translated !== undefined) return translated;
  }
  log('error', 'unhandled', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return new HttpError(500, 'internal', 'Something went wrong on our side');
}

export function unknownRoute(request: Request): void {
  throw new HttpError(404, 'not_found', `No ${request.method} ${request.path} here`);
}

/** Express tells error handlers from others by their four parameters, so `next` must stay. */
export function handleError(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  const { status, code, message } = toHttpError(error);
  if (response.headersSent) {
    next(error);
    return;
  }
  response.status(status).json({ error: { code, message } });
}
