import { crc32 } from 'node:zlib';
import type { ChangeTransaction } from '../capture/change-event.ts';
import type { Lsn } from '../capture/lsn.ts';
import { pack } from '../capture/pack.ts';
import { packedOf, PackedTransaction } from '../capture/packed-transaction.ts';
import { describeRelation, parseRelation, withRelation, type PackedChanges, type Relation, type Relations } from '../capture/packed.ts';
import { u32 } from '../capture/tuple.ts';

/**
 * A frame is `length u32 | crc32 u32 | body`, and a body is `commit LSN u64 | commit time ms f64 | flags u8 | xid u32 | events u32 | snapshot rows u32 | marker | messages`:
 * position and time can be read without looking further. The marker is `length u32 | text` and there only with its flag; the messages are those of `PackedChanges`.
 * A transaction is one frame, or several when it is large; the last one has no `MORE` flag, and each says the counts of the whole. A relation is described in the first
 * frame of a segment that needs it: a reader takes notice of the frames flagged `DESCRIBES` even where it wants nothing else of them.
 */
export const FRAME_HEADER = 8;
const BODY_HEADER = 29;
const MORE = 1;
const DESCRIBES = 2;
const MARKED = 4;
/** A transaction with more messages than this is cut between two of them. */
const FRAME_BYTES = 4_000_000;
/** No frame we write comes near; a longer one is damage. */
const MAX_BODY = 0x3fff_ffff;
/** What a writer keeps of its memory from one batch to the next. */
const ROOM = { first: 64 * 1024, kept: 16_000_000 };

/** What a frame's fixed part says. */
export interface FrameHead {
  readonly lsn: Lsn;
  readonly timeMs: number;
  readonly more: boolean;
  readonly describes: boolean;
  /** Bytes of the whole frame. */
  readonly size: number;
}

/** What readers of a segment have been told of relations so far. */
export class SegmentRelations {
  private readonly described = new Map<number, Relation>();
  private known: Relations | undefined;

  /** Descriptions that a reader still lacks when the next transaction is this one. */
  tell({ relations, relationsAfter }: PackedChanges): Buffer[] {
    const missing: Buffer[] = [];
    if (relations !== this.known) {
      for (const [id, relation] of relations) if (this.described.get(id) !== relation) missing.push(describeRelation(relation));
    }
    if (relationsAfter !== this.known) {
      for (const [id, relation] of relationsAfter) this.described.set(id, relation);
      this.known = relationsAfter;
    }
    return missing;
  }
}

/** Frames one after another in one piece of memory, as they will lie in the file. */
export class FrameWriter {
  private buffer: Buffer = Buffer.allocUnsafe(ROOM.first);
  private used = 0;

  /** Forgets what it held: whoever still needs those bytes has lost them. */
  begin(): this {
    this.used = 0;
    if (this.buffer.length > ROOM.kept) this.buffer = Buffer.allocUnsafe(ROOM.first);
    return this;
  }

  /** @returns bytes that the transaction takes */
  add(transaction: ChangeTransaction, told: SegmentRelations): number {
    const before = this.used;
    const packed = packedOf(transaction) ?? pack(transaction.events);
    const messages = told.tell(packed).map(sized);
    const describes = messages.length > 0 || packed.relations !== packed.relationsAfter;
    const pieces = cut(packed.bytes);
    for (const [index, piece] of pieces.entries()) {
      const more = index < pieces.length - 1;
      this.frame(transaction, packed, (more ? MORE : 0) | (describes ? DESCRIBES : 0), index === 0 ? [...messages, piece] : [piece]);
    }
    return this.used - before;
  }

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.used);
  }

  private frame({ commitLsn, committedAtMs, xid, marker }: ChangeTransaction, { count, snapshotRows }: PackedChanges, flags: number, messages: readonly Buffer[]): void {
    const mark = marker === undefined ? undefined : Buffer.from(marker);
    let length = BODY_HEADER + (mark === undefined ? 0 : 4 + mark.length);
    for (const message of messages) length += message.length;
    this.room(FRAME_HEADER + length);
    const { buffer, used: start } = this;
    buffer.writeUInt32BE(length, start);
    buffer.writeBigUInt64BE(commitLsn, start + 8);
    buffer.writeDoubleBE(committedAtMs, start + 16);
    buffer[start + 24] = flags | (mark === undefined ? 0 : MARKED);
    buffer.writeUInt32BE(xid, start + 25);
    buffer.writeUInt32BE(count, start + 29);
    buffer.writeUInt32BE(snapshotRows, start + 33);
    let at = start + FRAME_HEADER + BODY_HEADER;
    if (mark !== undefined) {
      buffer.writeUInt32BE(mark.length, at);
      at += 4 + mark.copy(buffer, at + 4);
    }
    for (const message of messages) at += message.copy(buffer, at);
    buffer.writeUInt32BE(crc32(buffer.subarray(start + FRAME_HEADER, at)), start + 4);
    this.used = at;
  }

  private room(needed: number): void {
    if (this.used + needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.buffer.length, this.used + needed));
    this.buffer.copy(larger, 0, 0, this.used);
    this.buffer = larger;
  }
}

function sized(message: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

function cut(messages: Buffer): Buffer[] {
  if (messages.length <= FRAME_BYTES) return [messages];
  const pieces: Buffer[] = [];
  let begun = 0;
  for (let at = 0; at < messages.length;) {
    at += 4 + u32(messages, at);
    if (at - begun < FRAME_BYTES && at < messages.length) continue;
    pieces.push(messages.subarray(begun, at));
    begun = at;
  }
  return pieces;
}

/** The frame at `offset`; 'short' when the bytes end inside it, 'damaged' when they cannot be one. */
export function readFrame(bytes: Buffer, offset: number): FrameHead | 'short' | 'damaged' {
  if (bytes.length - offset < FRAME_HEADER) return 'short';
  const length = bytes.readUInt32BE(offset);
  if (length < BODY_HEADER || length > MAX_BODY) return 'damaged';
  const size = FRAME_HEADER + length;
  if (bytes.length - offset < size) return 'short';
  if (crc32(bytes.subarray(offset + FRAME_HEADER, offset + size)) !== bytes.readUInt32BE(offset + 4)) return 'damaged';
  const flags = bytes.readUInt8(offset + 24);
  return {
    lsn: bytes.readBigUInt64BE(offset + 8) as Lsn,
    timeMs: bytes.readDoubleBE(offset + 16),
    more: (flags & MORE) !== 0,
    describes: (flags & DESCRIBES) !== 0,
    size,
  };
}

/** The size the frame at `offset` claims, so that a reader knows how much it must fetch. */
export const frameSize = (bytes: Buffer, offset: number): number => (bytes.length - offset < 4 ? FRAME_HEADER : FRAME_HEADER + bytes.readUInt32BE(offset));

/** Puts the frames of one transaction together again. The CRC has vouched for the bytes, and only `FrameWriter` writes them. */
export class TransactionBuilder {
  private pieces: Buffer[] = [];
  private relations: Relations = new Map();
  private relationsBefore: Relations = this.relations;

  /** The transaction this frame completes. Its bytes are those of `bytes`, not a copy, where it is one frame. */
  add(bytes: Buffer, offset: number, head: FrameHead): ChangeTransaction | undefined {
    if (this.pieces.length === 0) this.relationsBefore = this.relations;
    const { marker, messages } = contents(bytes, offset, head);
    this.notice(messages, head);
    this.pieces.push(messages);
    if (head.more) return undefined;
    const packed = {
      bytes: this.pieces.length === 1 ? messages : Buffer.concat(this.pieces),
      count: bytes.readUInt32BE(offset + 29), snapshotRows: bytes.readUInt32BE(offset + 33), relations: this.relationsBefore, relationsAfter: this.relations,
    };
    this.pieces = [];
    return new PackedTransaction({ commitLsn: head.lsn, committedAtMs: head.timeMs, xid: bytes.readUInt32BE(offset + 25), marker }, packed);
  }

  /** A frame that is not wanted may still describe what later ones speak of. */
  skip(bytes: Buffer, offset: number, head: FrameHead): void {
    if (head.describes) this.notice(contents(bytes, offset, head).messages, head);
  }

  private notice(messages: Buffer, { describes }: FrameHead): void {
    if (!describes) return;
    for (let at = 0; at < messages.length; at += 4 + u32(messages, at)) {
      if (messages[at + 4] === 0x52 /* R */) this.relations = withRelation(this.relations, parseRelation(messages, at + 4));
    }
  }
}

function contents(bytes: Buffer, offset: number, { size }: FrameHead): { marker: string | undefined; messages: Buffer } {
  const start = offset + FRAME_HEADER + BODY_HEADER;
  if ((bytes.readUInt8(offset + 24) & MARKED) === 0) return { marker: undefined, messages: bytes.subarray(start, offset + size) };
  const end = start + 4 + bytes.readUInt32BE(start);
  return { marker: bytes.toString('utf8', start + 4, end), messages: bytes.subarray(end, offset + size) };
}
