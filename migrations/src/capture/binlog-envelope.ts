import { binlogLsn, type BinlogPlace } from './binlog-position.ts';
import { binlogText, type BinlogField } from './binlog-values.ts';
import type { ChangeEvent, RowText, TableRef } from './change-event.ts';
import type { EnvelopePosition, JsonObject, MessageHeaders, Refusal } from './envelope.ts';
import { UnreadableValue } from './envelope-values.ts';

/** What a message of Debezium's MySQL or MariaDB connector means, with its schema (`schemas.enable=true`). */
export type BinlogEnvelope =
  | { readonly kind: 'change'; readonly event: ChangeEvent; readonly position: EnvelopePosition; readonly place: BinlogPlace }
  | { readonly kind: 'skipped'; readonly why: 'tombstone' | 'heartbeat' | 'key change'; readonly position?: EnvelopePosition }
  | Refusal;

interface Typed { readonly schema: { readonly fields?: readonly (BinlogField & { readonly fields?: readonly BinlogField[] })[] }; readonly payload: JsonObject }

/**
 * Reads one message, parsed by `parseJson`. Rows are typed by the message's own schema, so that bytes, unsigned numbers, dates and sets need no catalog. The database takes the
 * schema's place in the table's name. As from PostgreSQL, a key change comes as two messages and leaves as one update.
 */
export function parseBinlogEnvelope(value: unknown, key: unknown, headers: MessageHeaders, parseHeader: (text: string) => unknown): BinlogEnvelope {
  if (value === null || value === undefined) return { kind: 'skipped', why: 'tombstone' };
  const message = typed(value);
  if (message === undefined) return refused('STR_BAD_ENVELOPE', 'The message has no schema: set value.converter.schemas.enable=true, as the generated connector has it.');
  const { op, source, transaction } = message.payload;
  if (source === undefined && op === undefined) return { kind: 'skipped', why: 'heartbeat' };
  const at = placeOf(source as JsonObject, transaction as JsonObject | null | undefined);
  if (at === undefined) return refused('STR_BAD_ENVELOPE', 'The message has no place in a binlog (`source.file`, `source.pos`).');
  if (op === 'd' && headers['__debezium.newkey'] !== undefined) return { kind: 'skipped', why: 'key change', position: at.position };
  return parseRow(source as JsonObject, message, typed(key), oldKeyOf(headers, parseHeader), at);
}

function parseRow({ db, table }: JsonObject, message: Typed, key: Typed | undefined, oldKey: JsonObject | undefined, at: Placed): BinlogEnvelope {
  try {
    const event = eventOf({ schema: String(db), table: String(table) }, message, key, oldKey);
    return event === undefined ? refused('STR_BAD_ENVELOPE', `${String(table)}: there is no operation ${JSON.stringify(message.payload['op'])} with these fields.`) : { kind: 'change', event, ...at };
  } catch (error) {
    if (error instanceof UnreadableValue) return refused('STR_UNREADABLE_VALUE', error.message);
    throw error;
  }
}

interface Placed { readonly position: EnvelopePosition; readonly place: BinlogPlace }

function typed(value: unknown): Typed | undefined {
  const { schema, payload } = (typeof value === 'object' ? value : null) as { schema?: unknown; payload?: unknown } | null ?? {};
  return typeof schema === 'object' && schema !== null && typeof payload === 'object' && payload !== null ? { schema, payload } as Typed : undefined;
}

function placeOf(source: JsonObject, transaction: JsonObject | null | undefined): Placed | undefined {
  const { file, pos, row, gtid } = source;
  if (typeof file !== 'string' || !isInteger(pos)) return undefined;
  const place = { file, pos: BigInt(pos), row: Number(row ?? 0), ...(typeof gtid === 'string' ? { gtid } : {}) };
  const lsn = binlogLsn(place);
  const order = transaction?.['total_order'];
  return lsn === undefined ? undefined : { place, position: { lsn, xid: 0, atMs: Number(source['ts_ms'] ?? 0), ...(isInteger(order) ? { order: Number(order) } : {}) } };
}

function eventOf(ref: TableRef, message: Typed, key: Typed | undefined, oldKey: JsonObject | undefined): ChangeEvent | undefined {
  const { op } = message.payload;
  if (op === 't') return { ...ref, op: 'truncate' };
  if (op === 'd') {
    const keyBefore = key === undefined ? rowOf(ref, message, 'before') : keyText(ref, message, key.payload);
    return keyBefore === undefined ? undefined : { ...ref, op: 'delete', keyBefore };
  }
  const after = rowOf(ref, message, 'after');
  return after === undefined ? undefined : written(ref, op, after, oldKey === undefined ? undefined : keyText(ref, message, oldKey));
}

function written(ref: TableRef, op: unknown, after: RowText, keyBefore: RowText | undefined): ChangeEvent | undefined {
  if (op === 'r') return { ...ref, op: 'snapshot-read', after };
  if (op === 'u') return { ...ref, op: 'update', after };
  if (op !== 'c') return undefined;
  return keyBefore === undefined ? { ...ref, op: 'create', after } : { ...ref, op: 'update', after, keyBefore };
}

/** The source's types travel with the row's schema only, not with the key's. */
const keyText = (ref: TableRef, message: Typed, key: JsonObject): RowText => rowText(ref, fieldsOf(message, 'before').filter(({ field }) => field in key), key);

function rowOf(ref: TableRef, message: Typed, side: 'before' | 'after'): RowText | undefined {
  const row = message.payload[side] as JsonObject | null | undefined;
  return row === null || row === undefined ? undefined : rowText(ref, fieldsOf(message, side), row);
}

const fieldsOf = ({ schema }: Typed, side: string): readonly BinlogField[] => schema.fields?.find(({ field }) => field === side)?.fields ?? [];

/** A column the schema does not know is no row of ours. */
function rowText({ table }: TableRef, fields: readonly BinlogField[], row: JsonObject): RowText {
  return Object.fromEntries(fields.map((field) => [field.field, binlogText(`${table}.${field.field}`, field, row[field.field])]));
}

function oldKeyOf(headers: MessageHeaders, parseHeader: (text: string) => unknown): JsonObject | undefined {
  const header = headers['__debezium.oldkey'];
  if (header === undefined) return undefined;
  const value = parseHeader((Array.isArray(header) ? header[0] as Buffer | string : header as Buffer | string).toString());
  return typed(value)?.payload ?? value as JsonObject;
}

const isInteger = (value: unknown): value is number | string => (typeof value === 'number' && Number.isSafeInteger(value)) || (typeof value === 'string' && /^\d+$/.test(value));
const refused = (code: Refusal['code'], message: string): Refusal => ({ kind: 'refused', code, message });
