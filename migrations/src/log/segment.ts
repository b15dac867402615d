import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode, StranglerError } from '@strangler/kernel';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { compareLsn, parseLsn, type Lsn } from '../capture/lsn.ts';
import { frameSize, readFrame, TransactionBuilder, type FrameHead } from './frame.ts';

/** A file of the log, named after the first position in it. */
export interface Segment {
  readonly path: string;
  readonly firstLsn: Lsn;
  readonly firstTimeMs: number;
}

const READ_BYTES = 1 << 20;

export const segmentFile = (first: Lsn): string => `${first.toString(16).toUpperCase().padStart(16, '0')}.log`;

/** The segments of a directory, oldest first. A file whose first frame never became whole is no segment. */
export async function listSegments(directory: string): Promise<Segment[]> {
  const names = (await readdir(directory)).filter((name) => /^[0-9A-F]{16}\.log$/.test(name));
  const found: Segment[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const head = await firstFrame(path);
    if (head !== undefined) found.push({ path, firstLsn: parseLsn(`${name.slice(0, 8)}/${name.slice(8, 16)}`), firstTimeMs: head.timeMs });
  }
  return found.sort((a, b) => compareLsn(a.firstLsn, b.firstLsn));
}

async function firstFrame(path: string): Promise<FrameHead | undefined> {
  for await (const { head } of frames(path, 0, Infinity)) return head;
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
  let position = 0;
  let found: SegmentEnd | undefined;
  for await (const { head } of frames(path, 0, Infinity)) {
    position += head.size;
    if (!head.more) found = { size: position, head: { lsn: head.lsn, timeMs: head.timeMs } };
  }
  return found;
}

export interface PlacedTransaction {
  readonly transaction: ChangeTransaction;
  /** Byte after it. */
  readonly end: number;
}

/** Transactions of a segment that `wanted` lets through, from byte `start` to byte `end`. Frames that are not wanted are not parsed. */
export async function* transactions(path: string, start: number, end: number, wanted: (head: FrameHead) => boolean): AsyncGenerator<PlacedTransaction> {
  const builder = new TransactionBuilder();
  let position = start;
  for await (const { bytes, offset, head } of frames(path, start, end)) {
    position += head.size;
    const transaction = wanted(head) ? builder.add(bytes, offset, head) : undefined;
    if (transaction !== undefined) yield { transaction, end: position };
  }
  if (end !== Infinity && position < end) throw damaged(path, position);
}

const damaged = (path: string, position: number): StranglerError => new StranglerError({
  code: 'STR_LOG_CORRUPT',
  message: `The change log is damaged: ${path}, byte ${String(position)}.`,
  remedy: 'Look at the disk. What was applied is safe in the target; remove the replication and start it again with a new snapshot.',
  exitCode: ExitCode.environment,
});
