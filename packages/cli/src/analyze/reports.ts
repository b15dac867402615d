import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { formats } from '@strangler/analyzer';
import { StranglerError } from '@strangler/kernel';

/** @returns the name. @throws StranglerError STR_USAGE for a format there is not. */
export function checkFormat(name: string): string {
  if (!formats.has(name)) throw new StranglerError({ code: 'STR_USAGE', message: `There is no format '${name}'.`, remedy: `One of ${[...formats.keys()].join(', ')}.` });
  return name;
}

/** A line per format, for the help. */
export const formatList = (): string => [...formats].map(([name, { file, what }]) => `    ${name.padEnd(12)}${what} (${file})`).join('\n');

/**
 * Writes every format into a directory; the answer names each file. Each file appears whole or not at all.
 * @throws StranglerError STR_REPORT_UNWRITABLE
 */
export async function writeReports(text: (format: string) => string, directory: string, cwd: string): Promise<string> {
  const lines: string[] = [];
  for (const [format, { file: name }] of formats) {
    const file = join(directory, name);
    await writeWhole(directory, file, text(format));
    lines.push(`wrote ${relative(cwd, file) || file}`);
  }
  return lines.join('\n');
}

async function writeWhole(directory: string, file: string, text: string): Promise<void> {
  const unfinished = `${file}.unfinished`;
  try {
    await makeDirectory(directory);
    await writeFile(unfinished, text);
    await rename(unfinished, file);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw unwritable(file, cause as NodeJS.ErrnoException);
  }
}

/** Like mkdir's `recursive`, which tries forever where nothing can be made (below /proc, say). */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(directory)).isDirectory()) return;
    if (code !== 'ENOENT' || await isThere(dirname(directory))) throw error;
    await makeDirectory(dirname(directory));
    await mkdir(directory);
  }
}

const isThere = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);

function unwritable(file: string, cause: NodeJS.ErrnoException): StranglerError {
  const wrongPlace = ['EEXIST', 'ENOTDIR', 'EISDIR'].includes(cause.code ?? '');
  return new StranglerError({
    code: 'STR_REPORT_UNWRITABLE', exitCode: wrongPlace ? 2 : 3, cause,
    message: `The report ${file} cannot be written: ${cause.code === 'ENOSPC' ? 'the disk is full' : cause.message}.`,
    remedy: wrongPlace ? 'Name a directory with --out, or one that does not exist yet.' : 'Make room or mend the permissions, or name another directory with --out.',
  });
}
