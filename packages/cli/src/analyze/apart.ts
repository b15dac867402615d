import { Worker } from 'node:worker_threads';
import type { Analysis, AnalyzeOptions, AnalyzeProgress } from '@strangler/analyzer';
import { StranglerError, type Problem } from '@strangler/kernel';
import type { Totals } from './totals.ts';

/** What the thread is given, and what it says. */
export interface Task { readonly directory: string; readonly options: Omit<AnalyzeOptions, 'onProgress' | 'kept'>; readonly cache: string | undefined; readonly wanted: Wanted }
/** The reports by the names of their formats, printed there because text is moved quickly; `analysis` for whom needs the analysis itself. */
export interface Wanted { readonly formats: readonly string[]; readonly base: string; readonly analysis: boolean }
export interface Answer { readonly texts: ReadonlyMap<string, string>; readonly totals: Totals; readonly analysis: Analysis | undefined }
/** Where results of earlier runs are kept, and who is told when they cannot be. */
export interface Cache { readonly directory: string | undefined; readonly note: (text: string) => void }
export type Said =
  | { readonly kind: 'progress'; readonly progress: AnalyzeProgress }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'done'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string };

/** Deep for code that nobody wrote by hand: the usual megabyte ends at a few thousand brackets. */
const STACK_MB = 32;

/** V8 would take three times as much for what lives shortly, and be no faster for it. */
const YOUNG_MB = 48;

/**
 * Runs the analysis in a thread of its own: when its memory is used up the thread ends and not the process, its stack can be larger than the process's, and a
 * Ctrl-C is heard while it computes.
 * @throws StranglerError what the analysis throws, and `STR_OUT_OF_MEMORY`.
 */
export async function analyzeApart(directory: string, { onProgress, ...options }: Omit<AnalyzeOptions, 'kept'>, { cache, wanted }: { readonly cache: Cache; readonly wanted: Wanted }, signal: AbortSignal): Promise<Answer> {
  const task: Task = { directory, options, cache: cache.directory, wanted };
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: task, resourceLimits: { stackSizeMb: STACK_MB, maxYoungGenerationSizeMb: YOUNG_MB } });
  const stop = (): void => { void worker.terminate(); };
  signal.addEventListener('abort', stop);
  // Once it has answered it may still write what it keeps, while reports are printed: it ends by itself, and the process waits for it.
  worker.on('exit', () => { signal.removeEventListener('abort', stop); });
  try {
    return await new Promise<Answer>((resolve, reject) => {
      let bug: Error | undefined;
      worker.on('message', (said: Said) => {
        if (said.kind === 'progress') onProgress?.(said.progress);
        else if (said.kind === 'note') cache.note(said.text);
        else if (said.kind === 'done') resolve(said.answer);
        else if (said.kind === 'refused') reject(new StranglerError(said.problem));
        // A thread that runs out of memory may stumble before it ends: what ended it is known only then.
        else bug = Object.assign(new Error(said.message), { stack: said.stack });
      });
      worker.on('error', (error: NodeJS.ErrnoException) => { reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory(error) : error); });
      worker.on('exit', () => { reject(bug ?? new Error('the analysis ended without an answer')); });
    });
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

const outOfMemory = (cause: Error): StranglerError => new StranglerError({
  code: 'STR_OUT_OF_MEMORY', exitCode: 3, cause,
  message: 'The analysis needs more memory than Node may take.',
  remedy: 'Give it more, for example NODE_OPTIONS=--max-old-space-size=8192, or name a part of the source.',
});
