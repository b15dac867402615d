import type { Analysis } from '../propose/analysis.ts';
import { page } from './html.ts';
import { json } from './json.ts';
import { markdown } from './markdown.ts';
import { mermaid } from './mermaid.ts';

/** Every format of `strangler analyze --format`, each a pure function of the analysis. The key is also the file's extension, but for mermaid (.mmd) and md. */
export const formats: ReadonlyMap<string, (analysis: Analysis) => string> = new Map([['json', json], ['md', markdown], ['mermaid', mermaid], ['html', page]]);
