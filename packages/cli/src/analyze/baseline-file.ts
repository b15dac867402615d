import { readFile, rename, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { firstBaseline, hold, knowsAny, parseBaseline, printBaseline, type Analysis, type Baseline, type ContextPins, type Held } from '@strangler/analyzer';
import { FindingsError, StranglerError } from '@strangler/kernel';
import { flag, text, type Invocation } from '../command.ts';
import { countNew, failOn, type FailOn } from './gate.ts';

export const BASELINE_FILE = 'strangler.baseline.json';

/** What the flags say about a baseline, and the baseline itself: all that can be refused before an analysis has taken its time. */
export interface Gate {
  readonly file: string;
  /** As somebody here would name it. */
  readonly name: string;
  readonly on: FailOn;
  /** Undefined: none was named, or there is none yet to write over. */
  readonly baseline: Baseline | undefined;
  readonly write: boolean;
  readonly execute: boolean;
}

/** @throws StranglerError STR_USAGE, STR_BASELINE_NOT_FOUND; FindingsError STR_BAD_BASELINE with every problem. */
export async function openGate(values: Invocation['values'], cwd: string): Promise<Gate> {
  const named = text(values, 'baseline');
  const file = resolve(cwd, named ?? BASELINE_FILE);
  const write = flag(values, 'write-baseline');
  const on = failOn(text(values, 'fail-on'), named !== undefined);
  const content = named === undefined && !write ? undefined : await readIfThere(file);
  if (content === undefined && named !== undefined && !write) {
    throw new StranglerError({ code: 'STR_BASELINE_NOT_FOUND', message: `There is no baseline ${file}.`, remedy: 'Write the first one: add --write-baseline to see what it would hold, and --execute.' });
  }
  return { file, name: relative(cwd, file), on, baseline: content === undefined ? undefined : checked(content, file), write, execute: flag(values, 'execute') };
}

/** Holds an analysis against a baseline. @throws StranglerError STR_BASELINE_MISMATCH when it knows none of these modules. */
export function holdAgainst(analysis: Analysis, pins: ContextPins, baseline: Baseline, file: string): Held {
  if (knowsAny(analysis.model, baseline)) return hold(analysis, baseline, pins);
  throw new StranglerError({ code: 'STR_BASELINE_MISMATCH', message: `None of the modules in ${file} is here.`, remedy: 'Analyze the directory it was written for; paths in it are relative to that. If everything was moved, remove the file and write it anew.' });
}

/** What a write would do, or did. */
export interface BaselineWrite {
  readonly text: string;
  readonly json: { readonly file: string; readonly written: boolean; readonly crossings: number };
}

/** Writes a baseline, or says what it would write. An earlier one keeps its owners and is kept beside it, so that there is a way back. */
export async function writeBaseline(analysis: Analysis, pins: ContextPins, { file, name, baseline, execute }: Gate): Promise<BaselineWrite> {
  const held = baseline === undefined ? undefined : holdAgainst(analysis, pins, baseline, file);
  const next = held?.next ?? firstBaseline(analysis);
  if (execute) {
    if (baseline !== undefined) await rename(file, `${file}.before`);
    await writeFile(file, printBaseline(next), { flag: 'wx' });
  }
  const crossings = Object.values(next.crossings).flat().length;
  return { text: [plan(name, next, crossings, held, execute), wayBack(name, baseline !== undefined, execute)].join('\n'), json: { file: name, written: execute, crossings } };
}

function plan(name: string, { contexts }: Baseline, crossings: number, held: Held | undefined, execute: boolean): string {
  const change = held === undefined ? '' : `: ${String(countNew(held))} more, ${String(held.gone.length)} fewer than before`;
  return `${execute ? 'wrote' : 'would write'} ${name}: ${String(Object.keys(contexts).length)} contexts, ${String(crossings)} crossing${crossings === 1 ? '' : 's'} accepted${change}`;
}

function wayBack(name: string, overwritten: boolean, execute: boolean): string {
  if (!execute) return 'Nothing was written; --execute does it. Review the file and commit it.';
  return `undo: ${overwritten ? `mv ${name}.before ${name}` : `rm ${name}`}`;
}

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
