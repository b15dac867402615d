import type { Held } from '../hold/hold.ts';
import type { Analysis } from '../propose/analysis.ts';

/** What a report may know besides the analysis. */
export interface Printing {
  /** The analyzed directory, seen from the root of its repository: `packages/shop/src/`; empty when they are the same. For what must name files as the repository does. */
  readonly base: string;
  /** How the code keeps to a baseline, when there is one. */
  readonly held?: Held;
}

/** One way to print an analysis: a pure function, the same bytes for the same analysis. */
export interface Format {
  /** File name below `--out`. */
  readonly file: string;
  /** For whom, in a few words. */
  readonly what: string;
  readonly text: (analysis: Analysis, printing?: Printing) => string;
}

export const PLAIN: Printing = { base: '' };
