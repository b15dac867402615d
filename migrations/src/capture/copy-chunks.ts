import type pg from 'pg';

/** Whole lines of COPY's text format, as the server wrote them. */
export interface CopyChunk {
  readonly text: Buffer;
  readonly rows: number;
}

interface CopyConnection {
  readonly stream: { pause(): unknown; resume(): unknown };
  on(event: 'copyData', listener: (message: { readonly chunk: Buffer }) => void): unknown;
  off(event: 'copyData', listener: (message: { readonly chunk: Buffer }) => void): unknown;
}

const LINE_END = 0x0a;
/** Chunks that may wait for the reader before the socket does. */
const WAITING = 2;

/** Cuts a byte stream into chunks of about `size` bytes that end with a line. What arrives may end anywhere. */
export class ChunkCutter {
  private readonly size: number;
  private bytes: Buffer;
  private used = 0;
  private rows = 0;

  constructor(size: number) {
    this.size = size;
    this.bytes = Buffer.allocUnsafe(size + (size >> 3));
  }

  /** The chunk that these bytes complete. */
  push(data: Buffer): CopyChunk | undefined {
    if (this.used + data.length > this.bytes.length) this.grow(data.length);
    data.copy(this.bytes, this.used);
    this.used += data.length;
    for (let at = data.indexOf(LINE_END); at >= 0; at = at === data.length - 1 ? -1 : data.indexOf(LINE_END, at + 1)) this.rows += 1;
    return this.used >= this.size && this.rows > 0 ? this.cut() : undefined;
  }

  /** What is left; undefined when that is nothing. */
  rest(): CopyChunk | undefined {
    return this.rows > 0 ? this.cut() : undefined;
  }

  private cut(): CopyChunk {
    const end = this.bytes.lastIndexOf(LINE_END, this.used - 1) + 1;
    const [text, behind] = [this.bytes.subarray(0, end), this.bytes.subarray(end, this.used)];
    const { rows } = this;
    this.bytes = Buffer.allocUnsafe(Math.max(this.size + (this.size >> 3), behind.length));
    [this.used, this.rows] = [behind.copy(this.bytes), 0];
    return { text, rows };
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafe(2 * this.bytes.length + needed);
    this.bytes.copy(larger, 0, 0, this.used);
    this.bytes = larger;
  }
}

/** COPY … TO STDOUT in chunks of about `size` bytes; the socket is paused while the reader is behind. */
export async function* copyChunks(client: pg.ClientBase & { readonly connection?: unknown }, sql: string, size: number): AsyncGenerator<CopyChunk> {
  const connection = client.connection as CopyConnection;
  const cutter = new ChunkCutter(size);
  const waiting: CopyChunk[] = [];
  let wake: () => void = () => undefined;
  const listen = ({ chunk }: { readonly chunk: Buffer }): void => {
    const whole = cutter.push(chunk);
    if (whole === undefined) return;
    waiting.push(whole);
    if (waiting.length >= WAITING) connection.stream.pause();
    wake();
  };
  connection.on('copyData', listen);
  const state: { done: boolean; error?: unknown } = { done: false };
  client.query(sql).then(() => { state.done = true; wake(); }, (error: unknown) => { state.done = true; state.error = error; wake(); });
  try {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) {
        yield next;
      } else if (state.done) {
        break;
      } else {
        const more = new Promise<void>((resolve) => { wake = resolve; });
        connection.stream.resume();
        await more;
      }
    }
    if (state.error !== undefined) throw state.error as Error;
    const rest = cutter.rest();
    if (rest !== undefined) yield rest;
  } finally {
    connection.off('copyData', listen);
    connection.stream.resume();
  }
}
