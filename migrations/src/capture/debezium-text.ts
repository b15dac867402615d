import type { ColumnText } from './change-event.ts';

/** A value that has no one text in PostgreSQL's own notation. */
export class UnreadableValue extends Error {}

/** A number that a double cannot hold: the message has to be parsed again with its digits kept. */
export class InexactNumber extends Error {}

/** Reads one value as Debezium wrote it (JSON, numbers exact or as their digits) and prints it as PostgreSQL would. */
export type Decoder = (value: unknown, name: string) => ColumnText;

/** What a column's type is to Debezium 3.6: not how PostgreSQL stores it, but in which form it comes. */
export type Form =
  | { readonly kind: 'plain' | 'numeric' | 'date' | 'time' | 'timestamp' | 'timestamptz' | 'bytea' | 'opaque' | 'hstore' }
  | { readonly kind: 'bits'; readonly width: number }
  | { readonly kind: 'array'; readonly element: Form };

/** The decoder of a form. Pure; the forms are read from the source's catalog (`debezium-types.ts`). */
export function decoderOf(form: Form): Decoder {
  if (form.kind === 'array') return arrayDecoder(decoderOf(form.element));
  if (form.kind === 'bits') return orNull((value, name) => typeof value === 'boolean' ? (value ? '1' : '0') : bitText(base64(value, name), form.width));
  return form.kind === 'plain' ? plainText : orNull(SCALARS[form.kind]);
}

const SCALARS: Readonly<Record<Exclude<Form['kind'], 'plain' | 'bits' | 'array'>, (value: unknown, name: string) => string>> = {
  numeric: (value, name) => NOT_A_NUMBER[String(value)] ?? plainText(value, name) ?? '',
  date: (value, name) => dayText(count(value, name), name),
  time: (value, name) => timeText(count(value, name)),
  timestamp: (value, name) => momentText(count(value, name), name),
  timestamptz: (value, name) => zonedText(text(value, name)),
  bytea: (value, name) => String.raw`\x${base64(value, name).toString('hex')}`,
  // Types Debezium does not know travel as the bytes of their text (include.unknown.datatypes).
  opaque: (value, name) => base64(value, name).toString('utf8'),
  hstore: (value, name) => hstoreText(typeof value === 'string' ? JSON.parse(value) as unknown : value, name),
};

const orNull = (decode: (value: unknown, name: string) => string): Decoder => (value, name) => value === null || value === undefined ? null : decode(value, name);

/** Numbers, truth values and texts, and the structs that say their type by their fields. */
export const plainText: Decoder = (value, name) => {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case 'string': return value;
    case 'number': return numberText(value);
    case 'boolean': return value ? 't' : 'f';
    default: return Array.isArray(value) ? arrayDecoder(plainText)(value, name) : structText(name, value as Readonly<Record<string, unknown>>);
  }
};

function numberText(value: number): string {
  if ((Number.isInteger(value) && !Number.isSafeInteger(value)) || Object.is(value, -0)) throw new InexactNumber();
  return String(value);
}

/** Debezium's SpecialValueDecimal prints the names of Java's enum. */
const NOT_A_NUMBER: Readonly<Record<string, string>> = { NAN: 'NaN', POSITIVE_INFINITY: 'Infinity', NEGATIVE_INFINITY: '-Infinity' };

function count(value: unknown, name: string): bigint | string {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new InexactNumber();
    return BigInt(value);
  }
  // Digits that were kept by parseJson, or a text that is PostgreSQL's already (a log of our own).
  if (typeof value === 'string') return /^-?\d+$/.test(value) ? BigInt(value) : value;
  throw new UnreadableValue(`${name}: a date or time should come as a number (time.precision.mode=microseconds).`);
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw new UnreadableValue(`${name}: a text was expected, not ${typeof value}.`);
}

function base64(value: unknown, name: string): Buffer {
  if (typeof value !== 'string') throw new UnreadableValue(`${name}: bytes should come as base64 (binary.handling.mode=base64).`);
  return Buffer.from(value, 'base64');
}

const DAY_US = 86_400_000_000n;
/** pgjdbc's PGStatement.DATE_POSITIVE_INFINITY and …_NEGATIVE_INFINITY, in milliseconds there; Debezium counts them on as microseconds. */
const INFINITY_US = 9_223_372_036_825_200_000n;
const MINUS_INFINITY_US = -9_223_372_036_832_400_000n;
/** PostgreSQL's first and last timestamps, in microseconds since 1970; the last is later than a 64-bit number of them can say. */
const [FIRST_US, LAST_US] = [-210_866_803_200_000_000n, 9_223_372_036_854_775_806n];
/** PostgreSQL's own bounds of a date, in days since 1970: what lies outside is an infinity in disguise. */
const [FIRST_DAY, LAST_DAY] = [-2_440_588n, 2_145_042_905n];
/** PostgreSQL's greatest and least 32-bit numbers, moved from 2000 to 1970 and wrapped there. */
const [INFINITE_DAY, MINUS_INFINITE_DAY] = [-2_147_472_692n, -2_147_472_691n];
/** pgjdbc's infinities in milliseconds, made days and wrapped: so they come in arrays. The worker's time zone may move them by a day. */
const [INFINITE_ELEMENT, MINUS_INFINITE_ELEMENT] = [-622_191_234n, -625_821_272n];

function dayText(days: bigint | string, name: string): string {
  if (typeof days === 'string') return days;
  if (days >= FIRST_DAY && days <= LAST_DAY) return eraText(days, '');
  if (days === INFINITE_DAY || isNear(days, INFINITE_ELEMENT)) return 'infinity';
  if (days === MINUS_INFINITE_DAY || isNear(days, MINUS_INFINITE_ELEMENT)) return '-infinity';
  throw new UnreadableValue(`${name}: ${String(days)} days since 1970 are no date of PostgreSQL's.`);
}

const isNear = (days: bigint, other: bigint): boolean => days >= other - 1n && days <= other + 1n;

/** Moments that 64 bits do not hold come saturated or wrapped around, at either end: which they were, nobody can say any more. */
function momentText(us: bigint | string, name: string): string {
  if (typeof us === 'string') return us;
  if (us === INFINITY_US) return 'infinity';
  if (us === MINUS_INFINITY_US) return '-infinity';
  if (us < FIRST_US || us > LAST_US) throw new UnreadableValue(`${name}: a timestamp after 294247-01-10 04:00:54.775806 does not come whole from Debezium.`);
  const days = (us - modulo(us, DAY_US)) / DAY_US;
  return eraText(days, ` ${timeText(modulo(us, DAY_US))}`);
}

const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;

function timeText(us: bigint | string): string {
  if (typeof us === 'string') return us;
  const whole = us / 1_000_000n;
  const fraction = String(us % 1_000_000n).padStart(6, '0').replace(/0+$/, '');
  return `${two(whole / 3600n)}:${two(whole / 60n % 60n)}:${two(whole % 60n)}${fraction === '' ? '' : `.${fraction}`}`;
}

const two = (value: bigint): string => String(value).padStart(2, '0');

/** Days since 1970 in the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms"); years before 1 are counted back from 1 BC. */
function eraText(days: bigint, time: string): string {
  const shifted = days + 719_468n;
  const era = (shifted - modulo(shifted, 146_097n)) / 146_097n;
  const dayOfEra = modulo(shifted, 146_097n);
  const yearOfEra = (dayOfEra - dayOfEra / 1_460n + dayOfEra / 36_524n - dayOfEra / 146_096n) / 365n;
  const dayOfYear = dayOfEra - (365n * yearOfEra + yearOfEra / 4n - yearOfEra / 100n);
  const marchMonth = (5n * dayOfYear + 2n) / 153n;
  const day = dayOfYear - (153n * marchMonth + 2n) / 5n + 1n;
  const month = marchMonth < 10n ? marchMonth + 3n : marchMonth - 9n;
  const year = yearOfEra + era * 400n + (month <= 2n ? 1n : 0n);
  return printDate(year, `${two(month)}-${two(day)}${time}`);
}

const printDate = (year: bigint, rest: string): string => year > 0n ? `${String(year).padStart(4, '0')}-${rest}` : `${String(1n - year).padStart(4, '0')}-${rest} BC`;

/** ISO 8601 with years of any length and before year 1; PostgreSQL reads neither `+12345` nor `-0043`. */
function zonedText(iso: string): string {
  const match = /^([+-]?)(\d{4,})-(\d\d-\d\dT.*)$/.exec(iso);
  if (match === null) return iso;
  const [, sign = '', year = '', rest = ''] = match;
  if (sign === '' && year.length === 4 && year !== '0000') return iso;
  return printDate(sign === '-' ? -BigInt(year) : BigInt(year), rest.replace('T', ' '));
}

/** Debezium sends the bits as a number, least byte first, without leading zeros: the type's width says how many there were. */
function bitText(bytes: Buffer, width: number): string {
  return [...bytes].reverse().map((byte) => byte.toString(2).padStart(8, '0')).join('').padStart(width, '0').slice(-width);
}

function hstoreText(value: unknown, name: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UnreadableValue(`${name}: an hstore should come as an object.`);
  return Object.entries(value as Record<string, unknown>).map(([key, item]) => `${quoted(key)}=>${item === null ? 'NULL' : quoted(text(item, name))}`).join(', ');
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** PostgreSQL's array notation; every element quoted, so that none can be taken for NULL or for syntax. */
function arrayDecoder(element: Decoder): Decoder {
  return (value, name) => {
    if (value === null || value === undefined || typeof value === 'string') return value ?? null;
    if (!Array.isArray(value)) throw new UnreadableValue(`${name}: an array was expected.`);
    const elements = value.map((item: unknown) => {
      if (Array.isArray(item)) return arrayDecoder(element)(item, name) ?? 'NULL';
      const printed = element(item, name);
      return printed === null ? 'NULL' : quoted(printed);
    });
    return `{${elements.join(',')}}`;
  };
}

function structText(name: string, value: Readonly<Record<string, unknown>>): string {
  const { x, y, wkb, srid } = value;
  if (x !== undefined && y !== undefined) return `(${plainText(x, name) ?? ''},${plainText(y, name) ?? ''})`;
  if (typeof wkb === 'string') return extendedWkb(Buffer.from(wkb, 'base64'), typeof srid === 'number' ? srid : undefined);
  throw new UnreadableValue(`${name}: a value of the fields ${Object.keys(value).join(', ')} has no text; set decimal.handling.mode=string, or leave the column out (omit).`);
}

/** PostGIS's EWKB: the type word's bit 0x20000000 says that an SRID follows it (PostGIS, doc/ZMSgeoms.txt). Debezium keeps the two apart. */
function extendedWkb(wkb: Buffer, srid: number | undefined): string {
  if (srid === undefined || wkb.length < 5) return wkb.toString('hex').toUpperCase();
  const little = wkb[0] === 1;
  const type = little ? wkb.readUInt32LE(1) : wkb.readUInt32BE(1);
  if ((type & 0x2000_0000) !== 0) return wkb.toString('hex').toUpperCase();
  const head = Buffer.alloc(9);
  head[0] = wkb[0] ?? 1;
  if (little) head.writeUInt32LE((type | 0x2000_0000) >>> 0, 1); else head.writeUInt32BE((type | 0x2000_0000) >>> 0, 1);
  if (little) head.writeInt32LE(srid, 5); else head.writeInt32BE(srid, 5);
  return Buffer.concat([head, wkb.subarray(5)]).toString('hex').toUpperCase();
}
