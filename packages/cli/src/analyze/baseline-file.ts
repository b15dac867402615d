import { readFile, rename, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { firstBaseline, hold, knowsAny, parseBaseline, printBaseline, type Analysis, type Baseline, type ContextPins, type Held } from '@strangler/analyzer';
import { FindingsError, StranglerError } from '@strangler/kernel';

export const BASELINE_FILE = 'strangler.baseline.json';

/**
 * Holds an analysis against the baseline in a file.
 * @throws StranglerError STR_BASELINE_NOT_FOUND; STR_BASELINE_MISMATCH when it knows none of these modules; FindingsError STR_BAD_BASELINE with every problem.
 */
export async function holdAgainst(analysis: Analysis, pins: ContextPins, file: string): Promise<Held> {
  const text = await readIfThere(file);
  if (text === undefined) {
    throw new StranglerError({ code: 'STR_BASELINE_NOT_FOUND', message: `There is no baseline ${file}.`, remedy: 'Write the first one: add --write-baseline to see what it would hold, and --execute.' });
  }
  const baseline = checked(text, file);
  if (!knowsAny(analysis.model, baseline)) {
    throw new StranglerError({ code: 'STR_BASELINE_MISMATCH', message: `None of the modules in ${file} is here.`, remedy: 'Analyze the directory it was written for; paths in it are relative to that. If everything was moved, remove the file and write it anew.' });
  }
  return hold(analysis, baseline, pins);
}

/** What a write would do, or did. */
export interface BaselineWrite {
  readonly text: string;
  readonly json: { readonly file: string; readonly written: boolean; readonly crossings: number };
}

/** Writes a baseline, or says what it would write. An earlier one keeps its owners and is kept beside it, so that there is a way back. */
export async function writeBaseline(analysis: Analysis, pins: ContextPins, file: string, { execute, cwd }: { execute: boolean; cwd: string }): Promise<BaselineWrite> {
  const earlier = await readIfThere(file);
  const held = earlier === undefined ? undefined : await holdAgainst(analysis, pins, file);
  const next = held?.next ?? firstBaseline(analysis);
  const name = relative(cwd, file) || file;
  if (execute) {
    if (earlier !== undefined) await rename(file, `${file}.before`);
    await writeFile(file, printBaseline(next), { flag: 'wx' });
  }
  const crossings = Object.values(next.crossings).flat().length;
  return { text: [plan(name, next, crossings, held, execute), wayBack(name, earlier !== undefined, execute)].join('\n'), json: { file: name, written: execute, crossings } };
}

function plan(name: string, { contexts }: Baseline, crossings: number, held: Held | undefined, execute: boolean): string {
  const change = held === undefined ? '' : `: ${String(countNew(held))} more, ${String(held.gone.length)} fewer than before`;
  return `${execute ? 'wrote' : 'would write'} ${name}: ${String(Object.keys(contexts).length)} contexts, ${String(crossings)} crossings accepted${change}`;
}

function wayBack(name: string, overwritten: boolean, execute: boolean): string {
  if (!execute) return 'Nothing was written; --execute does it. Review the file and commit it.';
  return `undo: ${overwritten ? `mv ${name}.before ${name}` : `rm ${name}`}`;
}

export const countNew = ({ crossings }: Held): number => crossings.filter(({ state }) => state === 'new').length;

export const baselinePath = (cwd: string, named: string | undefined): string => resolve(cwd, named ?? BASELINE_FILE);

function checked(text: string, file: string): Baseline {
  const parsed = parseBaseline(parsedJson(text));
  if ('baseline' in parsed) return parsed.baseline;
  throw new FindingsError({
    code: 'STR_BAD_BASELINE', message: `${file} is no baseline: ${String(parsed.problems.length)} mistake${parsed.problems.length === 1 ? '' : 's'}.`,
    remedy: 'After a merge, take one side and write it anew with --write-baseline; or take back an earlier version.',
  }, parsed.problems.map(({ where, message }) => ({ code: 'STR_BAD_BASELINE', severity: 'error', where, message })));
}

/** Text that is no JSON (a merge conflict in it) has the wrong shape, like any other. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return `no JSON: ${(error as Error).message}`;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StranglerError({ code: 'STR_BASELINE_NOT_FOUND', message: `The baseline ${file} cannot be read.`, remedy: 'Name another with --baseline, or mend its permissions.', cause });
  }
}
