import { crc32 } from 'node:zlib';
import type { ChangeEvent, ChangeTransaction } from '../capture/change-event.ts';
import type { Lsn } from '../capture/lsn.ts';

/**
 * A frame is `length u32 | crc32 u32 | body`, and a body is `commit LSN u64 | commit time ms f64 | flags u8 | JSON`: position and time can be read without
 * parsing. A transaction is one frame, or several when it is large; the last one has no `MORE` flag. The JSON holds Debezium-shaped events
 * (`op`, `before`, `after`, `source`), so that the log reads the same whichever way the changes came.
 */
export const FRAME_HEADER = 8;
const BODY_HEADER = 17;
const MORE = 1;
/** Events per frame: keeps one JSON text far below V8's longest string. */
const FRAME_EVENTS = 5_000;
/** No frame we write comes near; a longer one is damage. */
const MAX_BODY = 0x3fff_ffff;

interface EventJson {
  readonly op: 'r' | 'c' | 'u' | 'd' | 't';
  readonly before: unknown;
  readonly after: unknown;
  readonly unchanged?: readonly string[];
  readonly source: { readonly schema: string; readonly table: string };
}

interface BodyJson {
  readonly txId: number;
  readonly marker?: string;
  readonly events: readonly EventJson[];
}

/** What a frame's fixed part says. */
export interface FrameHead {
  readonly lsn: Lsn;
  readonly timeMs: number;
  readonly more: boolean;
  /** Bytes of the whole frame. */
  readonly size: number;
}

export function encodeTransaction(transaction: ChangeTransaction): Buffer[] {
  const frames: Buffer[] = [];
  const { events } = transaction;
  for (let from = 0; from === 0 || from < events.length; from += FRAME_EVENTS) {
    const more = from + FRAME_EVENTS < events.length;
    frames.push(encodeFrame(transaction, events.slice(from, from + FRAME_EVENTS), more));
  }
  return frames;
}

function encodeFrame({ commitLsn, committedAtMs, xid, marker }: ChangeTransaction, events: readonly ChangeEvent[], more: boolean): Buffer {
  const body: BodyJson = { txId: xid, ...(marker === undefined ? {} : { marker }), events: events.map(eventJson) };
  const json = JSON.stringify(body);
  const length = BODY_HEADER + Buffer.byteLength(json);
  const frame = Buffer.allocUnsafe(FRAME_HEADER + length);
  frame.writeUInt32BE(length, 0);
  frame.writeBigUInt64BE(commitLsn, FRAME_HEADER);
  frame.writeDoubleBE(committedAtMs, FRAME_HEADER + 8);
  frame.writeUInt8(more ? MORE : 0, FRAME_HEADER + 16);
  frame.write(json, FRAME_HEADER + BODY_HEADER, 'utf8');
  frame.writeUInt32BE(crc32(frame.subarray(FRAME_HEADER)), 4);
  return frame;
}

/** The frame at `offset`; 'short' when the bytes end inside it, 'damaged' when they cannot be one. */
export function readFrame(bytes: Buffer, offset: number): FrameHead | 'short' | 'damaged' {
  if (bytes.length - offset < FRAME_HEADER) return 'short';
  const length = bytes.readUInt32BE(offset);
  if (length < BODY_HEADER || length > MAX_BODY) return 'damaged';
  const size = FRAME_HEADER + length;
  if (bytes.length - offset < size) return 'short';
  if (crc32(bytes.subarray(offset + FRAME_HEADER, offset + size)) !== bytes.readUInt32BE(offset + 4)) return 'damaged';
  return {
    lsn: bytes.readBigUInt64BE(offset + FRAME_HEADER) as Lsn,
    timeMs: bytes.readDoubleBE(offset + FRAME_HEADER + 8),
    more: (bytes.readUInt8(offset + FRAME_HEADER + 16) & MORE) !== 0,
    size,
  };
}

/** The size the frame at `offset` claims, so that a reader knows how much it must fetch. */
export const frameSize = (bytes: Buffer, offset: number): number => (bytes.length - offset < 4 ? FRAME_HEADER : FRAME_HEADER + bytes.readUInt32BE(offset));

/** Puts the frames of one transaction together again. */
export class TransactionBuilder {
  private events: ChangeEvent[] = [];

  add(bytes: Buffer, offset: number, head: FrameHead): ChangeTransaction | undefined {
    const body = JSON.parse(bytes.toString('utf8', offset + FRAME_HEADER + BODY_HEADER, offset + head.size)) as BodyJson;
    const events = body.events.map(parseEvent);
    if (this.events.length > 0 || head.more) for (const event of events) this.events.push(event);
    if (head.more) return undefined;
    const all = this.events.length > 0 ? this.events : events;
    this.events = [];
    return { commitLsn: head.lsn, committedAtMs: head.timeMs, xid: body.txId, events: all, ...(body.marker === undefined ? {} : { marker: body.marker }) };
  }
}

function eventJson(event: ChangeEvent): EventJson {
  const source = { schema: event.schema, table: event.table };
  switch (event.op) {
    case 'snapshot-read': return { op: 'r', before: null, after: event.after, source };
    case 'create': return { op: 'c', before: null, after: event.after, source };
    case 'update': return { op: 'u', before: event.keyBefore ?? null, after: event.after, source, ...(event.unchanged === undefined ? {} : { unchanged: event.unchanged }) };
    case 'delete': return { op: 'd', before: event.keyBefore, after: null, source };
    case 'truncate': return { op: 't', before: null, after: null, source };
  }
}

/** The CRC has vouched for the bytes, and only `eventJson` writes them. */
function parseEvent({ op, before, after, unchanged, source: { schema, table } }: EventJson): ChangeEvent {
  type Row = Readonly<Record<string, string | null>>;
  switch (op) {
    case 'r': return { op: 'snapshot-read', schema, table, after: after as Row };
    case 'c': return { op: 'create', schema, table, after: after as Row };
    case 'u': return {
      op: 'update', schema, table, after: after as Row,
      ...(before === null ? {} : { keyBefore: before as Row }), ...(unchanged === undefined ? {} : { unchanged }),
    };
    case 'd': return { op: 'delete', schema, table, keyBefore: before as Row };
    case 't': return { op: 'truncate', schema, table };
  }
}
