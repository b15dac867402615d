import { badRequest } from './errors.ts';

/** Unknown JSON or query parameters in, values out; each reader throws a 400 that names the field. */
export type Fields = Record<string, unknown>;

export function readObject(value: unknown, name = 'body'): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest(`${name} must be a JSON object`);
  return value as Fields;
}

/** Trimmed text; lengths in UTF-16 units. */
export function readString(fields: Fields, name: string, limits: { min?: number; max: number }): string {
  const { min = 1, max } = limits;
  const value = fields[name];
  if (typeof value !== 'string') throw badRequest(`${name} must be a string`);
  const text = value.trim();
  if (text.length < min || text.length > max) throw badRequest(`${name} must have ${String(min)} to ${String(max)} characters`);
  // PostgreSQL cannot store it, and nobody types it.
  if (text.includes('\u0000')) throw badRequest(`${name} must not contain a null character`);
  return text;
}

export function readInteger(fields: Fields, name: string, limits: { min?: number; max?: number }): number {
  const { min = 0, max = 2_147_483_647 } = limits;
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value)) throw badRequest(`${name} must be an integer`);
  if (value < min || value > max) throw badRequest(`${name} must be ${String(min)} to ${String(max)}`);
  return value;
}

/** Undefined when the field is absent, else what the reader says. */
export function optional<Value>(fields: Fields, name: string, read: (fields: Fields) => Value): Value | undefined {
  return fields[name] === undefined ? undefined : read(fields);
}

/** Path and query parameters arrive as text (or arrays of it); a key is a positive integer. */
export function parseId(value: unknown, name = 'id'): number {
  const id = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : 0;
  if (id < 1) throw badRequest(`${name} must be a positive integer`);
  return id;
}

export interface Page {
  /** From 1. */
  readonly page: number;
  readonly limit: number;
  readonly offset: number;
}

function parseCount(value: unknown, name: string, fallback: number, max: number): number {
  if (value === undefined) return fallback;
  const count = parseId(value, name);
  if (count > max) throw badRequest(`${name} must be at most ${String(max)}`);
  return count;
}

/** ?page=1&limit=20, at most 100 rows each. */
export function parsePage(query: Fields): Page {
  const page = parseCount(query['page'], 'page', 1, 1_000_000);
  const limit = parseCount(query['limit'], 'limit', 20, 100);
  return { page, limit, offset: (page - 1) * limit };
}

/** One of the known words; anything else is a 400 that lists them. */
export function readOneOf<const Choice extends string>(fields: Fields, name: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === fields[name]);
  if (choice === undefined) throw badRequest(`${name} must be one of ${choices.join(', ')}`);
  return choice;
}

export function readArray(fields: Fields, name: string, limits: { min: number; max: number }): unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw badRequest(`${name} must be an array`);
  if (value.length < limits.min || value.length > limits.max) {
    throw badRequest(`${name} must have ${String(limits.min)} to ${String(limits.max)} entries`);
  }
  return value as unknown[];
}
