import type { Literal, Predicate } from '@strangler/kernel';
import type { ColumnText, RowText } from '../capture/change-event.ts';

/** SQL's third truth: neither true nor false. */
type Truth = boolean | undefined;

/** A column the filter needs and the event does not hold. */
export class ColumnUnknown extends Error {
  readonly column: string;

  constructor(column: string) {
    super(`the value of ${column} is not known`);
    this.column = column;
  }
}

/**
 * The filter on a row of text. It means what SQL would mean on the typed values, because only types are let in whose text says as much (the preflight sees to that):
 * equality of bool, integers, numeric, text, uuid, enums, dates and timestamps without a time zone; order of numbers, dates and such timestamps.
 * @throws ColumnUnknown when the row lacks a column it looks at
 */
export function matches(predicate: Predicate, row: RowText): boolean {
  return truth(predicate, row) === true;
}

function truth(predicate: Predicate, row: RowText): Truth {
  if ('and' in predicate) return all(predicate.and.map((each) => truth(each, row)));
  if ('or' in predicate) return negate(all(predicate.or.map((each) => negate(truth(each, row)))));
  if ('not' in predicate) return negate(truth(predicate.not, row));
  const value = row[predicate.column];
  if (value === undefined) throw new ColumnUnknown(predicate.column);
  return judged(predicate, value);
}

function judged(predicate: Extract<Predicate, { column: string }>, value: ColumnText): Truth {
  switch (predicate.op) {
    case 'is null': return value === null;
    case 'is not null': return value !== null;
    case 'in': return value === null ? undefined : predicate.values.some((each) => compare(value, each) === 0);
    case 'not in': return value === null ? undefined : !predicate.values.some((each) => compare(value, each) === 0);
    default: return value === null ? undefined : ordered(predicate.op, compare(value, predicate.value));
  }
}

function ordered(op: '=' | '<>' | '<' | '<=' | '>' | '>=', sign: number): boolean {
  switch (op) {
    case '=': return sign === 0;
    case '<>': return sign !== 0;
    case '<': return sign < 0;
    case '<=': return sign <= 0;
    case '>': return sign > 0;
    case '>=': return sign >= 0;
  }
}

const negate = (value: Truth): Truth => value === undefined ? undefined : !value;

const all = (values: readonly Truth[]): Truth => values.includes(false) ? false : values.includes(undefined) ? undefined : true;

/** Less than, equal to or greater than 0, as the column's type would have it. */
function compare(value: NonNullable<ColumnText>, literal: Literal): number {
  if (typeof literal === 'boolean') return value === (literal ? 't' : 'f') ? 0 : 1;
  if (typeof literal === 'number') return compareDecimals(value, String(literal));
  return value === literal ? 0 : compareDates(value, literal);
}

/** NaN is above everything, as in PostgreSQL. */
export function compareDecimals(a: string, b: string): number {
  const [x, y] = [rank(a), rank(b)];
  if (x !== 0 || y !== 0) return x - y;
  const [left, right] = [decimal(a), decimal(b)];
  const digits = Math.max(left.fraction.length, right.fraction.length);
  const difference = scaled(left, digits) - scaled(right, digits);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const rank = (text: string): number => ({ '-Infinity': -1, Infinity: 1, NaN: 2 })[text] ?? 0;

interface Decimal { readonly negative: boolean; readonly whole: string; readonly fraction: string }

function decimal(text: string): Decimal {
  const found = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text);
  if (found === null) throw new Error(`'${text}' is no decimal number`);
  return { negative: found[1] === '-', whole: found[2] ?? '', fraction: found[3] ?? '' };
}

function scaled({ negative, whole, fraction }: Decimal, digits: number): bigint {
  const magnitude = BigInt(`${whole}${fraction.padEnd(digits, '0')}` || '0');
  return negative ? -magnitude : magnitude;
}

/** ISO dates and timestamps; any other text is only ever compared for equality, where every difference is as good as another. */
export function compareDates(a: string, b: string): number {
  const [x, y] = [era(a), era(b)];
  if (x.year !== y.year) return x.year < y.year ? -1 : 1;
  return x.rest === y.rest ? 0 : x.rest < y.rest ? -1 : 1;
}

function era(text: string): { readonly year: number; readonly rest: string } {
  if (text === 'infinity' || text === '-infinity') return { year: text === 'infinity' ? Infinity : -Infinity, rest: '' };
  const found = /^(\d{4,})(-.*?)( BC)?$/.exec(text);
  if (found === null) return { year: 0, rest: text };
  const year = Number(found[1]);
  return { year: found[3] === undefined ? year : -year, rest: found[2] ?? '' };
}
