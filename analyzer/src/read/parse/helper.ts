import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ModulePath } from '../../model/evidence.ts';
import { SharedWork } from './shared-work.ts';

export interface Source { readonly path: ModulePath; readonly text: string }
export interface HelperTask { readonly sources: readonly Source[]; readonly memory: SharedArrayBuffer }
/** Facts as `v8.serialize` writes them. */
export interface Parsed { readonly position: number; readonly facts: Uint8Array<ArrayBuffer> }

/** What a thread costs to start is earned back by so much text, in characters. */
const WORTH_A_THREAD = 1_000_000;
/** As deep as the thread that is helped: a parser that falls back is asked again there. */
const LIMITS = { stackSizeMb: 32, maxYoungGenerationSizeMb: 16 } as const;

export interface Helper {
  readonly work: SharedWork;
  /** Resolves when there is nothing left to take; without what the thread could not parse, or all that it had when it failed. */
  readonly parsed: Promise<readonly Parsed[]>;
}

/** A second thread that parses from the back while this one parses from the front; undefined where it would not pay. */
export const startHelper = (sources: readonly Source[]): Helper | undefined => {
  if (availableParallelism() < 2 || sources.reduce((length, { text }) => length + text.length, 0) < WORTH_A_THREAD) return undefined;
  const work = new SharedWork(sources.length);
  const task: HelperTask = { sources, memory: work.memory };
  const worker = new Worker(new URL('./helper-thread.ts', import.meta.url), { workerData: task, resourceLimits: LIMITS });
  const parsed = new Promise<readonly Parsed[]>((resolve) => {
    const all: Parsed[] = [];
    worker.on('message', (some: readonly Parsed[]) => { all.push(...some); });
    // Whatever ended it: what it did not hand over is parsed here.
    worker.on('error', () => { resolve(all); });
    worker.on('exit', () => { resolve(all); });
  });
  return { work, parsed };
};
