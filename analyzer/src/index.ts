import { cluster, type Clustering } from './cluster/cluster.ts';
import { measure, type Measures } from './measure/measure.ts';
import { shortenedTraces } from './measure/traces.ts';
import { unseenAccesses } from './measure/unseen.ts';
import type { SystemModel } from './model/graph.ts';
import { NOTHING_KEPT } from './model/kept.ts';
import type { Analysis, AnalyzeOptions } from './propose/analysis.ts';
import { propose } from './propose/propose.ts';
import { volumesOf } from './propose/volumes.ts';
import { whatIf, type WhatIf } from './propose/what-if/what-if.ts';
import { keptAnswer } from './keep/kept-answer.ts';
import type { KeptFiles } from './keep/kept-files.ts';
import { readSystem } from './read/read-system.ts';
import { Disk } from './read/source/disk.ts';

export { openKept } from './keep/kept-files.ts';
export type { KeptFiles } from './keep/kept-files.ts';
export { checkPins } from './cluster/pins-shape.ts';
export type { CheckedPins, PinProblem } from './cluster/pins-shape.ts';
export { documentJsonSchema } from './report/document-schema.ts';
export type { AnalysisDocument } from './report/document-schema.ts';
export { parseBaseline, printBaseline } from './hold/baseline.ts';
export type { Baseline, ParsedBaseline } from './hold/baseline.ts';
export { firstBaseline, hold, knowsAny } from './hold/hold.ts';
export type { Crossing, Held } from './hold/hold.ts';
export { printWhatIf } from './report/what-if.ts';
export { draftConfig } from './propose/draft.ts';
export { nearest } from './propose/what-if/near.ts';
export { formats } from './report/formats.ts';
export type { Format, Printing } from './report/printing.ts';
export type * from './model/graph.ts';
export type * from './propose/analysis.ts';
export type { Change, Score, WhatIf } from './propose/what-if/what-if.ts';

/**
 * Reads a monolith's source and proposes how to divide it. Runs none of its code and needs no network. The same directory gives the same analysis.
 * @throws StranglerError when the directory cannot be read; what is inside and cannot be understood is listed in `model.unresolved`, never thrown.
 */
export async function analyze(directory: string, options: AnalyzeOptions = {}): Promise<Analysis> {
  return analyzeDisk(directory, options, new Disk());
}

/** Where answers of earlier runs are, and what is asked besides the options: the answer is a function of both and of the disk. */
export interface Answers { readonly kept: KeptFiles | undefined; readonly question: string }

/**
 * What `answer` makes of the analysis. Where nothing that the analysis would read has changed since an earlier run, that run's answer; traces, logs and databases are always read.
 * @param answer gives plain data.
 * @throws StranglerError as `analyze` does.
 */
export async function answerFrom<T>(directory: string, options: AnalyzeOptions, { kept, question }: Answers, answer: (analysis: Analysis) => T): Promise<T> {
  const { without, seed, pins, traffic, database, crossCheck = false } = options;
  const disk = new Disk();
  const make = async (): Promise<T> => answer(await analyzeDisk(directory, options, disk));
  if (kept === undefined || traffic !== undefined || database !== undefined || crossCheck) return make();
  return keptAnswer(kept, disk, JSON.stringify([directory, without, seed, pins, question]), make);
}

async function analyzeDisk(directory: string, options: AnalyzeOptions, disk: Disk): Promise<Analysis> {
  const { model, measures, clustering } = await divide(directory, options, disk);
  const { without = [], seed = 1, onProgress = () => undefined } = options;
  onProgress({ step: 'propose', done: 0, total: 1 });
  return propose(model, measures, clustering, { without, seed });
}

/**
 * The proposal before and after somebody's changes to it, like `move orders/tax.ts to pricing`: re-scored in place, nothing is clustered again.
 * @throws StranglerError as `analyze` does; FindingsError STR_BAD_WHAT_IF for moves that cannot be understood or name what is not there.
 */
export async function askWhatIf(directory: string, moves: string, options: AnalyzeOptions = {}): Promise<WhatIf> {
  const { model, measures, clustering } = await divide(directory, options, new Disk());
  return whatIf(moves, { model, measures, volumes: volumesOf(model) }, clustering, options.pins);
}

async function divide(directory: string, { without = [], seed = 1, crossCheck = false, pins = {}, traffic, database, kept = NOTHING_KEPT, onProgress = () => undefined }: AnalyzeOptions, disk: Disk): Promise<{ model: SystemModel; measures: Measures; clustering: Clustering }> {
  const read = await readSystem(directory, { history: !without.includes('history'), crossCheck, ...(traffic === undefined ? {} : { traffic }), ...(database === undefined ? {} : { database }), kept, disk, onProgress });
  onProgress({ step: 'measure', done: 0, total: 1 });
  const measures = measure(read);
  const model = { ...read, unresolved: [...read.unresolved, ...unseenAccesses(read, measures.traces), ...shortenedTraces(measures.traces)] };
  onProgress({ step: 'cluster', done: 0, total: 1 });
  return { model, measures, clustering: cluster(model, measures, { without, seed, pins, kept }) };
}
