import type { ColumnText, RowText, TableRef } from './change-event.ts';

export interface ValueHints {
  /** `schema.table.column` of bytea columns: base64 text cannot be told from text. */
  readonly binaryColumns?: ReadonlySet<string>;
}

/** A value that has no one text in PostgreSQL's own notation. */
export class UnreadableValue extends Error {}

/** Debezium's stand-in for a TOASTed value that did not change; for bytea in base64 or hex. */
export const UNAVAILABLE = '__debezium_unavailable_value';
const PLACEHOLDERS = new Set([UNAVAILABLE, Buffer.from(UNAVAILABLE).toString('base64'), Buffer.from(UNAVAILABLE).toString('hex')]);

/** Debezium's JSON values as PostgreSQL would print them, or near enough that a cast gives the same value. An unchanged TOASTed column is absent. */
export function columnTexts({ schema, table }: TableRef, columns: Readonly<Record<string, unknown>>, { binaryColumns }: ValueHints): RowText {
  const row: Record<string, ColumnText> = {};
  for (const [column, value] of Object.entries(columns)) {
    if (isUnavailable(value)) continue;
    const name = `${schema}.${table}.${column}`;
    row[column] = binaryColumns?.has(name) === true ? binaryText(name, value) : columnText(name, value);
  }
  return row;
}

/** The columns whose value did not change and was not sent, in order. */
export const unchangedColumns = (columns: Readonly<Record<string, unknown>>): string[] => Object.keys(columns).filter((column) => isUnavailable(columns[column]));

const isUnavailable = (value: unknown): boolean => typeof value === 'string' ? PLACEHOLDERS.has(value) : Array.isArray(value) && value.length === 1 && isUnavailable(value[0]);

function columnText(name: string, value: unknown): ColumnText {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 't' : 'f';
  return Array.isArray(value) ? arrayText(name, value) : structText(name, value as Readonly<Record<string, unknown>>);
}

function binaryText(name: string, value: unknown): ColumnText {
  if (value === null) return null;
  if (typeof value !== 'string') throw new UnreadableValue(`${name}: bytes should come as base64 (binary.handling.mode=base64).`);
  return String.raw`\x${Buffer.from(value, 'base64').toString('hex')}`;
}

/** PostgreSQL's array notation; every element quoted, so that none can be taken for NULL or for syntax. */
function arrayText(name: string, values: readonly unknown[]): string {
  const elements = values.map((value) => {
    if (Array.isArray(value)) return arrayText(name, value);
    const text = columnText(name, value);
    return text === null ? 'NULL' : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  });
  return `{${elements.join(',')}}`;
}

function structText(name: string, value: Readonly<Record<string, unknown>>): string {
  const { x, y, wkb, srid } = value;
  if (typeof x === 'number' && typeof y === 'number') return `(${String(x)},${String(y)})`;
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
