import { count, h, plural } from './dom.js';
import { KIND_WORDS } from './facts.js';
import { grid } from './grid.js';
import { chip, contextLink, empty, head, where } from './parts.js';
import { link } from './route.js';

/** @import { Facts } from './facts.js' */

/**
 * When to take each context out, and why then.
 * @param {Facts} facts
 */
export function orderView(facts) {
  const { order } = facts.data;
  if (order.length === 0) return h('div', {}, head('Order of extraction'), empty('No context owns a table or answers an endpoint: there is nothing to route.'));
  return h('div', {},
    head('Order of extraction', 'Value ÷ cost, greedily: a cut that an earlier step has mended costs no more. Value is the mean of the context’s share of churn, contended tables and endpoints; cost is 10 for any extraction plus its open cuts.'),
    grid({ label: 'Order of extraction', noun: 'step', rows: order, text: ({ context, because, risk }) => `${context} ${because} ${risk}`, columns: [
      { title: '#', cell: ({ rank }) => String(rank), by: ({ rank }) => rank, numeric: true },
      { title: 'Context', cell: ({ context }) => contextLink(facts, context), by: ({ context }) => context },
      { title: 'Value', cell: ({ value }) => h('span', { title: `churn ${value.churn} %, contention ${value.contention} %, endpoints ${value.endpoints} %` }, value.total.toFixed(1)), by: ({ value }) => value.total, numeric: true },
      { title: 'Churn %', cell: ({ value }) => value.churn.toFixed(1), by: ({ value }) => value.churn, numeric: true },
      { title: 'Contention %', cell: ({ value }) => value.contention.toFixed(1), by: ({ value }) => value.contention, numeric: true },
      { title: 'Endpoints %', cell: ({ value }) => value.endpoints.toFixed(1), by: ({ value }) => value.endpoints, numeric: true },
      { title: 'Cost', cell: ({ cost }) => stack(cost.byKind, cost.total), by: ({ cost }) => cost.total, numeric: true },
      { title: 'Risk', cell: ({ risk }) => h(`span.risk.${risk}`, {}, risk), by: ({ risk }) => ['low', 'medium', 'high'].indexOf(risk) },
      { title: 'Because', kind: 'wide', cell: ({ because }) => because },
    ] }));
}

/**
 * @param {Readonly<Record<string, number | undefined>>} kinds
 * @param {number} total
 */
const stack = (kinds, total) => h('span.meter', { title: Object.entries(kinds).map(([kind, cost]) => `${KIND_WORDS.get(kind) ?? kind}: ${String(cost)}`).join(', ') },
  h('span.stack.small', { 'aria-hidden': 'true' }, Object.entries(kinds).map(([kind, cost]) => h(`span.${kind}`, { style: { 'flex-grow': cost ?? 0 } }))), h('span.n', {}, count(total)));

/**
 * What replaces each transaction that would span contexts.
 * @param {Facts} facts
 */
export function sagasView(facts) {
  const { sagas } = facts.data;
  if (sagas.length === 0) return h('div', {}, head('Sagas'), empty('No transaction spans two contexts.'));
  return h('div', {},
    head('Sagas', 'Each transaction that a boundary would break, and the ordered steps that replace it. An outbox: one context writes, others follow later. A saga: several must agree, so each step before the last can be undone.'),
    sagas.map(({ name, kind, orchestrator, steps, evidence }) => h('article.card.pad.saga', {}, h('h2', {}, h('code', {}, name), ' ', chip(kind)), h('p', {}, 'Led by ', contextLink(facts, orchestrator), '; the transaction is at ', where(evidence), '.'),
      h('ol.steps', {}, steps.map(({ context, does, compensation }) => h('li', {}, contextLink(facts, context), h('p', {}, does), h('small', {}, compensation === undefined ? 'retried until it succeeds' : `undone by: ${compensation}`)))))));
}

/**
 * Other readings of the same evidence, and how they differ.
 * @param {Facts} facts
 */
export function rivalsView(facts) {
  const { contexts, rivals, stability } = facts.data;
  const rows = [{ chosen: true, resolution: stability.resolution, contexts: contexts.length, stability: stability.chosen, agreement: 1, largest: [...contexts].sort((a, b) => b.modules.length - a.modules.length).slice(0, 5).map(({ name, modules }) => ({ name, modules: modules.length })) }, ...rivals.map((rival) => ({ ...rival, chosen: false }))];
  return h('div', {},
    head('Rivals', 'Other decompositions of the same evidence. Stability: how much perturbed runs agree with one another (ARI, 1 is the same every time). Agreement: with the proposal.'),
    grid({ label: 'Rival decompositions', noun: 'reading', rows, marked: ({ chosen }) => chosen, columns: [
      { title: 'Contexts', cell: ({ contexts: n, chosen }) => [count(n), chosen && ' (proposed)'], by: ({ contexts: n }) => n },
      { title: 'Stability', cell: ({ stability: value }) => value.toFixed(2), by: ({ stability: value }) => value, numeric: true },
      { title: 'Agreement', cell: ({ agreement }) => agreement.toFixed(2), by: ({ agreement }) => agreement, numeric: true },
      { title: 'Largest', cell: ({ largest }) => h('span.chips', {}, largest.map(({ name, modules }) => chip(`${name} ${modules}`))) },
    ] }),
    h('h2', {}, 'Resolutions tried'),
    grid({ label: 'Resolutions tried', noun: 'resolution', rows: stability.sweep, marked: ({ resolution }) => resolution === stability.resolution, columns: [
      { title: 'Resolution', cell: ({ resolution }) => String(resolution), by: ({ resolution }) => resolution }, { title: 'Contexts', cell: ({ contexts: n }) => count(n), by: ({ contexts: n }) => n, numeric: true }, { title: 'Stability', cell: ({ stability: value }) => value.toFixed(3), by: ({ stability: value }) => value, numeric: true },
    ] }),
    h('p.after', {}, plural(stability.sweep.length, 'resolution'), ' were tried; the most stable plateau is proposed. ', h('a', { href: link('decisions') }, 'The modules that readings disagree on'), ' are decisions for you.'));
}
