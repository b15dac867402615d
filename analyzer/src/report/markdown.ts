import type { Analysis, Share } from '../propose/analysis.ts';
import { boundary } from './markdown-boundary.ts';
import { contextSections, contextTable, ownership, sharedSection } from './markdown-contexts.ts';
import { cutSections, sagas } from './markdown-cuts.ts';
import { bold, folded, prose } from './markdown-parts.ts';
import { decisions, draft, first, gaps, order, rivals, strains } from './markdown-plan.ts';
import { mermaidMap } from './mermaid.ts';
import { PLAIN, type Printing } from './printing.ts';
import { plural } from './words.ts';

/**
 * The report for a pull request. What a reviewer decides on stands open; evidence is folded, and each section ends where a reader would stop: the
 * whole stays below what a comment may hold (65,536 characters), however large the system. The JSON and HTML reports have everything.
 */
export function markdown(analysis: Analysis, { held }: Printing = PLAIN): string {
  const map = mermaidMap(analysis);
  const head = [
    `# ${prose(analysis.model.name)}: proposed contexts`, summary(analysis),
    ...(held === undefined ? [] : [boundary(held)]),
    '## Contexts', contextTable(analysis),
    '## Context map', `\`\`\`mermaid\n${map.text}\`\`\``, `Arrows count cuts; thick ones carry writes or transactions.${map.leftOut === '' ? '' : ` ${map.leftOut}`}`,
    ...section('## What to deal with first', first(analysis)),
    ...section('## Decisions for you', decisions(analysis)),
    '## Order of extraction', order(analysis),
    '## Evidence',
  ].join('\n\n');
  return `${withEvidence(head, evidence(analysis))}\n`;
}

/** A comment's 65,536 characters, less what the last sentence and line ends need. */
const MOST = 64_500;

interface Folded {
  readonly title: string;
  readonly body: string;
}

const evidence = (analysis: Analysis): Folded[] => [
  { title: `Each context: its tables, endpoints, modules and why (${String(analysis.contexts.length)})`, body: contextSections(analysis) },
  { title: `Shared: ${plural(analysis.shared.modules.length, 'module')} that belong to no context`, body: sharedSection(analysis) },
  { title: `Who owns which table (${String(analysis.tables.length)})`, body: ownership(analysis) },
  { title: `What each cut costs (${String(analysis.cuts.length)} cuts between ${plural(analysis.pairs.length, 'pair')} of contexts)`, body: cutSections(analysis) },
  { title: `Transactions that become sagas (${String(analysis.sagas.length)})`, body: sagas(analysis) },
  { title: `Rules the proposal strains (${String(analysis.strains.length)})`, body: strains(analysis) },
  { title: `Rival decompositions (${String(analysis.rivals.length)})`, body: rivals(analysis) },
  { title: 'Gaps: what could not be resolved, import cycles, pins that match nothing', body: gaps(analysis) },
  { title: 'Draft of strangler.config.ts', body: draft(analysis) },
].filter(({ body }) => body !== '');

/** Section by section while there is room; one that does not fit is named. */
function withEvidence(head: string, sections: readonly Folded[]): string {
  let text = head;
  const left: string[] = [];
  for (const { title, body } of sections) {
    const block = `\n\n${folded(title, body)}`;
    if (text.length + block.length <= MOST) text += block;
    else left.push(title);
  }
  return left.length === 0 ? text : `${text}\n\nLeft out, for a comment holds no more: ${left.join('; ')}. The JSON and HTML reports have all of it.`;
}

const section = (title: string, body: string): string[] => (body === '' ? [] : [title, body]);

function summary({ contexts, cost, cuts, endpoints, model, order: steps, other, recall, shared, stability, tables }: Analysis): string {
  const [next] = steps;
  const modules = contexts.reduce((total, { modules: its }) => total + its.length, 0);
  return [
    `${plural(modules, 'module')}, ${plural(tables.length, 'table')} and ${plural(endpoints.length, 'endpoint')} fall into **${plural(contexts.length, 'context')}**; ${plural(shared.modules.length, 'module')} stay shared.`,
    ...pages(other),
    `${plural(cuts.length, 'edge')} cross a boundary, at a cost of ${String(cost.cost)} (a call is 1); ${plural(cost.transactions, 'transaction')} would span contexts.`,
    ...(next === undefined ? [] : [`Take ${bold(next.context)} out first: ${prose(next.because)}.`]),
    `Two runs on perturbed evidence agree at ARI ${stability.chosen.toFixed(2)}.`,
    `Resolved: ${(['imports', 'calls', 'queries', 'endpoints'] as const).map((kind) => `${percent(recall[kind])} of ${kind}`).join(', ')}; ${percent(recall.traced)} of endpoints reach a table; ${plural(model.unresolved.length, 'gap')} listed below.`,
  ].join(' ');
}

/** Nobody should look for their frontend among the services. */
const pages = (other: Analysis['other']): string[] => {
  const count = other.filter(({ kind }) => kind === 'browser').length;
  return count === 0 ? [] : [`${plural(count, 'module')} ${count === 1 ? 'runs' : 'run'} in a browser: a client of the services, left out.`];
};

const percent = ({ resolved, total }: Share): string => (total === 0 ? 'n/a' : `${String(Math.floor((1000 * resolved) / total) / 10)} %`);
