import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { LSN_ZERO, maxLsn, parseLsn, printLsn, type Lsn } from '../capture/lsn.ts';
import type { ChangeLog, LogExtent, LogPosition } from './change-log.ts';
import { replaceFile, syncDirectory } from './durable-file.ts';
import { FrameWriter, SegmentRelations } from './frame.ts';
import { RecentTransactions } from './recent.ts';
import { SEGMENT_BYTES, type Retention } from './retention.ts';
import { findEnd, listSegments, SEGMENT_HEADER, segmentFile, segmentHeader, transactions, type Segment } from './segment.ts';
import { batches, type Weighed } from './batches.ts';
import { logMissing, otherVersion, writeFailed } from './log-errors.ts';
import { lockForWriting } from './writer-lock.ts';

export interface EmbeddedLogOptions {
  /** Look, do not touch: no lock, no truncation; for replay beside a running sink. */
  readonly readOnly?: boolean;
  /** A segment is closed when it is this large; default 64 MiB. */
  readonly segmentBytes?: number;
  /** Nothing is ever removed by default. What the sink has not applied is kept in any case (`release`). */
  readonly retention?: Retention;
  /** Opens a file for writing; a test gives one whose disk is full. */
  readonly openFile?: (path: string) => Promise<Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'close'>>;
  readonly now?: () => number;
}

/** The log as files of one directory. Made for one machine: one writer, any number of readers. */
export interface EmbeddedLog extends ChangeLog {
  /** Given at creation; tells this log from another that once lay at the same place. */
  readonly id: string;
  /** The source has nothing for us up to here: with the log empty in between, the position is still progress. Durable when it resolves. */
  advance(lsn: Lsn): Promise<void>;
  /** Everything up to here is durable in this log, or known to be nothing. */
  durable(): Lsn;
  /** Position of the newest transaction; zero where there is none. */
  newest(): Lsn;
  /** The sink has applied up to here, durably: retention may remove it. */
  release(lsn: Lsn): void;
}

/** Of the files' format. 1 held JSON. */
const VERSION = 2;
const BATCH_EVENTS = 5_000;

/** Opens (and, the first time, creates) the log in `directory`. @throws StranglerError STR_LOG_LOCKED, STR_LOG_CORRUPT, STR_LOG_MISSING */
export async function openEmbeddedLog(directory: string, options: EmbeddedLogOptions = {}): Promise<EmbeddedLog> {
  if (options.readOnly === true) return SegmentLog.load(directory, options, undefined);
  await mkdir(directory, { recursive: true });
  const unlock = await lockForWriting(directory);
  try {
    await writeFile(join(directory, 'log.json'), JSON.stringify({ version: VERSION, id: randomUUID() }), { flag: 'wx' }).catch((error: unknown) => {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    });
    return await SegmentLog.load(directory, options, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

interface Writer {
  readonly file: Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'close'>;
  size: number;
  /** Of those described by an earlier writer of the same file it knows nothing: describing twice does no harm. */
  readonly relations: SegmentRelations;
}

class SegmentLog implements EmbeddedLog {
  readonly id: string;
  private readonly directory: string;
  private readonly options: EmbeddedLogOptions;
  private readonly unlock: (() => Promise<void>) | undefined;
  private segments: Segment[] = [];
  /** Durable bytes of the newest segment; older ones are read to their end. */
  private size = 0;
  private newestHead: { lsn: Lsn; timeMs: number } | undefined;
  private progress = LSN_ZERO;
  private released = LSN_ZERO;
  private writer: Writer | undefined;
  private broken: unknown;
  private closed = false;
  private complete = true;
  private readonly frames = new FrameWriter();
  private readonly recent = new RecentTransactions();
  private appending: Promise<void> = Promise.resolve();

  private constructor(directory: string, id: string, options: EmbeddedLogOptions, unlock: (() => Promise<void>) | undefined) {
    this.directory = directory;
    this.id = id;
    this.options = options;
    this.unlock = unlock;
  }

  static async load(directory: string, options: EmbeddedLogOptions, unlock: (() => Promise<void>) | undefined): Promise<SegmentLog> {
    const description = await readFile(join(directory, 'log.json'), 'utf8').catch(() => { throw logMissing(directory); });
    const { version, id } = JSON.parse(description) as { version: number; id: string };
    if (version !== VERSION) throw otherVersion(directory, version, VERSION);
    const log = new SegmentLog(directory, id, options, unlock);
    log.segments = await listSegments(directory, unlock === undefined ? () => Promise.resolve() : rm);
    log.progress = await readProgress(directory);
    log.complete = await stat(join(directory, 'retired')).then(() => false, () => true);
    await log.findNewest();
    return log;
  }

  private async findNewest(): Promise<void> {
    for (let last = this.segments.at(-1); last !== undefined; last = this.segments.at(-1)) {
      const end = await findEnd(last.path);
      if (end !== undefined) {
        this.newestHead = end.head;
        this.size = end.size;
        if (this.unlock !== undefined) await this.settle(last.path, end.size);
        return;
      }
      this.segments.pop(); // its first transaction never became whole
      if (this.unlock !== undefined) await rm(last.path);
    }
  }

  /** Cuts a torn tail off. And a writer that was killed before it synced left what a power cut could still take: that too becomes durable before anybody relies on it. */
  private async settle(path: string, size: number): Promise<void> {
    const file = await (this.options.openFile ?? openForWriting)(path);
    try {
      if ((await stat(path)).size !== size) await file.truncate(size);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  durable(): Lsn {
    return maxLsn(this.newestHead?.lsn ?? LSN_ZERO, this.progress);
  }

  release(lsn: Lsn): void {
    this.released = maxLsn(this.released, lsn);
  }

  append(batch: readonly ChangeTransaction[]): Promise<void> {
    const done = this.appending.then(() => this.write(batch));
    this.appending = done.catch(() => undefined);
    return done;
  }

  private async write(batch: readonly ChangeTransaction[]): Promise<void> {
    this.requireWritable();
    const fresh: ChangeTransaction[] = [];
    let last = this.newestHead?.lsn ?? LSN_ZERO;
    for (const transaction of batch) {
      if (transaction.commitLsn <= last) continue;
      fresh.push(transaction);
      last = transaction.commitLsn;
    }
    const [first] = fresh;
    const newest = fresh.at(-1);
    if (first === undefined || newest === undefined) return;
    let weighed: Weighed[];
    try {
      const writer = await this.writerFor(first);
      const frames = this.frames.begin();
      weighed = fresh.map((transaction) => ({ transaction, bytes: frames.add(transaction, writer.relations) }));
      const { bytes } = frames;
      await writeAll(writer, bytes);
      await writer.file.datasync();
      writer.size += bytes.length;
      this.size = writer.size;
    } catch (cause) {
      // What a failed write or sync left on the disk nobody knows: this log is done for until it is opened again.
      this.broken = cause;
      throw writeFailed(this.directory, cause);
    }
    this.newestHead = { lsn: newest.commitLsn, timeMs: newest.committedAtMs };
    this.recent.push(weighed);
  }

  private async writerFor(first: ChangeTransaction): Promise<Writer> {
    const open_ = this.options.openFile ?? openForWriting;
    const last = this.segments.at(-1);
    if (this.writer === undefined && last !== undefined) this.writer = { file: await open_(last.path), size: this.size, relations: new SegmentRelations() };
    if (this.writer !== undefined && this.writer.size < (this.options.segmentBytes ?? SEGMENT_BYTES)) return this.writer;
    await this.writer?.file.close();
    const path = join(this.directory, segmentFile(first.commitLsn));
    const previousLsn = this.newestHead?.lsn ?? LSN_ZERO;
    this.writer = { file: await open_(path), size: 0, relations: new SegmentRelations() };
    await writeAll(this.writer, segmentHeader(previousLsn));
    this.writer.size = SEGMENT_HEADER;
    await syncDirectory(this.directory);
    this.size = SEGMENT_HEADER;
    this.segments.push({ path, firstLsn: first.commitLsn, firstTimeMs: first.committedAtMs, previousLsn });
    await this.retire();
    return this.writer;
  }

  /** Removes old segments the retention no longer wants and the sink no longer needs. */
  private async retire(): Promise<void> {
    const sizes = await Promise.all(this.segments.map(async ({ path }) => (await stat(path)).size));
    let total = sizes.reduce((sum, size) => sum + size, 0);
    for (const size of sizes) {
      const [oldest, next] = this.segments;
      if (oldest === undefined || next === undefined || next.firstLsn > this.released || !this.isTooMuch(total, next)) return;
      await this.forget(oldest, next);
      total -= size;
    }
  }

  private isTooMuch(bytes: number, next: Segment): boolean {
    const { maxBytes = Infinity, maxAgeMs = Infinity } = this.options.retention ?? {};
    return bytes > maxBytes || next.firstTimeMs < (this.options.now ?? Date.now)() - maxAgeMs;
  }

  /** The note comes first: a log that may have lost its beginning must not claim to be complete. */
  private async forget({ path }: Segment, next: Segment): Promise<void> {
    await writeFile(join(this.directory, 'retired'), `${printLsn(next.firstLsn)}\n`);
    this.complete = false;
    this.segments = this.segments.slice(1);
    await rm(path);
  }

  async advance(lsn: Lsn): Promise<void> {
    if (lsn <= this.durable()) return;
    this.requireWritable();
    try {
      await replaceFile(join(this.directory, 'progress'), `${printLsn(lsn)}\n`);
      await syncDirectory(this.directory);
    } catch (cause) {
      throw writeFailed(this.directory, cause);
    }
    this.progress = lsn;
  }

  private requireWritable(): void {
    if (this.unlock === undefined || this.closed) throw new Error('the change log is not open for writing');
    if (this.broken !== undefined) throw writeFailed(this.directory, this.broken);
  }

  async* read(from: LogPosition, { follow = false, signal, maxBatch = BATCH_EVENTS }: ReadOptions = {}): AsyncGenerator<readonly ChangeTransaction[]> {
    const head = this.newest();
    const bound = (): Lsn => (follow ? this.newest() : head);
    let { after, fromTimeMs } = startOf(from);
    while (!isAborted(signal)) {
      const end = bound();
      for await (const batch of this.readTo(after, fromTimeMs, end, maxBatch)) {
        [after, fromTimeMs] = [lastOf(batch, after), -Infinity]; // from the first one on, all
        yield batch;
        if (isAborted(signal)) return;
      }
      if (!follow || !await this.news(maxLsn(after, end), signal)) return;
    }
  }

  /** Waits until there is something after `known`; false when there never will be. */
  private async news(known: Lsn, signal: AbortSignal | undefined): Promise<boolean> {
    if (!this.closed && this.newest() <= known) await this.recent.grown(signal);
    return !this.closed;
  }

  newest(): Lsn {
    return this.newestHead?.lsn ?? LSN_ZERO;
  }

  private async* readTo(after: Lsn, fromTimeMs: number, end: Lsn, maxBatch: number): AsyncGenerator<readonly ChangeTransaction[]> {
    const known = fromTimeMs === -Infinity ? this.recent.after(after, end) : undefined;
    yield* batches(known ?? this.readFiles(after, fromTimeMs, end), maxBatch);
  }

  private async* readFiles(after: Lsn, fromTimeMs: number, end: Lsn): AsyncGenerator<Weighed> {
    const segments = [...this.segments];
    let started = fromTimeMs === -Infinity;
    for (const [index, segment] of segments.entries()) {
      const next = segments[index + 1];
      if (next !== undefined && (next.firstLsn <= after + 1n || (!started && next.firstTimeMs < fromTimeMs))) continue;
      const whole = next === undefined ? { end: segment === this.segments.at(-1) ? this.size : Infinity } : { end: Infinity, lastLsn: next.previousLsn };
      const begun = (): boolean => started;
      for await (const weighed of transactions(segment.path, { ...whole, wanted: ({ lsn, timeMs }) => lsn > after && lsn <= end && (begun() || timeMs >= fromTimeMs) })) {
        started = true;
        yield weighed;
      }
    }
  }

  extent(): Promise<LogExtent> {
    const [first] = this.segments;
    if (first === undefined || this.newestHead === undefined) return Promise.resolve({});
    return Promise.resolve({ tail: { lsn: first.firstLsn, timeMs: first.firstTimeMs }, head: this.newestHead, complete: this.complete });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.appending;
    this.recent.close();
    await this.writer?.file.close();
    await this.unlock?.();
  }
}

interface ReadOptions {
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  readonly maxBatch?: number;
}

const lastOf = (batch: readonly ChangeTransaction[], otherwise: Lsn): Lsn => batch.at(-1)?.commitLsn ?? otherwise;

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

function startOf(from: LogPosition): { after: Lsn; fromTimeMs: number } {
  if (from === 'start') return { after: LSN_ZERO, fromTimeMs: -Infinity };
  return 'afterLsn' in from ? { after: from.afterLsn, fromTimeMs: -Infinity } : { after: LSN_ZERO, fromTimeMs: from.fromTimeMs };
}

const openForWriting = async (path: string): Promise<FileHandle> => open(path, 'r+').catch((error: unknown) => {
  if ((error as { code?: string }).code === 'ENOENT') return open(path, 'wx+');
  throw error;
});

async function writeAll({ file, size }: Writer, bytes: Buffer): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += (await file.write(bytes, written, bytes.length - written, size + written)).bytesWritten;
}

async function readProgress(directory: string): Promise<Lsn> {
  const text = (await readFile(join(directory, 'progress'), 'utf8').catch(() => '')).trim();
  return /^[0-9A-F]+\/[0-9A-F]+$/.test(text) ? parseLsn(text) : LSN_ZERO;
}
