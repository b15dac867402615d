import { cluster } from './cluster/cluster.ts';
import { measure } from './measure/measure.ts';
import type { Analysis, AnalyzeOptions } from './propose/analysis.ts';
import { propose } from './propose/propose.ts';
import { readSystem } from './read/read-system.ts';

export { checkPins } from './cluster/pins-shape.ts';
export type { CheckedPins, PinProblem } from './cluster/pins-shape.ts';
export { documentJsonSchema } from './report/document-schema.ts';
export type { AnalysisDocument } from './report/document-schema.ts';
export { parseBaseline, printBaseline } from './hold/baseline.ts';
export type { Baseline, ParsedBaseline } from './hold/baseline.ts';
export { firstBaseline, hold, knowsAny } from './hold/hold.ts';
export type { Crossing, Held } from './hold/hold.ts';
export { formats } from './report/formats.ts';
export type { Format, Printing } from './report/printing.ts';
export type * from './model/graph.ts';
export type * from './propose/analysis.ts';

/**
 * Reads a monolith's source and proposes how to divide it. Runs none of its code and needs no network. The same directory gives the same analysis.
 * @throws StranglerError when the directory cannot be read; what is inside and cannot be understood is listed in `model.unresolved`, never thrown.
 */
export async function analyze(directory: string, options: AnalyzeOptions = {}): Promise<Analysis> {
  const { without = [], seed = 1, crossCheck = false, pins = {}, onProgress = () => undefined } = options;
  const model = await readSystem(directory, { history: !without.includes('history'), crossCheck, onProgress });
  onProgress({ step: 'measure', done: 0, total: 1 });
  const measures = measure(model);
  onProgress({ step: 'cluster', done: 0, total: 1 });
  const clustering = cluster(model, measures, { without, seed, pins });
  onProgress({ step: 'propose', done: 0, total: 1 });
  return propose(model, measures, clustering, { without, seed });
}
