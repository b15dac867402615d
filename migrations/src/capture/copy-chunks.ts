import type pg from 'pg';
import { divertInput, type DivertedStream } from './diverted-input.ts';

/** Whole lines of COPY's text format, as the server wrote them, behind room that its maker asked for. */
export interface CopyChunk {
  /** `headBytes` of room, then the lines. */
  readonly bytes: Buffer;
  readonly rows: number;
}

export interface ChunkSize {
  /** A chunk is cut when its lines have so many bytes. */
  readonly textBytes: number;
  /** Room before the lines, for whoever puts something before them: a chunk is large, and need not be moved for it. */
  readonly headBytes: number;
}

/** Chunks that may wait for the reader before the socket does. */
const WAITING = 2;
const COPY_DATA = 0x64;
/** Type, and length of itself and the payload (PostgreSQL docs, "Message Formats"). */
const MESSAGE_HEADER = 5;

/** Gathers the payloads of CopyData messages, each of which is one line (PostgreSQL docs, "COPY Operations"), into chunks. A payload may come in pieces. */
export class ChunkCutter {
  private readonly size: ChunkSize;
  private bytes: Buffer;
  private used: number;
  private rows = 0;

  constructor(size: ChunkSize) {
    this.size = size;
    this.bytes = this.fresh();
    this.used = size.headBytes;
  }

  /** A piece of a line. */
  add(from: Buffer, start: number, end: number): void {
    const needed = this.used + end - start;
    if (needed > this.bytes.length) this.grow(needed);
    from.copy(this.bytes, this.used, start, end);
    this.used = needed;
  }

  /** The line is complete. @returns the chunk that it completes */
  endLine(): CopyChunk | undefined {
    this.rows += 1;
    return this.used - this.size.headBytes >= this.size.textBytes ? this.cut() : undefined;
  }

  /** What is left; undefined when that is nothing. */
  rest(): CopyChunk | undefined {
    return this.rows > 0 ? this.cut() : undefined;
  }

  private cut(): CopyChunk {
    const chunk = { bytes: this.bytes.subarray(0, this.used), rows: this.rows };
    [this.bytes, this.used, this.rows] = [this.fresh(), this.size.headBytes, 0];
    return chunk;
  }

  private fresh(): Buffer {
    return Buffer.allocUnsafe(this.size.headBytes + this.size.textBytes + (this.size.textBytes >> 3));
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafe(2 * needed);
    this.bytes.copy(larger, 0, 0, this.used);
    this.bytes = larger;
  }
}

/** Reads a server's messages as they arrive: CopyData is cut into chunks, anything else is passed on, message by message. */
export class CopyOutReader {
  private readonly cutter: ChunkCutter;
  private readonly onChunk: (chunk: CopyChunk) => void;
  private readonly onOther: (message: Buffer) => void;
  private readonly header = Buffer.alloc(MESSAGE_HEADER);
  private headerBytes = 0;
  /** Of the message that is being read; its payload is still to come. */
  private left = 0;
  private other: Buffer[] = [];

  constructor(cutter: ChunkCutter, { onChunk, onOther }: { onChunk: (chunk: CopyChunk) => void; onOther: (message: Buffer) => void }) {
    [this.cutter, this.onChunk, this.onOther] = [cutter, onChunk, onOther];
  }

  /** `bytes` are not wanted any more when it returns. */
  read(bytes: Buffer): void {
    for (let at = 0; at < bytes.length || this.isAtPayloadEnd();) {
      if (this.headerBytes < MESSAGE_HEADER) at = this.readHeader(bytes, at);
      else at = this.readPayload(bytes, at);
    }
  }

  /** A message without payload ends where its header does. */
  private isAtPayloadEnd(): boolean {
    return this.headerBytes === MESSAGE_HEADER && this.left === 0;
  }

  private readHeader(bytes: Buffer, at: number): number {
    const taken = Math.min(MESSAGE_HEADER - this.headerBytes, bytes.length - at);
    for (let n = 0; n < taken; n += 1) this.header[this.headerBytes + n] = bytes[at + n] ?? 0;
    this.headerBytes += taken;
    if (this.headerBytes === MESSAGE_HEADER) {
      this.left = this.header.readUInt32BE(1) - 4;
      if (this.header[0] !== COPY_DATA) this.other.push(Buffer.from(this.header));
    }
    return at + taken;
  }

  private readPayload(bytes: Buffer, at: number): number {
    const taken = Math.min(this.left, bytes.length - at);
    const isCopy = this.header[0] === COPY_DATA;
    if (isCopy) this.cutter.add(bytes, at, at + taken);
    else if (taken > 0) this.other.push(Buffer.from(bytes.subarray(at, at + taken)));
    this.left -= taken;
    if (this.left === 0) this.endMessage(isCopy);
    return at + taken;
  }

  private endMessage(isCopy: boolean): void {
    this.headerBytes = 0;
    if (isCopy) {
      const chunk = this.cutter.endLine();
      if (chunk !== undefined) this.onChunk(chunk);
    } else {
      const message = Buffer.concat(this.other);
      this.other = [];
      this.onOther(message);
    }
  }
}

/**
 * COPY … TO STDOUT in chunks; the socket is paused while the reader is behind. The rows are taken from the socket itself: as messages of the client's, each of them costs an object
 * and an event, and the memory they lie in is the collector's work.
 */
export async function* copyChunks(client: pg.ClientBase & { readonly connection?: unknown }, sql: string, size: ChunkSize): AsyncGenerator<CopyChunk> {
  const { stream } = client.connection as { readonly stream: DivertedStream };
  const cutter = new ChunkCutter(size);
  const waiting: CopyChunk[] = [];
  let wake: () => void = () => undefined;
  const state: { done: boolean; left: boolean; error?: unknown } = { done: false, left: false };
  const onChunk = (chunk: CopyChunk): void => {
    if (state.left) return;
    waiting.push(chunk);
    if (waiting.length >= WAITING) stream.pause();
    wake();
  };
  const input = divertInput(stream);
  const reader = new CopyOutReader(cutter, { onChunk, onOther: input.pass });
  input.to((bytes) => { reader.read(bytes); });
  const end = (): void => { state.done = true; input.back(); wake(); };
  client.query(sql).then(end, (error: unknown) => { state.error = error; end(); });
  try {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) {
        yield next;
      } else if (state.done) {
        break;
      } else {
        const more = new Promise<void>((resolve) => { wake = resolve; });
        stream.resume();
        await more;
      }
    }
    if (state.error !== undefined) throw state.error as Error;
    const rest = cutter.rest();
    if (rest !== undefined) yield rest;
  } finally {
    state.left = true; // what still comes of a copy that was given up is nobody's
    stream.resume();
  }
}
