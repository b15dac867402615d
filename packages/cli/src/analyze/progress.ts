import type { Analysis, AnalyzeProgress, Share } from '@strangler/analyzer';
import type { Io } from '../command.ts';
import { progressLine } from '../print/progress.ts';

const STEPS: readonly AnalyzeProgress['step'][] = ['files', 'links', 'history', 'traffic', 'measure', 'cluster', 'propose'];

export interface AnalysisProgress {
  readonly show: (progress: AnalyzeProgress) => void;
  /** Ends the line and says what was read, what of it was understood, and how long it took. */
  readonly end: (analysis: Analysis) => void;
}

/**
 * Progress on standard error: a line that redraws for somebody who watches, a line per step for a log. Nothing when told to be quiet,
 * and nothing when a program asked (`--json`) and nobody watches.
 */
export function analysisProgress(io: Pick<Io, 'err' | 'interactive'>, { quiet, json }: { quiet: boolean; json: boolean }, now: () => number = () => performance.now()): AnalysisProgress {
  if (quiet || (json && !io.interactive)) return { show: () => undefined, end: () => undefined };
  const line = progressLine(io);
  const began = now();
  let last = '';
  return {
    show: ({ step, done, total }) => {
      const turn = `[${String(STEPS.indexOf(step) + 1)}/${String(STEPS.length)}] ${step}`;
      if (io.interactive) line.show(`${turn} ${total > 1 ? `${String(done)}/${String(total)}` : ''}`);
      // A log gets a line when a step begins; counts that change would only fill it.
      else if (turn !== last) io.err(`${turn}${total > 1 ? ` ${String(total)}` : ''}\n`);
      last = turn;
    },
    end: (analysis) => {
      line.end();
      io.err(`${totals(analysis)}, in ${((now() - began) / 1000).toFixed(1)} s\n`);
    },
  };
}

function totals({ model, recall }: Analysis): string {
  const lines = model.modules.reduce((sum, module) => sum + module.lines, 0);
  const shares = (['imports', 'calls', 'queries', 'endpoints'] as const).map((kind) => `${percent(recall[kind])} of ${String(recall[kind].total)} ${kind}`);
  return `read ${String(model.modules.length)} modules, ${String(lines)} lines; resolved ${shares.join(', ')}; ${String(model.unresolved.length)} gap${model.unresolved.length === 1 ? '' : 's'} listed`;
}

const percent = ({ resolved, total }: Share): string => (total === 0 ? '–' : `${String(Math.floor((1000 * resolved) / total) / 10)} %`);
