import { enableCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Analysis, AnalyzeProgress } from '@strangler/analyzer';
import type { Answer, Said, Task } from './apart.ts';
import { totalsOf } from './totals.ts';

/** The analysis as a thread: errors go over as plain values, for a class does not survive the way. */
const { directory, options, cache, wanted } = workerData as Task;
const say = (said: Said): void => { parentPort?.postMessage(said); };

// Before anything else is loaded: a thread does not share the cache of what its process has compiled.
enableCompileCache();
const { answerFrom, formats, openKept } = await import('@strangler/analyzer');
const { StranglerError } = await import('@strangler/kernel');
try {
  const note = (text: string): void => { say({ kind: 'note', text }); };
  const kept = cache === undefined ? undefined : openKept(cache, directory, note);
  // In a pack of their own: when an answer is there, the other need not even be opened. An analysis is not kept as an answer: it would take as long to load as to make.
  const answers = cache === undefined || wanted.analysis ? undefined : openKept(cache, `${directory}\0answers`, note);
  const answer = (analysis: Analysis): Answer => {
    // Before anything is printed: the facts of all files need not lie in memory beside the reports.
    kept?.save();
    return {
      texts: new Map(wanted.formats.map((name) => [name, formats.get(name)?.text(analysis, { base: wanted.base }) ?? ''])),
      totals: totalsOf(analysis), analysis: wanted.analysis ? analysis : undefined,
    };
  };
  const onProgress = (progress: AnalyzeProgress): void => { say({ kind: 'progress', progress }); };
  say({ kind: 'done', answer: await answerFrom(directory, { ...options, ...(kept === undefined ? {} : { kept }), onProgress }, { kept: answers, question: JSON.stringify(wanted) }, answer) });
  answers?.save();
} catch (error) {
  if (error instanceof StranglerError) say({ kind: 'refused', problem: { code: error.code, message: error.message, remedy: error.remedy, exitCode: error.exitCode } });
  else say({ kind: 'bug', message: error instanceof Error ? error.message : String(error), stack: error instanceof Error ? error.stack ?? '' : '' });
}
