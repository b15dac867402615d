import { readFileSync, statSync } from 'node:fs';

/** A file's text, or why there is none to be had: a finding's words. */
export type TextRead = { readonly text: string; readonly why?: undefined } | { readonly text?: undefined; readonly why: string };

/** Beyond this nothing is loaded at all: a dump or a film, whatever it is called. */
const MOST_BYTES = 64_000_000;

/**
 * Reads what may be anything: never waits for a pipe or a device, never loads what would not fit, decodes UTF-16 by its mark, and tells text from the rest.
 * Never throws: a file may vanish between being listed and being read.
 */
export const readText = (path: string): TextRead => {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return { why: stat.isDirectory() ? 'a directory, where a file was expected' : 'a pipe, socket or device: not read' };
    if (stat.size > MOST_BYTES) return { why: `${(stat.size / 1e6).toFixed(0)} MB: too large to be source, not read` };
    return decoded(readFileSync(path));
  } catch (error) {
    return { why: whyNot(error as NodeJS.ErrnoException, path) };
  }
};

const decoded = (bytes: Buffer): TextRead => {
  const text = bytes[0] === 0xff && bytes[1] === 0xfe ? bytes.toString('utf16le', 2) : bytes[0] === 0xfe && bytes[1] === 0xff ? bigEndian(bytes) : bytes.toString('utf8');
  return text.includes('\0') ? { why: 'holds NUL bytes: binary, not source' } : { text: text.startsWith('\uFEFF') ? text.slice(1) : text };
};

/** Node has no decoder for UTF-16 in network order. */
const bigEndian = (bytes: Buffer): string => Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2))).swap16().toString('utf16le');

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission to read it', EPERM: 'no permission to read it', ENOENT: 'there is no such file (any more)', ELOOP: 'symbolic links that lead in a circle',
  ENAMETOOLONG: 'its path is longer than the system can open', EMFILE: 'too many files are open', EIO: 'the disk failed to read it',
};

/** A name that is no UTF-8 comes out of the listing damaged, so that nothing is found under it. */
const whyNot = ({ code = '' }: NodeJS.ErrnoException, path: string): string => (path.includes('\uFFFD') ? 'its name is not UTF-8, so it cannot be opened' : REASONS[code] ?? `it cannot be read (${code})`);

/** Why a directory cannot be listed, in the same words. */
export const whyUnreadable = (error: unknown, path: string): string => whyNot(error as NodeJS.ErrnoException, path);
