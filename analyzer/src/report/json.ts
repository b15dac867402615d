import { printAnalysis, printHeld } from './analysis-document.ts';
import type { Analysis } from '../propose/analysis.ts';
import { PLAIN, type Printing } from './printing.ts';

/** The analysis as one JSON document, described by schema/analysis.v1.schema.json. */
export const json = (analysis: Analysis, { held }: Printing = PLAIN): string =>
  `${JSON.stringify({ ...printAnalysis(analysis), ...(held === undefined ? {} : { held: printHeld(held) }) }, null, 2)}\n`;
