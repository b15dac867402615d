/**
 * Helpers. Started as three functions for the first sprint; now everybody imports it.
 *
 *   errors       HttpError and its factories
 *   input        reading unknown bodies, params and query strings; each throws a 400 that names the field
 *   money        integer cents, one rounding rule
 *   dates        UTC days
 *   text         slugs, LIKE patterns
 *   collections  groupBy and friends
 *   background   log, sleep, every
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

// ---------------------------------------------------------------- errors

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

export function badRequest(message: string): HttpError {
  return new HttpError(400, 'bad_request', message);
}

export function unauthorized(message: string): HttpError {
  return new HttpError(401, 'unauthorized', message);
}

export function forbidden(message: string): HttpError {
  return new HttpError(403, 'forbidden', message);
}

export function notFound(what: string, key: string | number): HttpError {
  return new HttpError(404, 'not_found', `There is no ${what} ${String(key)}`);
}

export function conflict(message: string, code = 'conflict'): HttpError {
  return new HttpError(409, code, message);
}

/** `found(await query.first(), 'order', id)`: the row, or a 404 that says what was looked for. */
export function found<Row>(row: Row, what: string, key: string | number): Exclude<Row, undefined> {
  if (row === undefined) throw notFound(what, key);
  return row as Exclude<Row, undefined>;
}

/** For updates and deletes that say how many rows, or whether any, they met. */
export function requireTouched(touched: number | boolean, what: string, key: string | number): void {
  if (Number(touched) === 0) throw notFound(what, key);
}

// ---------------------------------------------------------------- input

export type Fields = Record<string, unknown>;

/** A JSON object or a 400. Arrays, null and scalars are refused. */
export function readObject(value: unknown, name = 'body'): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest(`${name} must be a JSON object`);
  return value as Fields;
}

export function readArray(fields: Fields, name: string, limits: { min?: number; max?: number } = {}): unknown[] {
  const { min = 0, max = 100 } = limits;
  const value = fields[name];
  if (!Array.isArray(value)) throw badRequest(`${name} must be an array`);
  if (value.length < min || value.length > max) {
    throw badRequest(`${name} must have ${String(min)} to ${String(max)} entries`);
  }
  return value as unknown[];
}

export function readString(fields: Fields, name: string, limits: { min?: number; max?: number } = {}): string {
  const { min = 1, max = 500 } = limits;
  const value = fields[name];
  if (typeof value !== 'string') throw badRequest(`${name} must be a string`);
  const text = value.trim();
  if (text.length < min || text.length > max) {
    throw badRequest(`${name} must have ${String(min)} to ${String(max)} characters`);
  }
  // PostgreSQL cannot store it, and nobody types it.
  if (text.includes('\u0000')) throw badRequest(`${name} must not contain a null character`);
  return text;
}

export function readInteger(fields: Fields, name: string, limits: { min?: number; max?: number } = {}): number {
  const { min = 0, max = 2_147_483_647 } = limits;
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value)) throw badRequest(`${name} must be an integer`);
  if (value < min || value > max) throw badRequest(`${name} must be ${String(min)} to ${String(max)}`);
  return value;
}

export function readBoolean(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw badRequest(`${name} must be true or false`);
  return value;
}

/** An instant as ISO 8601 text, e.g. 2024-05-01T00:00:00Z. */
export function readDate(fields: Fields, name: string): Date {
  const value = fields[name];
  const date = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) ? new Date(value) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw badRequest(`${name} must be a date like 2024-05-01T00:00:00Z`);
  return date;
}

export function readEmail(fields: Fields, name = 'email'): string {
  const email = readString(fields, name, { max: 254 }).toLowerCase();
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) throw badRequest(`${name} must be an e-mail address`);
  return email;
}

export function readOneOf<const Choice extends string>(fields: Fields, name: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === fields[name]);
  if (choice === undefined) throw badRequest(`${name} must be one of ${choices.join(', ')}`);
  return choice;
}

/** `optional(fields, 'note', readString)`: undefined when the field is absent, else what the reader says. */
export function optional<Value>(fields: Fields, name: string, read: (fields: Fields, name: string) => Value): Value | undefined {
  return fields[name] === undefined ? undefined : read(fields, name);
}

/** Path and query parameters arrive as text (or arrays of it); a key is a positive integer. */
export function parseId(value: unknown, name = 'id'): number {
  const id = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : 0;
  if (id < 1) throw badRequest(`${name} must be a positive integer`);
  return id;
}

export interface Page {
  page: number;
  limit: number;
  offset: number;
}

const MAX_LIMIT = 100;
const MAX_PAGE = 1_000_000;

function parseCount(value: unknown, name: string, fallback: number, max: number): number {
  if (value === undefined) return fallback;
  const count = parseId(value, name);
  if (count > max) throw badRequest(`${name} must be at most ${String(max)}`);
  return count;
}

/** ?page=1&limit=20; pages start at 1, at most 100 rows each. */
export function parsePage(query: Fields): Page {
  const page = parseCount(query['page'], 'page', 1, MAX_PAGE);
  const limit = parseCount(query['limit'], 'limit', 20, MAX_LIMIT);
  return { page, limit, offset: (page - 1) * limit };
}

export function paged<Item>(items: Item[], total: number, page: Page): { items: Item[]; page: number; limit: number; total: number } {
  return { items, page: page.page, limit: page.limit, total };
}

/** A query-string filter: absent or empty is undefined, repeated is a 400. */
export function parseText(query: Fields, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  return readString(query, name, { max: 200 });
}

// ---------------------------------------------------------------- money

/**
 * Integer division rounded half-up to the whole cent: 0.5 goes up, 0.4999 goes down. Both arguments are integers and the amounts
 * are not negative, so no floating point is involved: floor((2n + d) / 2d).
 */
export function divideHalfUp(numerator: number, denominator: number): number {
  return Math.floor((2 * numerator + denominator) / (2 * denominator));
}

/** What remains of `cents` after `percent` off, half-up: 1990 at 15 % off is 1691.5, so 1692. */
export function afterPercentOff(cents: number, percent: number): number {
  return divideHalfUp(cents * (100 - percent), 100);
}

/** `percent` of `cents`, half-up: 20 % of 1692 is 338.4, so 338. */
export function percentOf(cents: number, percent: number): number {
  return divideHalfUp(cents * percent, 100);
}

export function formatMoney(cents: number, currency = 'EUR'): string {
  const sign = cents < 0 ? '-' : '';
  const absolute = Math.abs(cents);
  return `${sign}${String(Math.floor(absolute / 100))}.${String(absolute % 100).padStart(2, '0')} ${currency}`;
}

// ---------------------------------------------------------------- dates

const DAY_MS = 86_400_000;

export function startOfDay(date: Date): Date {
  return new Date(Math.floor(date.getTime() / DAY_MS) * DAY_MS);
}

export function addDays(date: Date, days: number): Date {
  return new Date(date.getTime() + days * DAY_MS);
}

/** The UTC calendar day, 'YYYY-MM-DD'. */
export function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** A 'YYYY-MM-DD' query parameter, or the fallback when it is absent. */
export function parseDay(query: Fields, name: string, fallback: Date): string {
  const value = query[name];
  if (value === undefined) return isoDay(fallback);
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)) {
    const date = new Date(`${value}T00:00:00Z`);
    // new Date() lets 2024-02-30 roll over into March; a caller who typed it made a mistake.
    if (!Number.isNaN(date.getTime()) && isoDay(date) === value) return value;
  }
  throw badRequest(`${name} must be a day like 2024-05-01`);
}

// ---------------------------------------------------------------- text

/** 'Garden & Patio' → 'garden-patio'. Empty when nothing usable remains. */
export function slugify(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

/** A LIKE pattern that finds `text` anywhere, with its own % and _ taken literally. */
export function containsPattern(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}

export function truncate(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** 'PAY-5f0c…': short, random, safe in a URL. */
export function randomReference(prefix: string): string {
  return `${prefix}-${randomBytes(9).toString('hex').toUpperCase()}`;
}

// ---------------------------------------------------------------- collections

export function sumOf<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

export function keyBy<Item, Key>(items: readonly Item[], key: (item: Item) => Key): Map<Key, Item> {
  return new Map(items.map((item) => [key(item), item]));
}

export function groupBy<Item, Key>(items: readonly Item[], key: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

// ---------------------------------------------------------------- background

export type LogLevel = 'info' | 'warn' | 'error';

/** One line of JSON on stderr; stdout is kept for the listening line. */
export function log(level: LogLevel, event: string, fields: Fields = {}): void {
  process.stderr.write(`${JSON.stringify({ level, event, ...fields })}\n`);
}

export interface Repeating {
  stop(): Promise<void>;
}

/** Run `work` every `intervalMs`, never twice at once; a failure is logged and the next turn still comes. */
export function every(intervalMs: number, name: string, work: () => Promise<void>): Repeating {
  const abort = new AbortController();
  const pause = (): Promise<boolean> =>
    delay(intervalMs, true, { signal: abort.signal, ref: false }).catch(() => false);
  const loop = async (): Promise<void> => {
    while (await pause()) {
      await work().catch((error: unknown) => {
        log('error', 'job_failed', { job: name, error: String(error) });
      });
    }
  };
  const running = loop();
  return {
    stop: async () => {
      abort.abort();
      await running;
    },
  };
}
