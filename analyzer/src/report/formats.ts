import { backstage } from './backstage.ts';
import { codeowners } from './codeowners.ts';
import { contextMapper } from './context-mapper.ts';
import { page } from './html.ts';
import { json } from './json.ts';
import { markdown } from './markdown.ts';
import { mermaid } from './mermaid.ts';
import type { Format } from './printing.ts';
import { sarif } from './sarif.ts';
import { structurizr } from './structurizr.ts';

/** Every format of `strangler analyze --format`, by its name. All print the same analysis. */
export const formats: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['md', { file: 'report.md', what: 'the report for a pull request', text: markdown }],
  ['html', { file: 'report.html', what: 'the report as one page, to look around in', text: page }],
  ['json', { file: 'analysis.json', what: 'everything, for programs (analyzer/schema)', text: json }],
  ['mermaid', { file: 'map.mmd', what: 'the context map alone', text: mermaid }],
  ['sarif', { file: 'analysis.sarif', what: 'crossings and gaps, for code scanning', text: sarif }],
  ['codeowners', { file: 'CODEOWNERS', what: 'a team per context, for GitHub', text: codeowners }],
  ['structurizr', { file: 'workspace.dsl', what: 'C4 containers, for Structurizr', text: structurizr }],
  ['cml', { file: 'contexts.cml', what: 'bounded contexts, for Context Mapper', text: contextMapper }],
  ['backstage', { file: 'catalog-info.yaml', what: 'the software catalog, for Backstage', text: backstage }],
]);
