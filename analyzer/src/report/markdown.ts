import type { Analysis, Cut, Evidence, Share, TablePlan } from '../propose/analysis.ts';
import { contextArrows, mermaid } from './mermaid.ts';

/** Evidence shown per pair of contexts; the JSON has all of it. */
const CUTS_PER_PAIR = 6;
const MATRIX_CONTEXTS = 12;
const LISTED = 40;

/** The report a maintainer reads: summary first, evidence behind it. */
export const markdown = (analysis: Analysis): string => `${[
  `# ${analysis.model.name}: proposed contexts`, summary(analysis),
  '## Context map', `\`\`\`mermaid\n${mermaid(analysis)}\`\`\``,
  '## Contexts', contextTable(analysis), ...analysis.contexts.map(contextSection), sharedSection(analysis),
  '## Who owns which table', ownership(analysis),
  '## What each cut costs', cutSections(analysis),
  ...(analysis.sagas.length === 0 ? [] : ['## Transactions that become sagas', sagas(analysis)]),
  '## Order of extraction', order(analysis),
  ...(analysis.decisions.length === 0 ? [] : ['## Decisions for you', decisions(analysis)]),
  ...(analysis.measures.cycles.length === 0 ? [] : ['## Import cycles', bullets(analysis.measures.cycles.map((cycle) => cycle.map(code).join(', ')))]),
  '## What could not be resolved', unresolved(analysis),
  ...(analysis.model.crossCheck.length === 0 ? [] : ['## Where madge disagrees', crossCheck(analysis)]),
  '## Draft of strangler.config.ts', `\`\`\`ts\n${analysis.draft}\`\`\``,
].join('\n\n')}\n`;

function summary({ contexts, cuts, endpoints, model, order: steps, recall, shared, stability, tables }: Analysis): string {
  const [first] = steps;
  const modules = contexts.reduce((total, { modules: its }) => total + its.length, 0);
  return [
    `${plural(modules, 'module')}, ${plural(tables.length, 'table')} and ${plural(endpoints.length, 'endpoint')} fall into **${plural(contexts.length, 'context')}**; ${plural(shared.modules.length, 'module')} stay shared.`,
    `${plural(cuts.length, 'edge')} cross a boundary, ${String(cuts.filter(({ kind }) => kind === 'transaction').length)} of them inside a transaction.`,
    ...(first === undefined ? [] : [`Take **${first.context}** out first: ${first.because}.`]),
    `Two runs on perturbed evidence agree at ARI ${stability.chosen.toFixed(2)}.`,
    `Resolved: ${(['imports', 'calls', 'queries', 'endpoints'] as const).map((kind) => `${percent(recall[kind])} of ${kind}`).join(', ')}; ${percent(recall.traced)} of endpoints reach a table; ${plural(model.unresolved.length, 'gap')} listed below.`,
  ].join(' ');
}

const contextTable = ({ contexts }: Analysis): string => table(['context', 'modules', 'lines', 'tables', 'endpoints', 'confidence', 'leans on'],
  contexts.map(({ name, role, modules, lines, tables, endpoints, confidence, runnerUp }) => [`[${name}](#${name})${role === 'library' ? ' (library)' : ''}`, modules.length, lines, tables.length, endpoints.length, confidence.toFixed(2), runnerUp?.context ?? '']));

const contextSection = ({ name, modules, tables, endpoints, why }: Analysis['contexts'][number]): string => [
  `### ${name}`,
  ...(tables.length === 0 ? [] : [`Tables: ${tables.map(code).join(', ')}`]),
  ...(endpoints.length === 0 ? [] : [`Endpoints: ${clip(endpoints.map(code), LISTED)}`]),
  ...(why.length === 0 ? [] : [`Why together:\n\n${bullets(why.map(({ a, says, evidence }) => `${code(a)}: ${says}${evidence === undefined ? '' : ` (${at(evidence)})`}`))}`]),
  `<details><summary>${plural(modules.length, 'module')}</summary>\n\n${bullets(modules.map(code))}\n\n</details>`,
].join('\n\n');

const sharedSection = ({ shared }: Analysis): string => [
  '### shared',
  shared.why.length === 0 ? 'No module stays outside the contexts.' : table(['module', 'why'], shared.why.map(({ module, reason, why }) => [code(module), `${reason}: ${why}`])),
  ...(shared.endpoints.length === 0 ? [] : [`Endpoints: ${shared.endpoints.map(code).join(', ')}`]),
  ...(shared.tables.length === 0 ? [] : [`Tables that no context touches: ${shared.tables.map(code).join(', ')}`]),
].join('\n\n');

/** `O` owns, `W` writes, `r` reads. Contexts that touch no table have no column; past a dozen, names are listed instead. */
function ownership({ contexts, tables }: Analysis): string {
  if (tables.length === 0) return 'No table was found.';
  const columns = contexts.map(({ name }) => name).filter((name) => tables.some((plan) => plan.owner === name || letters(plan, name) !== ''));
  if (columns.length > MATRIX_CONTEXTS) {
    return table(['table', 'owner', 'written by', 'read by', 'role'], tables.map(({ table: name, owner, writers, readers, role }) => [code(name), owner ?? '', list(writers), list(readers), roleText(role)]));
  }
  return `${table(['table', ...columns, 'role'], tables.map((plan) => [code(plan.table), ...columns.map((name) => `${plan.owner === name ? '**O** ' : ''}${letters(plan, name)}`.trim()), roleText(plan.role)]))}\n\n**O** owns, W writes, r reads.`;
}

const letters = ({ writers, readers }: TablePlan, name: string): string => `${writers.some(({ context }) => context === name) ? 'W' : ''}${readers.some(({ context }) => context === name) ? 'r' : ''}`;
const list = (uses: TablePlan['writers']): string => uses.map(({ context }) => context).join(', ');
const roleText = (role: TablePlan['role']): string => ({ own: '', reference: 'reference data: replicate', god: 'many writers: split its columns' })[role];

const cutSections = ({ cuts }: Analysis): string => cuts.length === 0 ? 'No edge crosses a boundary.' : contextArrows(cuts).map(({ from, to, cuts: its, cost }) => [
  `### ${from} → ${to} (${plural(its.length, 'cut')}, cost ${String(cost)})`,
  table(['kind', 'what', 'where', 'remedy'], its.slice(0, CUTS_PER_PAIR).map((cut: Cut) => [cut.kind, cut.what, at(cut.evidence), `**${cut.remedy.kind}**: ${cut.remedy.text}`])),
  ...(its.length > CUTS_PER_PAIR ? [`${String(its.length - CUTS_PER_PAIR)} more in the JSON report.`] : []),
].join('\n\n')).join('\n\n');

const sagas = ({ sagas: all }: Analysis): string => all.map(({ name, kind, orchestrator, steps, evidence }) => [
  `### ${name} (${kind}, led by ${orchestrator}, ${at(evidence)})`,
  table(['step', 'context', 'does', 'undone by'], steps.map(({ context, does, compensation }, i) => [i + 1, context, does, compensation ?? 'not undone: retried']))].join('\n\n')).join('\n\n');

const order = ({ order: steps }: Analysis): string => `${table(['', 'context', 'value ÷ cost', 'value', 'cost', 'risk', 'because'],
  steps.map(({ rank, context, score, value, cost, risk, because }) => [rank, context, score.toFixed(2), value.total, cost.total, risk, because]))}

Value: mean of the context's share of churn, of contended tables and of endpoints, in percent. Cost: 10 for any extraction, plus its open cuts.`;

const decisions = ({ decisions: all }: Analysis): string => `${table(['module', 'now in', 'or', 'confidence', 'for staying', 'for moving'], all.slice(0, LISTED).map(({ module, context, runnerUp, confidence, stays, moves }) =>
  [code(module), context, runnerUp, confidence.toFixed(2), stays[0]?.says ?? '', moves[0]?.says ?? '']))}${all.length > LISTED ? `\n\n${String(all.length - LISTED)} more in the JSON report.` : ''}`;

const unresolved = ({ model }: Analysis): string => model.unresolved.length === 0 ? 'Nothing.' : `${table(['kind', 'what', 'why', 'where'], model.unresolved.slice(0, 200).map(({ kind, what, why, evidence }) => [kind, code(what), why, at(evidence)]))}${model.unresolved.length > 200 ? `\n\n${String(model.unresolved.length - 200)} more in the JSON report.` : ''}`;

const crossCheck = ({ model }: Analysis): string => table(['from', 'to', 'seen by', 'because'], model.crossCheck.slice(0, 200).map(({ from, to, seenBy, because }) => [code(from), code(to), seenBy, because]));

type Cell = string | number;
const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`)].join('\n');
/** A pipe or a line end inside a cell would break the table. */
const cell = (value: Cell): string => String(value).replace(/\s+/g, ' ').replaceAll('|', String.raw`\|`);
const code = (text: string): string => `\`${text.replaceAll('`', "'")}\``;
const at = ({ file, line }: Evidence): string => `\`${file}:${String(line)}\``;
const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');
const clip = (items: readonly string[], most: number): string => `${items.slice(0, most).join(', ')}${items.length > most ? ` and ${String(items.length - most)} more` : ''}`;
const plural = (n: number, noun: string): string => `${String(n)} ${noun}${n === 1 ? '' : 's'}`;
const percent = ({ resolved, total }: Share): string => (total === 0 ? 'n/a' : `${String(Math.floor((1000 * resolved) / total) / 10)} %`);
