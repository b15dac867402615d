import { count, h, percent, plural } from './dom.js';
import { byKind, costOf } from './facts.js';
import { grid } from './grid.js';
import { bar, chip, contextLink, head } from './parts.js';
import { link } from './route.js';

/** @import { Child } from './types.d.ts' */
/** @import { Context, Facts } from './facts.js' */

/**
 * The first screen: what is proposed, how sure that is, what it costs, what to do first.
 * @param {Facts} facts
 */
export function overviewView(facts) {
  return h('div', {},
    head(title(facts)),
    h('div.answers', {}, proposed(facts), sure(facts), costs(facts), first(facts)),
    h('div.split', {}, h('section', {}, h('h2', {}, 'The contexts'), contextTable(facts, true)), h('aside', {}, understood(facts), thenNext(facts))));
}

/** @param {Facts} facts */
function title({ data: { contexts, system } }) {
  const libraries = contexts.filter(({ role }) => role === 'library').length;
  return `${system}: ${plural(contexts.length - libraries, 'service')}${libraries > 0 ? ` and ${plural(libraries, 'library', 'libraries')}` : ''} proposed`;
}

/**
 * @param {string} question
 * @param {Child} answer
 * @param {Child} body
 * @param {readonly (readonly [string, string])[]} links
 */
const answer = (question, answer, body, links) => h('section.answer', {}, h('h2', {}, question), h('p.big', {}, answer), h('div.because', {}, body), h('p.links', {}, links.map(([text, href]) => h('a', { href }, text))));

/** @param {Facts} facts */
function proposed({ data }) {
  const { contexts, endpoints, other, shared, tables } = data;
  const pages = other.filter(({ kind }) => kind === 'browser').length;
  const inside = contexts.reduce((total, { modules }) => total + modules.length, 0);
  return answer('What is proposed', [count(contexts.length), h('small', {}, contexts.length === 1 ? ' context' : ' contexts')],
    `${plural(inside, 'module')}, ${plural(tables.length, 'table')} and ${plural(endpoints.length, 'endpoint')} get one owner each; ${plural(shared.modules.length, 'module')} ${shared.modules.length === 1 ? 'stays' : 'stay'} shared.${pages > 0 ? ` ${plural(pages, 'module')} ${pages === 1 ? 'runs' : 'run'} in a browser: a client of the services, left out.` : ''}`,
    [['Open the map', link('map')], ['Who owns which table', link('tables')]]);
}

/** @param {Facts} facts */
function sure({ data: { contexts, decisions, recall, stability, unresolved } }) {
  const members = contexts.flatMap(({ members: its }) => its);
  const clear = members.filter(({ confidence }) => confidence >= 0.5).length;
  return answer('How sure', [stability.chosen.toFixed(2), h('small', {}, ' stability of 1')], h('ul.lines-of', {},
    h('li', {}, `Perturbed runs agree at ARI ${stability.chosen.toFixed(2)}.`),
    h('li', {}, h('b', {}, percent(members.length === 0 ? 0 : clear / members.length)), ' of the modules lean clearly on their context.'),
    h('li', {}, h('b', {}, percent(recall.queries.total === 0 ? 1 : recall.queries.resolved / recall.queries.total)), ` of ${plural(recall.queries.total, 'query', 'queries')} understood.`)),
  [[`${plural(decisions.length, 'decision')} for you`, link('decisions')], [plural(unresolved.length, 'gap'), link('unresolved')], ['Rivals', link('rivals')]]);
}

/** @param {Facts} facts */
function costs({ data: { cuts, hubs } }) {
  const kinds = byKind(cuts);
  const total = costOf(cuts);
  return answer('What it costs', [count(Math.round(total)), h('small', {}, ' cost units')],
    [h('div.stack', { role: 'img', 'aria-label': kinds.map(({ word, cost }) => `${word}: ${percent(cost / total)}`).join(', ') }, kinds.map(({ kind, word, n, cost }) => h(`span.${kind}`, { title: `${word}: ${plural(n, 'cut')}, cost ${count(cost)}`, style: { 'flex-grow': cost } }))),
      h('ul.kinds', {}, kinds.filter(({ cost }) => cost / total >= 0.01).map(({ kind, word, n, cost }) => h('li', {}, h(`a.key.${kind}`, { href: link('cuts', [], { kind }) }, h('i', { 'aria-hidden': 'true' }), word), ' ', h('span.n', { title: `cost ${count(cost)}` }, count(n)))))],
    [[`All ${plural(cuts.length, 'cut')} with evidence`, link('cuts')], ...(hubs.length > 0 ? [/** @type {[string, string]} */ (['Before any cut', link('hubs')])] : [])]);
}

/** @param {Facts} facts */
function first(facts) {
  const { data: { order } } = facts;
  const [step] = order;
  if (step === undefined) return answer('What to do first', 'Nothing', 'No context owns a table or answers an endpoint: there is nothing to route.', [['Contexts', link('contexts')]]);
  return answer('What to do first', h('a.first', { href: link('order', [step.context]) }, `Extract ${step.context}`),
    [`${step.because}. `, h('br'), 'Value ', h('b', {}, step.value.total.toFixed(1)), ', cost ', h('b', {}, count(step.cost.total)), ', ', h(`span.risk.${step.risk}`, {}, `${step.risk} risk`)],
    [[`The work: ${plural(step.first.length, 'piece')}`, link('order', [step.context])], ['The whole order', link('order')]]);
}

/**
 * @param {Facts} facts
 * @param {boolean} [brief] where there is little room
 */
export const contextTable = (facts, brief = false) => {
  const largest = Math.max(1, ...facts.data.contexts.map(({ modules }) => modules.length));
  return grid({
    label: 'Contexts', noun: 'context', rows: facts.data.contexts, text: ({ name, tables, endpoints }) => [name, ...tables, ...endpoints].join(' '),
    columns: [
      { title: 'Context', cell: ({ name, role }) => [contextLink(facts, name), role === 'library' && [' ', chip('library')]], by: ({ name }) => name },
      { title: 'Modules', cell: ({ modules }) => bar(modules.length / largest, plural(modules.length, 'module'), count(modules.length)), by: ({ modules }) => modules.length, numeric: true },
      ...(brief ? [] : [{ title: 'Lines', cell: (/** @type {Context} */ { lines }) => count(lines), by: (/** @type {Context} */ { lines }) => lines, numeric: true }]),
      { title: 'Tables', cell: ({ tables }) => count(tables.length), by: ({ tables }) => tables.length, numeric: true },
      { title: 'Endpoints', cell: ({ endpoints }) => count(endpoints.length), by: ({ endpoints }) => endpoints.length, numeric: true },
      { title: 'Confidence', cell: ({ confidence }) => bar(confidence, `confidence ${confidence.toFixed(2)}`), by: ({ confidence }) => confidence, numeric: true },
      ...(brief ? [] : [{ title: 'Leans on', cell: (/** @type {Context} */ { runnerUp }) => runnerUp !== undefined && [contextLink(facts, runnerUp.context), ' ', h('span.muted', { title: 'of its outward evidence points there' }, percent(runnerUp.share))], by: (/** @type {Context} */ { runnerUp }) => runnerUp?.context ?? '~' }]),
    ],
  });
};

/** @param {Facts} facts */
function understood({ data: { recall } }) {
  /** @type {[string, { resolved: number, total: number }][]} */
  const rows = [['Imports', recall.imports], ['Calls', recall.calls], ['Queries, to table and mode', recall.queries], ['Endpoints, to method and path', recall.endpoints], ['Endpoints that reach a table', recall.traced]];
  return h('section.card.pad', {}, h('h2', {}, 'How much was understood'), h('dl.recall', {}, rows.map(([name, { resolved, total }]) => h('div', {}, h('dt', {}, name),
    h('dd', {}, total === 0 ? h('span.muted', {}, 'none seen') : [bar(resolved / total, `${resolved} of ${total}`, percent(resolved / total)), h('span.muted', {}, ` ${count(resolved)} of ${count(total)}`)])))));
}

/** @param {Facts} facts */
function thenNext(facts) {
  const steps = facts.data.order.slice(0, 5);
  const worst = [...facts.boundaries].slice(0, 5);
  return [
    steps.length > 0 && h('section.card.pad', {}, h('h2', {}, 'First steps'), h('ol.next', {}, steps.map(({ context, risk, cost }) => h('li', {}, contextLink(facts, context), h('span.muted', {}, `cost ${count(cost.total)}, risk ${risk}`)))), h('p.links', {}, h('a', { href: link('order') }, 'The whole order'))),
    worst.length > 0 && h('section.card.pad', {}, h('h2', {}, 'Dearest boundaries'), h('ul.next', {}, worst.map(({ from, to, cost, cuts }) => h('li', {}, h('a', { href: link('cuts', [from, to]) }, `${from} → ${to}`), h('span.muted', {}, `cost ${count(cost)}, ${plural(cuts.length, 'cut')}`)))), h('p.links', {}, h('a', { href: link('cuts') }, 'All boundaries'))),
  ];
}
