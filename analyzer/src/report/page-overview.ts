import type { Analysis, Share } from '../propose/analysis.ts';
import { html, type Markup } from './markup.ts';
import { bar, contextLink, plural, table } from './page-parts.ts';

/** What a maintainer wants to know in the first ten seconds. */
export function overviewSection(analysis: Analysis): Markup {
  const { contexts, cuts, endpoints, order, recall, shared, stability, tables } = analysis;
  const [first] = order;
  const modules = contexts.reduce((total, { modules: its }) => total + its.length, 0);
  const broken = cuts.filter(({ kind }) => kind === 'transaction').length;
  return html`<p class="lead">${plural(modules, 'module')} fall into <strong>${plural(contexts.length, 'context')}</strong>; ${shared.modules.length} stay shared. ${first === undefined ? undefined : html`Take ${contextLink(first.context)} out first: ${first.because}.`}</p>
<dl class="tiles">${[
    tile('Modules', String(modules), `${String(shared.modules.length)} more shared`), tile('Tables', String(tables.length), `${String(tables.filter(({ role }) => role === 'god').length)} with many writers`),
    tile('Endpoints', String(endpoints.length), `${String(recall.traced.resolved)} reach a table`), tile('Cuts', String(cuts.length), plural(broken, 'broken transaction')),
    tile('Stability', stability.chosen.toFixed(2), 'ARI of perturbed runs'),
  ]}</dl>
<h3>How much was understood</h3>${recallList(analysis)}
<h3>All contexts</h3>${table('All contexts', ['Context', 'Modules', 'Lines', 'Tables', 'Endpoints', 'Confidence', 'Leans on'], contexts.map(({ name, role, modules: its, lines, tables: owned, endpoints: answers, confidence, runnerUp }) =>
    html`<tr data-search><th scope="row">${contextLink(name)}${role === 'library' ? html` <span class="chip">library</span>` : undefined}</th><td class="n">${its.length}</td><td class="n">${lines}</td><td class="n">${owned.length}</td><td class="n">${answers.length}</td><td>${bar(confidence, `confidence ${confidence.toFixed(2)}`)} <span class="n">${confidence.toFixed(2)}</span></td><td>${runnerUp === undefined ? undefined : contextLink(runnerUp.context)}</td></tr>`))}
${rivals(analysis)}`;
}

const tile = (name: string, value: string, detail: string): Markup => html`<div class="tile"><dt>${name}</dt><dd><b>${value}</b><span>${detail}</span></dd></div>`;

const recallList = ({ recall, model }: Analysis): Markup => html`<dl class="recall">${[
  ['Imports resolved', recall.imports], ['Calls resolved', recall.calls], ['Queries resolved to table and mode', recall.queries], ['Endpoints resolved to method and path', recall.endpoints], ['Endpoints that reach a table', recall.traced],
].map((row) => shareRow(row as [string, Share]))}</dl>${model.unresolved.length === 0 ? undefined : html`<p><a href="#unresolved">${plural(model.unresolved.length, 'gap')}, each with its place</a></p>`}`;

const shareRow = ([name, { resolved, total }]: [string, Share]): Markup => html`<div><dt>${name}</dt><dd>${total === 0 ? html`<span class="muted">none seen</span>` : html`${bar(resolved / total, `${String(resolved)} of ${String(total)}`)} <span class="n">${String(Math.floor((1000 * resolved) / total) / 10)} %</span> <span class="muted">${resolved} of ${total}</span>`}</dd></div>`;

const rivals = ({ rivals: all, contexts, stability }: Analysis): Markup => all.length === 0 ? html`` : html`<h3>Other readings of the same evidence</h3>${table('Rival decompositions', ['Contexts', 'Stability', 'Agreement with the proposal (ARI)', 'Largest'], [
  html`<tr class="chosen"><th scope="row">${contexts.length} (proposed)</th><td class="n">${stability.chosen.toFixed(2)}</td><td class="n">1.00</td><td>${contexts.slice(0, 5).map(({ name, modules }) => `${name} ${String(modules.length)}`).join(', ')}</td></tr>`,
  ...all.map((rival) => html`<tr><th scope="row">${rival.contexts}</th><td class="n">${rival.stability.toFixed(2)}</td><td class="n">${rival.agreement.toFixed(2)}</td><td>${rival.largest.map(({ name, modules }) => `${name} ${String(modules)}`).join(', ')}</td></tr>`),
])}`;
