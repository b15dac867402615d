import { afterColumn, columnAt, TEXT_VALUE, u32, UNCHANGED_VALUE } from '../capture/tuple.ts';
import type { Shape } from './packed-shape.ts';

const MINUS = 0x2d;
const ZERO = 0x30;
/** Fifteen digits always fit a double to the last. */
const DIGITS = 15;

/** One value per key of a table, equal exactly when the key's texts are: a number where the only key column prints as one, else text. */
export function identityOf({ keyAt }: Shape, bytes: Buffer, tuple: number): string | number {
  if (keyAt.length === 1) return valueOf(bytes, columnAt(bytes, tuple, keyAt[0] ?? -1));
  let text = '';
  for (const column of keyAt) {
    const value = String(valueOf(bytes, columnAt(bytes, tuple, column)));
    text += `${String(value.length)}:${value}`;
  }
  return text;
}

function valueOf(bytes: Buffer, at: number): string | number {
  if (at < 0 || bytes[at] !== TEXT_VALUE) return '';
  const [start, length] = [at + 5, u32(bytes, at + 1)];
  return integer(bytes, start, length) ?? bytes.toString('latin1', start, start + length);
}

/** Only what a number prints as again: '7' and '07' are two keys. */
function integer(bytes: Buffer, start: number, length: number): number | undefined {
  const sign = bytes[start] === MINUS ? 1 : 0;
  const digits = length - sign;
  if (digits < 1 || digits > DIGITS || (bytes[start + sign] === ZERO && length > 1)) return undefined;
  const value = digitsOf(bytes, start + sign, start + length);
  return sign === 1 && value !== undefined ? -value : value;
}

function digitsOf(bytes: Buffer, start: number, end: number): number | undefined {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** Whether two tuples have the same key; what the newer one left out did not change. */
export function sameIdentity({ keyAt }: Shape, bytes: Buffer, older: number, newer: number): boolean {
  return keyAt.every((column) => {
    const [a, b] = [columnAt(bytes, older, column), columnAt(bytes, newer, column)];
    if (a < 0 || b < 0) return a === b;
    return bytes[b] === UNCHANGED_VALUE || bytes.compare(bytes, a, afterColumn(bytes, a), b, afterColumn(bytes, b)) === 0;
  });
}
