import type { AnalyzeProgress } from '@strangler/analyzer';
import type { Io } from '../command.ts';
import { progressLine } from '../print/progress.ts';
import { totalsLine, type Totals } from './totals.ts';

const STEPS: readonly AnalyzeProgress['step'][] = ['files', 'links', 'history', 'traffic', 'measure', 'cluster', 'propose'];

export interface AnalysisProgress {
  readonly show: (progress: AnalyzeProgress) => void;
  /** Ends the line and says what was read, what of it was understood, and how long it took. */
  readonly end: (totals: Totals) => void;
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
    end: (totals) => {
      line.end();
      io.err(`${totalsLine(totals)}, in ${((now() - began) / 1000).toFixed(1)} s\n`);
    },
  };
}
