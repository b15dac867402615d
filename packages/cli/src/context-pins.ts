import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { checkPins, type ContextPins, type PinProblem } from '@strangler/analyzer';
import { FindingsError, StranglerError } from '@strangler/kernel';

export const PINS_FILE = 'strangler.contexts.yaml';

/** A pins file as it stands. */
export interface PinsFile {
  readonly file: string;
  /** Undefined when there is none yet. */
  readonly text: string | undefined;
}

/**
 * Reads what the team decided about contexts: the file it names, or `strangler.contexts.yaml` in the analyzed directory, beside it, or here.
 * Without one there are no pins.
 * @throws StranglerError STR_PINS_NOT_FOUND for a named file that cannot be read; FindingsError STR_BAD_PINS with every problem at once.
 */
export async function loadPins(analyzed: string, cwd: string, named: string | undefined): Promise<ContextPins> {
  const { file, text } = await findPins(analyzed, cwd, named);
  return text === undefined ? {} : parsePins(text, named ?? file);
}

/** The file that `loadPins` reads; where there is none, the one here that would be written. */
export async function findPins(analyzed: string, cwd: string, named: string | undefined): Promise<PinsFile> {
  if (named !== undefined) return { file: resolve(cwd, named), text: await readNamed(resolve(cwd, named)) };
  for (const directory of new Set([analyzed, dirname(analyzed), cwd])) {
    const file = resolve(directory, PINS_FILE);
    const text = await readIfThere(file);
    if (text !== undefined) return { file, text };
  }
  return { file: resolve(cwd, PINS_FILE), text: undefined };
}

/** Checks the text of a pins file. @throws FindingsError STR_BAD_PINS with every problem at once. */
export function parsePins(text: string, name: string): ContextPins {
  const document = parseDocument(text);
  const broken = document.errors.map(({ linePos, message }): PinProblem => ({ where: `line ${String(linePos?.[0].line ?? 1)}`, message: message.split('\n')[0] ?? message }));
  const { pins, problems } = broken.length > 0 ? { pins: {}, problems: broken } : checkPins(document.toJS());
  if (problems.length === 0) return pins;
  throw new FindingsError({
    code: 'STR_BAD_PINS', message: `${name} has ${String(problems.length)} mistake${problems.length === 1 ? '' : 's'}.`, remedy: 'Mend each of them; `strangler analyze --help` shows the shape.',
  }, problems.map(({ where, message }) => ({ code: 'STR_BAD_PINS', severity: 'error', where, message })));
}

async function readNamed(file: string): Promise<string> {
  try {
    return await readPlain(file);
  } catch (cause) {
    throw new StranglerError({ code: 'STR_PINS_NOT_FOUND', message: `The pins file ${file} cannot be read.`, remedy: `Name another with --pins, or leave it out: ${PINS_FILE} is looked for in the analyzed directory, beside it and here.`, cause });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readPlain(file);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    // There, and unreadable: analysing without the team's decisions would look like a result.
    return readNamed(file);
  }
}

/** A pipe of that name would be waited for without end. */
async function readPlain(file: string): Promise<string> {
  if (!(await stat(file)).isFile()) throw new Error('not a file');
  return readFile(file, 'utf8');
}
