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

/** PostgreSQL's verdicts that are the caller's doing, by SQLSTATE. */
const FROM_DATABASE: Readonly<Record<string, readonly [number, string, string]>> = {
  23505: [409, 'conflict', 'Something with the same unique value exists already'],
  23503: [409, 'conflict', 'Something this refers to does not exist'],
  23514: [409, 'conflict', 'The change would break a rule of the data'],
  22003: [400, 'bad_request', 'A number is too large'],
};

/** body-parser's errors say whether their text may be shown. */
function fromBodyParser(error: { status?: unknown; expose?: unknown; message: string }): HttpError | undefined {
  if (typeof error.status !== 'number' || error.expose !== true) return undefined;
  return new HttpError(error.status, error.status === 413 ? 'too_large' : 'bad_request', error.message);
}

export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof Error) {
    const { code } = error as Error & { code?: unknown };
    const verdict = typeof code === 'string' ? FROM_DATABASE[code] : undefined;
    const translated = verdict === undefined ? fromBodyParser(error) : new HttpError(...verdict);
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
