import type { ErrorCode } from '@strangler/kernel';
import type { ChangeEvent, RowText, TableRef } from './change-event.ts';
import { columnTexts, unchangedColumns, UnreadableValue, type ValueHints } from './envelope-values.ts';
import { InexactNumber } from './debezium-text.ts';
import { LSN_ZERO, type Lsn } from './lsn.ts';
import { MARKER_PREFIX } from './pgoutput.ts';

/** What a message of a Debezium topic means to us. */
export type Envelope =
  | { readonly kind: 'change'; readonly event: ChangeEvent; readonly position: EnvelopePosition }
  | { readonly kind: 'marker'; readonly content: string; readonly position: EnvelopePosition }
  /** Nothing to apply, for a known reason. It still counts among its transaction's events where it has a position. */
  | { readonly kind: 'skipped'; readonly why: 'tombstone' | 'heartbeat' | 'key change' | 'foreign message'; readonly position?: EnvelopePosition }
  | Refusal;

/** A message we do not understand: never dropped, because it may be a change. */
export interface Refusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
}

export interface EnvelopePosition {
  readonly lsn: Lsn;
  /** Source transaction id; 0 when the connector does not say. */
  readonly xid: number;
  /** When the source committed, milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Present with `provide.transaction.metadata`: place among all events of the transaction, from 1. */
  readonly order?: number;
  /** Where the transaction before this one ended (Debezium's `source.sequence`); absent for the first one a connector without offsets reads. */
  readonly after?: Lsn;
}

export type MessageHeaders = Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;

/** Debezium's names for a key that changed: it sends DELETE (with the new key) and CREATE (with the old one). */
const OLD_KEY = '__debezium.oldkey';
const NEW_KEY = '__debezium.newkey';

/**
 * Reads one Debezium message: `value` and `key` as parsed by `parseJson` (numbers too long for a double stay text), with or without schemas. A key change comes as
 * two messages and leaves as one update: applied as delete and insert, a TOASTed column that did not change would be lost.
 */
export function parseEnvelope(value: unknown, key: unknown = null, headers: MessageHeaders = {}, hints: ValueHints = {}): Envelope {
  if (value === null || value === undefined) return { kind: 'skipped', why: 'tombstone' };
  const envelope = payload(value);
  return envelope === undefined ? refused('STR_BAD_ENVELOPE', 'The message is no JSON object.') : parseObject(envelope, payload(key), headers, hints);
}

function parseObject(envelope: JsonObject, key: JsonObject | undefined, headers: MessageHeaders, hints: ValueHints): Envelope {
  if (isHeartbeat(envelope)) return { kind: 'skipped', why: 'heartbeat' };
  const source = record(envelope['source']);
  if (source === undefined) return refused('STR_BAD_ENVELOPE', 'The message has no `source`: is a transform flattening it (ExtractNewRecordState)?');
  const position = positionOf(source, record(envelope['transaction']));
  if (position === undefined) return refused('STR_BAD_ENVELOPE', 'The message has no LSN in `source.lsn`: only the PostgreSQL connector can be read as whole transactions.');
  try {
    return envelope['op'] === 'm' ? parseMessage(envelope, position) : parseChange(envelope, source, key, headers, position, hints);
  } catch (error) {
    if (error instanceof UnreadableValue) return refused('STR_UNREADABLE_VALUE', error.message);
    throw error;
  }
}

const isHeartbeat = (envelope: JsonObject): boolean => envelope['op'] === undefined && envelope['source'] === undefined && typeof envelope['ts_ms'] === 'number';

/** The rows and keys of a message, as texts when they are asked for: with a full replica identity every message carries a `before` that nobody needs. */
interface Rows {
  before(): RowText | undefined;
  after(): RowText | undefined;
  key(): RowText | undefined;
  oldKey(): RowText | undefined;
  /** Columns left out of `after` because they did not change. */
  unchanged(): readonly string[];
}

function parseChange(envelope: JsonObject, source: JsonObject, key: JsonObject | undefined, headers: MessageHeaders, position: EnvelopePosition, hints: ValueHints): Envelope {
  const { schema, table } = source;
  if (typeof schema !== 'string' || typeof table !== 'string') return refused('STR_BAD_ENVELOPE', 'The message does not name its table.');
  if (envelope['op'] === 'd' && headers[NEW_KEY] !== undefined) return { kind: 'skipped', why: 'key change', position };
  const ref: TableRef = { schema, table };
  const row = (value: unknown): RowText | undefined => {
    const columns = record(value);
    return columns === undefined ? undefined : columnTexts(ref, columns, hints);
  };
  const event = changeOf(ref, envelope['op'], {
    before: () => row(envelope['before']), after: () => row(envelope['after']), key: () => row(key), oldKey: () => row(payload(headerJson(headers[OLD_KEY]))),
    unchanged: () => unchangedColumns(record(envelope['after']) ?? {}),
  });
  return event === undefined ? refused('STR_BAD_ENVELOPE', `${schema}.${table}: there is no operation ${JSON.stringify(envelope['op'])} with these fields.`) : { kind: 'change', event, position };
}

const leftOut = (unchanged: readonly string[]): { readonly unchanged?: readonly string[] } => unchanged.length === 0 ? {} : { unchanged };

function changeOf(ref: TableRef, op: unknown, rows: Rows): ChangeEvent | undefined {
  if (op === 't') return { ...ref, op: 'truncate' };
  if (op === 'd') {
    const keyBefore = rows.key() ?? rows.before();
    return keyBefore === undefined ? undefined : { ...ref, op: 'delete', keyBefore };
  }
  const after = rows.after();
  if (after === undefined) return undefined;
  switch (op) {
    case 'r': return { ...ref, op: 'snapshot-read', after };
    case 'c': return created(ref, after, rows);
    case 'u': return { ...ref, op: 'update', after, ...leftOut(rows.unchanged()) };
    default: return undefined;
  }
}

function created(ref: TableRef, after: RowText, rows: Rows): ChangeEvent {
  const keyBefore = rows.oldKey();
  return keyBefore === undefined ? { ...ref, op: 'create', after } : { ...ref, op: 'update', after, ...leftOut(rows.unchanged()), keyBefore };
}

function parseMessage(envelope: JsonObject, position: EnvelopePosition): Envelope {
  const message = record(envelope['message']);
  if (message?.['prefix'] !== MARKER_PREFIX) return { kind: 'skipped', why: 'foreign message', position };
  return { kind: 'marker', content: Buffer.from(typeof message['content'] === 'string' ? message['content'] : '', 'base64').toString('utf8'), position };
}

function positionOf(source: JsonObject, transaction: JsonObject | undefined): EnvelopePosition | undefined {
  const lsn = integer(source['lsn']);
  if (lsn === undefined) return undefined;
  const order = integer(transaction?.['total_order']);
  return { lsn: (LSN_ZERO + lsn) as Lsn, xid: Number(integer(source['txId']) ?? 0n), atMs: Number(integer(source['ts_ms']) ?? 0n), ...(order === undefined ? {} : { order: Number(order) }), ...afterOf(source['sequence']) };
}

function afterOf(sequence: unknown): Pick<EnvelopePosition, 'after'> {
  const commit = typeof sequence === 'string' ? /^\["(\d+)"/.exec(sequence)?.[1] : undefined;
  return commit === undefined ? {} : { after: BigInt(commit) as Lsn };
}

/** One end of a source transaction, from the transaction topic. */
export interface TransactionEnd {
  readonly xid: number;
  readonly lsn: Lsn;
  readonly atMs: number;
  readonly events: number;
  /** The tables it changed, as `schema.table`; empty where the message does not say. */
  readonly tables?: readonly string[];
}

/** Its beginning; it comes again when the connector begins again in the middle. */
export interface TransactionBegin {
  readonly xid: number;
  readonly begins: true;
}

/** A run of the connector begins: with its process, or within it after a trouble with the source. Our connectors are told to say so here, where it has a place among the ENDs. */
export interface RunBegin {
  readonly runBegins: true;
}

const ID = /^(\d+):(\d+)$/;

/** Reads a message of the transaction topic. Its id is `txId:LSN`, and the LSN differs from event to event. */
export function parseTransactionEnd(value: unknown): TransactionEnd | TransactionBegin | RunBegin | Refusal {
  const message = payload(value) ?? {};
  // A notification of the connector's (`connector.ts`).
  return typeof message['aggregate_type'] === 'string' ? { runBegins: true } : boundOf(message);
}

function boundOf(message: JsonObject): TransactionEnd | TransactionBegin | Refusal {
  const [, xid, lsn = ''] = ID.exec(String(message['id'])) ?? [];
  if (message['status'] === 'BEGIN' && xid !== undefined) return { xid: Number(xid), begins: true };
  const events = integer(message['event_count']);
  if (message['status'] !== 'END' || xid === undefined || events === undefined) return refused('STR_BAD_ENVELOPE', 'A message of the transaction topic is neither a BEGIN nor an END.');
  return { xid: Number(xid), lsn: BigInt(lsn) as Lsn, atMs: Number(integer(message['ts_ms']) ?? 0n), events: Number(events), ...tablesOf(message['data_collections']) };
}

/** Logical messages are counted under a name that is no table's. */
function tablesOf(collections: unknown): Pick<TransactionEnd, 'tables'> {
  if (!Array.isArray(collections)) return {};
  const names = collections.map((one: unknown) => record(one)?.['data_collection']).filter((name) => typeof name === 'string' && !name.includes('LogicalDecodingMessage'));
  return names.length === 0 ? {} : { tables: names as string[] };
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** With schemas.enable=true the converter wraps everything in `{ schema, payload }`. */
function payload(value: unknown): JsonObject | undefined {
  const outer = record(value);
  return outer !== undefined && 'schema' in outer && 'payload' in outer && Object.keys(outer).length === 2 ? record(outer['payload']) : outer;
}

const record = (value: unknown): JsonObject | undefined => typeof value === 'object' && value !== null && !Array.isArray(value) ? value as JsonObject : undefined;

/** @throws InexactNumber where JSON.parse alone has lost digits: `readExactly` parses again. */
function integer(value: unknown): bigint | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) throw new InexactNumber();
  return typeof value === 'number' && Number.isInteger(value) || (typeof value === 'string' && /^-?\d+$/.test(value)) ? BigInt(value) : undefined;
}

function headerJson(header: MessageHeaders[string]): unknown {
  const text = Array.isArray(header) ? header[0] as Buffer | string : header as Buffer | string | undefined;
  return text === undefined ? undefined : parseJson(text.toString());
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** JSON.parse, except that a number which a double cannot hold (a bigint key, a long decimal) stays the text it was. Undefined when it is no JSON. */
export function parseJson(text: string): unknown {
  const exact: Reviver = (_key, value, { source }) => typeof value === 'number' && source !== undefined && (String(value) !== source || (Number.isInteger(value) && !Number.isSafeInteger(value))) ? source : value;
  try {
    return JSON.parse(text, exact as Parameters<typeof JSON.parse>[1]) as unknown;
  } catch {
    return undefined;
  }
}

const refused = (code: ErrorCode, message: string): Refusal => ({ kind: 'refused', code, message });

/**
 * Reads JSON in the quick way, and again with all digits only where one was lost on the way: few messages hold a number that a double cannot. `read` is pure.
 * Undefined is read where it is no JSON.
 */
export function readExactly<T>(text: string, read: (json: unknown) => T): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return read(undefined);
  }
  try {
    return read(json);
  } catch (error) {
    if (!(error instanceof InexactNumber)) throw error;
    return read(parseJson(text));
  }
}
