import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { formats, type Analysis, type Format, type Printing } from '@strangler/analyzer';
import { StranglerError } from '@strangler/kernel';

/** @throws StranglerError STR_USAGE for a format there is not. */
export function formatNamed(name: string): Format {
  const format = formats.get(name);
  if (format === undefined) throw new StranglerError({ code: 'STR_USAGE', message: `There is no format '${name}'.`, remedy: `One of ${[...formats.keys()].join(', ')}.` });
  return format;
}

/** A line per format, for the help. */
export const formatList = (): string => [...formats].map(([name, { file, what }]) => `    ${name.padEnd(12)}${what} (${file})`).join('\n');

/** Writes every format into a directory; the answer names each file. */
export async function writeReports(analysis: Analysis, printing: Printing, directory: string, cwd: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const lines: string[] = [];
  for (const { file: name, text } of formats.values()) {
    const file = join(directory, name);
    await writeFile(file, text(analysis, printing));
    lines.push(`wrote ${relative(cwd, file) || file}`);
  }
  return lines.join('\n');
}
