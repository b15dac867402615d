export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject { readonly [key: string]: Json }

export const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A type guard that also holds for readonly arrays, which `Array.isArray` forgets. */
export const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

interface Source { readonly source?: string }

/**
 * Parses a body; `undefined` when it is not JSON. Integers too large for a double keep their digits (as `"…n"` strings), so that two ids that
 * differ in the last digit do differ.
 */
export function parseJson(text: string): Json | undefined {
  try {
    const exact = /\d{16,}/.test(text) ? keepDigits : undefined;
    return JSON.parse(text, exact) as Json;
  } catch {
    return undefined;
  }
}

const keepDigits = (_key: string, value: unknown, context?: Source): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? `${context?.source ?? ''}n` : value;

/** One text per value, whatever the order of its keys. */
export function canonical(value: Json): string {
  if (isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (isObject(value)) return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`;
  return JSON.stringify(value);
}
