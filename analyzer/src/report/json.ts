import { printAnalysis } from './analysis-document.ts';
import type { Analysis } from '../propose/analysis.ts';

/** The analysis as one JSON document, described by schema/analysis.v1.schema.json. */
export const json = (analysis: Analysis): string => `${JSON.stringify(printAnalysis(analysis), null, 2)}\n`;
