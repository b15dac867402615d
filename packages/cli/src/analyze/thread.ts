import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Said, Task } from './apart.ts';

/** The analysis as a thread: errors go over as plain values, for a class does not survive the way. */
const { directory, options, cache } = workerData as Task;
const say = (said: Said): void => { parentPort?.postMessage(said); };

// Before anything else is loaded: a thread does not share the cache of what its process has compiled.
enableCompileCache();
const { analyze, openKept } = await import('@strangler/analyzer');
const { StranglerError } = await import('@strangler/kernel');
try {
  const kept = cache === undefined ? undefined : openKept(cache, directory, (text) => { say({ kind: 'note', text }); });
  say({ kind: 'done', analysis: await analyze(directory, { ...options, ...(kept === undefined ? {} : { kept }), onProgress: (progress) => { say({ kind: 'progress', progress }); } }) });
  kept?.save();
} catch (error) {
  if (error instanceof StranglerError) say({ kind: 'refused', problem: { code: error.code, message: error.message, remedy: error.remedy, exitCode: error.exitCode } });
  else say({ kind: 'bug', message: error instanceof Error ? error.message : String(error), stack: error instanceof Error ? error.stack ?? '' : '' });
}
