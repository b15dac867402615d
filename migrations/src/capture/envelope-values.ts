import type { ColumnText, RowText, TableRef } from './change-event.ts';
import { decoderOf, plainText, UnreadableValue, type Decoder } from './debezium-text.ts';

export { UnreadableValue };

export interface ValueHints {
  /** `schema.table.column` of bytea columns: base64 text cannot be told from text. */
  readonly binaryColumns?: ReadonlySet<string>;
  /** By `schema.table`, then by column: how each is to be read. Where a table is named here, a column that is not is one we know nothing of. */
  readonly decoders?: ReadonlyMap<string, ReadonlyMap<string, Decoder>>;
}

/** A column the catalog did not have when it was read: it may have been added since, so look again. */
export class UnknownColumn extends Error {}

/** Debezium's stand-in for a TOASTed value that did not change. */
export const UNAVAILABLE = '__debezium_unavailable_value';
/** The same for bytes (in base64 or hex), for an hstore, and as the name-based UUID that stands in an array of them. */
const PLACEHOLDERS = new Set([
  UNAVAILABLE, Buffer.from(UNAVAILABLE).toString('base64'), Buffer.from(UNAVAILABLE).toString('hex'), JSON.stringify({ [UNAVAILABLE]: UNAVAILABLE }), 'b68a35a7-17ad-35b3-af2a-ae46edb4545a',
]);
/** Arrays of numbers, days and such hold its characters. */
const CODES = [...Buffer.from(UNAVAILABLE)];

const BYTEA = decoderOf({ kind: 'bytea' });

/** Debezium's JSON values as PostgreSQL would print them, or near enough that a cast gives the same value. An unchanged TOASTed column is absent. */
export function columnTexts({ schema, table }: TableRef, columns: Readonly<Record<string, unknown>>, { binaryColumns, decoders }: ValueHints): RowText {
  const row: Record<string, ColumnText> = {};
  const known = decoders?.get(`${schema}.${table}`);
  for (const column in columns) {
    const value = columns[column];
    if (isUnavailable(value)) continue;
    if (known !== undefined) {
      const decode = known.get(column);
      if (decode === undefined) throw new UnknownColumn(`${schema}.${table}.${column}`);
      row[column] = decode(value, column);
    } else {
      const name = `${schema}.${table}.${column}`;
      row[column] = (binaryColumns?.has(name) === true ? BYTEA : plainText)(value, name);
    }
  }
  return row;
}

/** The columns whose value did not change and was not sent, in order. */
export const unchangedColumns = (columns: Readonly<Record<string, unknown>>): string[] => Object.keys(columns).filter((column) => isUnavailable(columns[column]));

function isUnavailable(value: unknown): boolean {
  if (typeof value === 'string') return value.length >= UNAVAILABLE.length && PLACEHOLDERS.has(value);
  if (!Array.isArray(value)) return false;
  return value.length === 1 ? isUnavailable(value[0]) : value.length === CODES.length && CODES.every((code, index) => value[index] === code);
}
