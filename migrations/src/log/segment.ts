import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { parseLsn, type Lsn } from '../capture/lsn.ts';
import type { Weighed } from './batches.ts';
import { frameSize, readFrame, TransactionBuilder, type FrameHead } from './frame.ts';

/** A file of the log, named after the first position in it. It begins with a magic word and the last position of the file before it, so that a missing end is noticed. */
export interface Segment {
  readonly path: string;
  readonly firstLsn: Lsn;
  readonly firstTimeMs: number;
  readonly previousLsn: Lsn;
}

const READ_BYTES = 1 << 20;
const MAGIC = Buffer.from('STRLOG02', 'latin1');
/** Where the first frame begins. */
export const SEGMENT_HEADER = MAGIC.length + 8;

export const segmentFile = (first: Lsn): string => `${first.toString(16).toUpperCase().padStart(16, '0')}.log`;

export function segmentHeader(previous: Lsn): Buffer {
  const header = Buffer.concat([MAGIC, Buffer.alloc(8)]);
  header.writeBigUInt64BE(previous, MAGIC.length);
  return header;
}

/** The segments of a directory, oldest first. The newest may have no whole frame yet: then it is no segment, and a writer drops it. @throws StranglerError STR_LOG_CORRUPT */
export async function listSegments(directory: string, drop: (path: string) => Promise<void>): Promise<Segment[]> {
  const names = (await readdir(directory)).filter((name) => /^[0-9A-F]{16}\.log$/.test(name)).sort();
  const found: Segment[] = [];
  for (const [index, name] of names.entries()) {
    const segment = await readSegment(join(directory, name), parseLsn(`${name.slice(0, 8)}/${name.slice(8, 16)}`));
    if (segment !== undefined) found.push(segment);
    else if (index < names.length - 1) throw damaged(join(directory, name), 0);
    else await drop(join(directory, name));
  }
  return found;
}

async function readSegment(path: string, firstLsn: Lsn): Promise<Segment | undefined> {
  const file = await open(path, 'r');
  const header = await readAt(file, 0, SEGMENT_HEADER).finally(() => file.close());
  if (header.length < SEGMENT_HEADER || !header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  for await (const { head } of frames(path, SEGMENT_HEADER, Infinity)) return { path, firstLsn, firstTimeMs: head.timeMs, previousLsn: header.readBigUInt64BE(MAGIC.length) as Lsn };
  return undefined;
}

interface LocatedFrame {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly head: FrameHead;
}

/** The whole frames of a file up to byte `end`; stops where a frame is cut short or damaged. */
export async function* frames(path: string, start: number, end: number): AsyncGenerator<LocatedFrame> {
  const file = await open(path, 'r');
  try {
    const stop = Math.min(end, (await file.stat()).size);
    let position = start;
    let wanted = READ_BYTES;
    while (position < stop) {
      const bytes = await readAt(file, position, Math.min(wanted, stop - position));
      let offset = 0;
      let head = readFrame(bytes, offset);
      for (; typeof head === 'object'; head = readFrame(bytes, offset)) {
        yield { bytes, offset, head };
        offset += head.size;
      }
      const next = frameSize(bytes, offset);
      position += offset;
      if (head === 'damaged' || position + next > stop) return;
      wanted = Math.max(READ_BYTES, next);
    }
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await file.read(bytes, got, length - got, position + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return bytes.subarray(0, got);
}

export interface SegmentEnd {
  /** Byte after the last whole transaction. */
  readonly size: number;
  readonly head: { readonly lsn: Lsn; readonly timeMs: number };
}

/** Walks a segment to the end of its last whole transaction: what lies behind was being written when the process died. */
export async function findEnd(path: string): Promise<SegmentEnd | undefined> {
  let position = SEGMENT_HEADER;
  let found: SegmentEnd | undefined;
  for await (const { head } of frames(path, SEGMENT_HEADER, Infinity)) {
    position += head.size;
    if (!head.more) found = { size: position, head: { lsn: head.lsn, timeMs: head.timeMs } };
  }
  return found;
}

export interface Range {
  /** Byte after the last frame that is durable. */
  readonly end: number;
  /** The last position the file must hold, where that is known. */
  readonly lastLsn?: Lsn;
  /** Of frames that are not wanted only what later ones need is read. */
  readonly wanted: (head: FrameHead) => boolean;
}

/** Transactions of a segment. @throws StranglerError STR_LOG_CORRUPT when it does not reach as far as it must */
export async function* transactions(path: string, { end, lastLsn, wanted }: Range): AsyncGenerator<Weighed> {
  const builder = new TransactionBuilder();
  let [position, weight] = [SEGMENT_HEADER, 0];
  let seen: Lsn | undefined;
  for await (const { bytes, offset, head } of frames(path, SEGMENT_HEADER, end)) {
    position += head.size;
    seen = head.lsn;
    weight += head.size;
    const wants = wanted(head);
    if (!wants) builder.skip(bytes, offset, head);
    const transaction = wants ? builder.add(bytes, offset, head) : undefined;
    if (transaction !== undefined) yield { transaction, bytes: weight };
    if (!head.more) weight = 0;
  }
  if ((end !== Infinity && position < end) || (lastLsn !== undefined && seen !== lastLsn)) throw damaged(path, position);
}

function damaged(path: string, position: number): StranglerError {
  return new StranglerError({
    code: 'STR_LOG_CORRUPT',
    message: `The change log is damaged: ${path}, byte ${String(position)}.`,
    remedy: 'Look at the disk. What was applied is safe in the target; remove the replication and start it again with a new snapshot.',
    exitCode: ExitCode.environment,
  });
}
