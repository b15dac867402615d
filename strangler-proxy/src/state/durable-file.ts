import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StranglerError } from '@strangler/kernel';
import { errorText } from './error-code.ts';

/**
 * Replaces a file so that after a crash either the old or the new text is there, never half of one: write beside it, fsync, rename, fsync the
 * directory (the rename itself is only durable then). `durable: false` skips the fsyncs.
 */
export async function replaceFile(path: string, text: string, { durable = true, mode = 0o644 }: { durable?: boolean; mode?: number } = {}): Promise<void> {
  const beside = `${path}.${String(process.pid)}.tmp`;
  try {
    await withFile(beside, 'w', async (file) => {
      await file.writeFile(text);
      if (durable) await file.sync();
    }, mode);
    await rename(beside, path);
    if (durable) await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw notWritten(path, cause);
  }
}

/** Appends durably and answers the length before. On failure the file is cut back to that length: no half line stays. */
export async function appendDurably(path: string, text: string): Promise<number> {
  try {
    return await withFile(path, 'a', async (file) => {
      const { size } = await file.stat();
      try {
        await file.writeFile(text);
        await file.sync();
      } catch (cause) {
        await file.truncate(size).catch(() => undefined);
        throw cause;
      }
      return size;
    });
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

export async function cutTo(path: string, length: number): Promise<void> {
  await withFile(path, 'r+', async (file) => {
    await file.truncate(length);
    await file.sync();
  });
}

async function withFile<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>, mode?: number): Promise<T> {
  const file = await open(path, flags, mode);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  await withFile(path, 'r', async (directory) => directory.sync());
}

export const notWritten = (path: string, cause: unknown): StranglerError => new StranglerError({
  code: 'STR_STATE_NOT_WRITTEN',
  message: `${path} could not be written (${errorText(cause)}); nothing was changed.`,
  remedy: 'Free some disk space or mend the directory\'s permissions, then try again.',
  exitCode: 3,
  cause,
});
