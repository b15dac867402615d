import type { NextFunction, Request, Response } from 'express';

/** An answer that is not a success. Status, code and message are part of the API: they equal the monolith's to the letter. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const badRequest = (message: string): HttpError => new HttpError(400, 'bad_request', message);
export const unauthorized = (message: string): HttpError => new HttpError(401, 'unauthorized', message);
export const forbidden = (message: string): HttpError => new HttpError(403, 'forbidden', message);

/** The thing, or a 404 that says what was looked for. */
export function found<Thing>(thing: Thing | undefined, what: string, key: number): Thing {
  if (thing === undefined) throw new HttpError(404, 'not_found', `There is no ${what} ${String(key)}`);
  return thing;
}

const NO_DATABASE = new HttpError(503, 'unavailable', 'The database does not answer; try again in a moment');

/** What a caller can provoke in PostgreSQL (by SQLSTATE), and what passes by itself; everything else is our fault. */
const EXPECTED: Readonly<Record<string, HttpError>> = {
  '23505': new HttpError(409, 'conflict', 'Something with the same unique value exists already'),
  '23503': new HttpError(409, 'conflict', 'Something this refers to does not exist'),
  '23514': new HttpError(409, 'conflict', 'The change would break a rule of the data'),
  '22003': new HttpError(400, 'bad_request', 'A number is too large'),
  '22008': new HttpError(400, 'bad_request', 'A date is out of range'),
  '22021': new HttpError(400, 'bad_request', 'A text has characters that cannot be stored'),
  '53300': NO_DATABASE, // too many connections
  '57P01': NO_DATABASE, // shut down while we were connected
  '57P02': NO_DATABASE, // another backend crashed
  '57P03': NO_DATABASE, // still starting
  ECONNREFUSED: NO_DATABASE,
  ECONNRESET: NO_DATABASE,
};

/** pg and knex give no code when a connection breaks in the middle of a query or none becomes free in time. */
function fromConnection(error: Error): HttpError | undefined {
  const lost = error.name === 'KnexTimeoutError' || /Connection (terminated|ended) unexpectedly/.test(error.message);
  return lost ? NO_DATABASE : undefined;
}

/** Errors of express itself and of its body parser: broken JSON, a body too large, a path that does not decode. */
function fromExpress(error: Error & { status?: unknown }): HttpError | undefined {
  const { status } = error;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return new HttpError(status, status === 413 ? 'too_large' : 'bad_request', error.message);
}

export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof Error) {
    const { code } = error as Error & { code?: unknown };
    const translated = (typeof code === 'string' ? EXPECTED[code] : undefined) ?? fromConnection(error) ?? fromExpress(error);
    if (translated !== undefined) return translated;
  }
  return new HttpError(500, 'internal', 'Something went wrong on our side');
}

export function unknownRoute(request: Request): void {
  throw new HttpError(404, 'not_found', `No ${request.method} ${request.path} here`);
}

/** Turns whatever was thrown into the one error shape; `report` hears of what nobody expected. */
export function errorHandler(report: (error: unknown) => void) {
  // Express tells error handlers from others by their four parameters, so `next` must stay.
  return (error: unknown, _request: Request, response: Response, next: NextFunction): void => {
    const { status, code, message } = toHttpError(error);
    if (status === 500) report(error);
    if (response.headersSent) {
      next(error);
      return;
    }
    response.status(status).json({ error: { code, message } });
  };
}
