import { isUtf8 } from 'node:buffer';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject { readonly [key: string]: Json }

export const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A type guard that also holds for readonly arrays, which `Array.isArray` forgets. */
export const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Deeper values are compared as text: walking them is what recursion is not for, and no API means them. */
const MAX_DEPTH = 100;

/**
 * Two bodies as text in which different bytes stay different. Bytes that are no UTF-8 would all decode to one replacement character,
 * and two different pictures would compare as equal; Latin-1 keeps each of them. Both are read alike, or one's bytes could meet their look-alikes.
 */
export function bodyTexts(a: Buffer, b: Buffer): [string, string] {
  const encoding = isUtf8(a) && isUtf8(b) ? 'utf8' : 'latin1';
  return [a.toString(encoding), b.toString(encoding)];
}

/**
 * Parses a body; `undefined` when it is not JSON, or nested beyond reason. Numbers that a double cannot hold keep their digits (as `"…n"`
 * strings), so that two ids that differ in the last digit do differ. Of a key given twice the last value counts, as everywhere in JavaScript.
 */
export function parseJson(text: string): Json | undefined {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text, MAYBE_INEXACT.test(text) ? keepDigits : undefined) as Json;
  } catch {
    return undefined;
  }
}

/** Sixteen digits or more, or an exponent beyond nine: only then is a closer look, which makes parsing slow, worth it. */
const MAYBE_INEXACT = /[\d.]{16,}|[eE][+-]?\d{2,}/;

interface Source { readonly source?: string }

const keepDigits = (_key: string, value: unknown, context?: Source): unknown => typeof value === 'number' && context?.source !== undefined ? exactNumber(value, context.source) : value;

function exactNumber(value: number, source: string): number | string {
  const { sign = '', whole = '', fraction = '', exponent = '0' } = NUMBER.exec(source)?.groups ?? {};
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (holds(value, significant)) return value;
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}${power >= 0 && power < 20 ? '0'.repeat(power) : `e${String(power)}`}n`;
}

const NUMBER = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<exponent>[+-]?\d+))?$/;

/** Fifteen significant digits always survive in a double, and seventeen say all that one can hold; an integer must be a safe one. */
function holds(value: number, significant: string): boolean {
  if (!Number.isFinite(value) || (value === 0 && significant !== '')) return false;
  return significant.length <= (Math.abs(value) <= Number.MAX_SAFE_INTEGER ? 17 : 15);
}

/** A look at the brackets outside of strings, without building anything. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i);
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth -= 1;
  }
  return false;
}

const [QUOTE, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5b, 0x5d, 0x7b, 0x7d];

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes += 1;
  return slashes % 2 === 1;
}

/** One text per value, whatever the order of its keys. */
export function canonical(value: Json): string {
  if (isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (isObject(value)) return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`;
  return JSON.stringify(value);
}
