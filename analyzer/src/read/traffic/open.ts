import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StranglerError } from '@strangler/kernel';

/** A line longer than this is no line of a log: it is passed over and counted. */
const LONGEST_LINE = 64 << 20;
const GZIP = 0x1f_8b;

/** One line; `text` is undefined for one that is too long to be read. */
export interface Line {
  readonly number: number;
  readonly text: string | undefined;
}

/**
 * The lines of a file, gzipped or not, as a stream: however large the file is, one chunk is in memory.
 * @throws StranglerError STR_TRAFFIC_NOT_FOUND when it cannot be opened, STR_TRAFFIC_BROKEN when it breaks off inside (a truncated .gz).
 */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  let number = 0;
  let rest = '';
  let tooLong = false;
  for await (const chunk of chunksOf(path)) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      number += 1;
      yield { number, text: tooLong ? undefined : part.endsWith('\r') ? part.slice(0, -1) : part };
      tooLong = false;
    }
    if (rest.length > LONGEST_LINE) {
      tooLong = true;
      rest = '';
    }
  }
  if (rest !== '' || tooLong) yield { number: number + 1, text: tooLong ? undefined : rest };
}

/** The whole text of a file; undefined when it is too large for one. */
export async function textOf(path: string, most: number): Promise<string | undefined> {
  const parts: string[] = [];
  let size = 0;
  for await (const chunk of chunksOf(path)) {
    size += chunk.length;
    if (size > most) return undefined;
    parts.push(chunk);
  }
  return parts.join('');
}

async function* chunksOf(path: string): AsyncGenerator<string> {
  const gzipped = await isGzipped(path);
  const source: Readable = gzipped ? createReadStream(path).pipe(createGunzip()) : createReadStream(path);
  source.setEncoding('utf8');
  try {
    for await (const chunk of source) yield chunk as string;
  } catch (cause) {
    throw new StranglerError({ code: 'STR_TRAFFIC_BROKEN', message: `${path} breaks off: ${(cause as Error).message}.`, remedy: 'Fetch the file again; what was read up to there is not used.', exitCode: 3, cause });
  }
}

async function isGzipped(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === GZIP;
  } catch (cause) {
    throw new StranglerError({ code: 'STR_TRAFFIC_NOT_FOUND', message: `${path} cannot be read.`, remedy: 'Name a file of traces, an access log or a HAR that is there; gzipped ones are read as they are.', cause });
  }
}
