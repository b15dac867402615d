import type { Analysis, Cut, CutKind } from '../propose/analysis.ts';
import { cutId } from './identity.ts';
import { html, type Markup } from './markup.ts';
import { contextArrows, type Arrow } from './mermaid.ts';
import { code, contextLink, plural, reasons, table, where } from './page-parts.ts';

/** Rows per pair of contexts, and of gaps, on the page; the JSON has all. */
const ROWS = 120;
const GAPS = 2000;

/** What each boundary breaks, pair by pair, costliest first: the map as a table, with evidence and remedy. */
export const cutSection = ({ cuts }: Analysis): Markup => cuts.length === 0 ? html`<p class="muted">No edge crosses a boundary.</p>` : html`<p class="lead">Costliest first. A call counts 1, a foreign write 5, a transaction 8.</p>${contextArrows(cuts).map(pair)}`;

const pair = ({ from, to, cuts, cost, heavy }: Arrow): Markup => html`<details class="card fold" id="${cutId(from, to)}" data-group><summary><h3>${contextLink(from)} <span aria-label="needs">→</span> ${contextLink(to)}</h3><span class="facts">${kinds(cuts)} <b class="cost${heavy ? ' heavy' : ''}">cost ${cost}</b></span></summary>${table(`Cuts from ${from} to ${to}`, ['Kind', 'What', 'Where', 'Remedy'], cuts.slice(0, ROWS).map(({ kind, what, evidence, remedy }) => html`<tr data-search><td><span class="chip ${kind}">${KIND_WORDS[kind]}</span></td><td>${what}</td><td>${where(evidence)}</td><td><b>${remedy.kind}</b> ${remedy.text}</td></tr>`))}${cuts.length > ROWS ? html`<p class="muted">${cuts.length - ROWS} more in the JSON report.</p>` : undefined}</details>`;

const KIND_WORDS: Readonly<Record<CutKind, string>> = { call: 'call', import: 'import', type: 'types', read: 'read', write: 'write', join: 'join', foreignKey: 'foreign key', transaction: 'transaction' };

function kinds(cuts: readonly Cut[]): Markup {
  const counts = new Map<CutKind, number>();
  for (const { kind } of cuts) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return html`${[...counts].map(([kind, n]) => html`<span class="chip ${kind}">${n} ${KIND_WORDS[kind]}</span> `)}`;
}

export const sagaSection = ({ sagas }: Analysis): Markup => sagas.length === 0 ? html`<p class="muted">No transaction spans two contexts.</p>` : html`${sagas.map(({ name, kind, orchestrator, steps, evidence }) => html`<article class="card saga" data-search><h3>${code(name)} <span class="chip">${kind}</span></h3><p>Led by ${contextLink(orchestrator)}; the transaction is at ${where(evidence)}.</p><ol class="steps">${steps.map(({ context, does, compensation }) => html`<li>${contextLink(context)} ${does}<br><small>${compensation === undefined ? 'retried until it succeeds' : `undone by: ${compensation}`}</small></li>`)}</ol></article>`)}`;

export const orderSection = ({ order }: Analysis): Markup => html`<p class="lead">Value ÷ cost, greedily: a cut that an earlier step has mended costs no more. Value is the mean of the context's share of churn, contended tables and endpoints; cost is 10 for any extraction plus its open cuts.</p>${table('Order of extraction', ['', 'Context', 'Value ÷ cost', 'Churn %', 'Contention %', 'Endpoints %', 'Cost', 'Risk', 'Because'], order.map(({ rank, context, score, value, cost, risk, because }) => html`<tr data-search><td class="n">${rank}</td><th scope="row">${contextLink(context)}</th><td class="n"><b>${score.toFixed(2)}</b></td><td class="n">${value.churn}</td><td class="n">${value.contention}</td><td class="n">${value.endpoints}</td><td class="n" title="${Object.entries(cost.byKind).map(([kind, sum]) => `${kind} ${String(sum)}`).join(', ')}">${cost.total}</td><td><span class="risk ${risk}">${risk}</span></td><td>${because}</td></tr>`))}`;

export const decisionSection = ({ decisions }: Analysis): Markup => decisions.length === 0 ? html`<p class="muted">Every module leans clearly on one context.</p>` : html`<p class="lead">These modules lean almost as much on another context. Decide, and pin the answer in <code>strangler.contexts.yaml</code>.</p>${decisions.slice(0, ROWS).map(({ module, context, runnerUp, confidence, stays, moves }) => html`<details class="card fold" data-group data-search><summary><h3>${code(module)}</h3><span class="facts">${contextLink(context)} or ${contextLink(runnerUp)}? confidence ${confidence.toFixed(2)}</span></summary><div class="sides"><div><h4>Stays in ${context}</h4>${reasons(stays)}</div><div><h4>Moves to ${runnerUp}</h4>${reasons(moves)}</div></div></details>`)}${decisions.length > ROWS ? html`<p class="muted">${decisions.length - ROWS} more in the JSON report.</p>` : undefined}`;

export function unresolvedSection({ idlePins, measures, model }: Analysis): Markup {
  return html`${model.unresolved.length === 0 ? html`<p class="muted">Everything that was seen could be resolved.</p>` : html`<p class="lead">${plural(model.unresolved.length, 'thing')} that were seen and not understood. Nothing else was skipped.</p>${table('Unresolved', ['Kind', 'What', 'Why', 'Where'], model.unresolved.slice(0, GAPS).map(({ kind, what, why, evidence }) => html`<tr data-search><td><span class="chip">${kind}</span></td><td>${code(what)}</td><td>${why}</td><td>${where(evidence)}</td></tr>`))}${model.unresolved.length > GAPS ? html`<p class="muted">${model.unresolved.length - GAPS} more in the JSON report.</p>` : undefined}`}
${idlePins.length === 0 ? undefined : html`<h3>Pins that match nothing</h3><ul>${idlePins.map((pin) => html`<li>${code(pin)}</li>`)}</ul>`}
${measures.cycles.length === 0 ? undefined : html`<h3>Import cycles</h3><ul>${measures.cycles.map((cycle) => html`<li>${cycle.map((module) => html`${code(module)} `)}</li>`)}</ul>`}
${model.crossCheck.length === 0 ? undefined : html`<h3>Where madge disagrees</h3>${table('Disagreements with madge', ['From', 'To', 'Seen by', 'Because'], model.crossCheck.slice(0, GAPS).map(({ from, to, seenBy, because }) => html`<tr data-search><td>${code(from)}</td><td>${code(to)}</td><td>${seenBy}</td><td>${because}</td></tr>`))}`}`;
}
