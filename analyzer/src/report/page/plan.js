import { count, h, percent, plural } from './dom.js';
import { KIND_WORDS } from './facts.js';
import { grid } from './grid.js';
import { chip, contextLink, counted, crumbs, empty, factList, head, volumeOf, where } from './parts.js';
import { link } from './route.js';

/** @import { Facts } from './facts.js' */
/** @import { Route } from './route.js' */
/** @typedef {Facts['data']['order'][number]} Step */

/**
 * When to take each context out, and why then; or all that one step asks for.
 * @param {Facts} facts
 * @param {Route} route
 */
export function orderView(facts, { parts: [context] }) {
  const { order } = facts.data;
  if (context !== undefined) return stepView(facts, context);
  if (order.length === 0) return h('div', {}, head('Order of extraction'), empty('No context owns a table or answers an endpoint: there is nothing to route.'));
  return h('div', {},
    head('Order of extraction', 'Value ÷ cost, greedily: a cut that an earlier step has mended costs no more. Value is the mean of the context’s share of churn, contended tables and traffic; cost is 10 for any extraction plus its open cuts. Open a step for the work it asks for.'),
    grid({ label: 'Order of extraction', noun: 'step', rows: order, text: ({ context: name, because, risk }) => `${name} ${because} ${risk}`, columns: [
      { title: '#', cell: ({ rank }) => String(rank), by: ({ rank }) => rank, numeric: true },
      { title: 'Context', cell: ({ context: name }) => [contextLink(facts, name)], by: ({ context: name }) => name },
      { title: 'Work', cell: ({ context: name, first }) => h('a', { href: link('order', [name]) }, plural(first.length, 'piece')), by: ({ first }) => first.length, numeric: true },
      { title: 'Value', cell: ({ value }) => value.total.toFixed(1), by: ({ value }) => value.total, numeric: true },
      { title: 'Churn %', kind: 'extra', cell: ({ value }) => value.churn.toFixed(1), by: ({ value }) => value.churn, numeric: true },
      { title: 'Contention %', kind: 'extra', cell: ({ value }) => value.contention.toFixed(1), by: ({ value }) => value.contention, numeric: true },
      { title: 'Traffic %', kind: 'extra', cell: ({ value }) => value.traffic.toFixed(1), by: ({ value }) => value.traffic, numeric: true },
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
 * @param {Facts} facts
 * @param {string} context
 */
function stepView(facts, context) {
  const step = facts.data.order.find((each) => each.context === context);
  const up = /** @type {const} */ ([['Order of extraction', link('order')]]);
  if (step === undefined) return h('div', {}, crumbs(up, context), head('No such step'), empty(`${context} is not extracted by itself.`));
  const next = facts.data.order[step.rank];
  return h('div', {},
    crumbs(up, context),
    head([`${step.rank}. Extract`, contextLink(facts, context)], step.because, h('a.button', { href: link('map', [context]) }, 'See inside on the map')),
    factList([
      ['Value', [h('b', {}, step.value.total.toFixed(1)), h('span.muted', {}, ` from ${step.value.churn.toFixed(1)} % of the churn, ${step.value.contention.toFixed(1)} % of the contended tables, ${step.value.endpoints.toFixed(1)} % of the endpoints, ${step.value.traffic.toFixed(1)} % of the traffic`)]],
      ['Cost', [h('b', {}, count(step.cost.total)), h('span.muted', {}, ` from ${Object.entries(step.cost.byKind).map(([kind, cost]) => `${KIND_WORDS.get(kind) ?? kind} ${count(cost)}`).join(', ') || 'nothing but the extraction itself'}`)]],
      ['Risk', h(`span.risk.${step.risk}`, {}, step.risk)],
      ['Then', next && h('a', { href: link('order', [next.context]) }, `${next.rank}. ${next.context}`)],
    ]),
    counted('What must be done first, in order', step.first.length),
    step.first.length === 0 ? empty('Nothing: no open cut holds it.') : workGrid(step));
}

/** @param {Step} step */
const workGrid = ({ context, first }) => grid({ label: `Work before ${context} can leave`, noun: 'piece of work', nouns: 'pieces of work', rows: first.map((work, i) => ({ ...work, at: i + 1 })), text: ({ remedy, text, evidence }) => `${remedy} ${text} ${evidence.file}`, columns: [
  { title: '#', cell: ({ at }) => String(at), by: ({ at }) => at, numeric: true },
  { title: 'Remedy', cell: ({ remedy }) => chip(remedy), by: ({ remedy }) => remedy },
  { title: 'What', kind: 'wide', cell: ({ text }) => text, by: ({ text }) => text },
  { title: 'Mends', cell: ({ cuts }) => plural(cuts, 'cut'), by: ({ cuts }) => cuts, numeric: true },
  { title: 'Cost', cell: ({ cost }) => count(cost), by: ({ cost }) => cost, numeric: true },
  { title: 'First place', kind: 'place', cell: ({ evidence }) => where(evidence), by: ({ evidence }) => evidence.file },
] });

/**
 * What many contexts lean on: to be dealt with before any cut.
 * @param {Facts} facts
 */
export function hubsView(facts) {
  const { hubs } = facts.data;
  if (hubs.length === 0) return h('div', {}, head('Before any cut'), empty('Nothing is leaned on by so many contexts that it must be dealt with first.'));
  return h('div', {},
    head('Before any cut', 'What many contexts lean on. A technical utility becomes a shared library; reference data is replicated to its readers; an entity that many contexts write is split by its columns.'),
    grid({ label: 'What many contexts lean on', noun: 'finding', rows: hubs, text: ({ kind, subject, owner, remedy, users }) => `${kind} ${subject} ${owner ?? 'shared'} ${remedy.text} ${users.map(({ context }) => context).join(' ')}`, columns: [
      { title: 'What', kind: 'place', cell: ({ kind, subject }) => h('a.path', { href: kind === 'technical utility' ? link('module', [subject]) : link('tables', [subject]) }, subject), by: ({ subject }) => subject },
      { title: 'Kind', cell: ({ kind }) => chip(kind, kind === 'god entity' ? 'write' : ''), by: ({ kind }) => kind },
      { title: 'Owner', cell: ({ owner }) => contextLink(facts, owner), by: ({ owner }) => owner ?? '~' },
      { title: 'Leaned on by', cell: ({ users }) => h('span', { title: users.map(({ context, places }) => `${context}: ${plural(places, 'place')}`).join(', ') }, plural(users.length, 'context')), by: ({ users }) => users.length, numeric: true },
      { title: 'Remedy', kind: 'wide', cell: ({ remedy }) => [h('b', {}, remedy.kind), h('span.muted', {}, ` ${remedy.text}`)], by: ({ remedy }) => remedy.kind },
      { title: 'Places', kind: 'place', cell: ({ evidence }) => h('ul', {}, evidence.slice(0, 3).map((place) => h('li', {}, where(place)))) },
    ] }));
}

/**
 * What replaces each transaction that would span contexts.
 * @param {Facts} facts
 */
export function sagasView(facts) {
  const { sagas } = facts.data;
  if (sagas.length === 0) return h('div', {}, head('Sagas'), empty('No transaction spans two contexts.'));
  return h('div', {},
    head('Sagas', 'Each transaction that a boundary would break, and the ordered steps that replace it. An outbox: one context writes, others follow later. A saga: several must agree, so each step before the last can be undone.'),
    sagas.map(({ name, kind, orchestrator, steps, evidence, endpoints, complexity, volume }) => h('article.card.pad.saga', {}, h('h2', {}, h('code', {}, name), ' ', chip(kind)),
      h('p', {}, 'Led by ', contextLink(facts, orchestrator), '; the transaction is at ', where(evidence), '.', complexity > 0 && h('span', { title: 'distributed endpoints that touch the same tables in the opposite mode (Santos & Rito Silva 2020)' }, ` Complexity ${count(complexity)}.`), volumeOf(volume)),
      endpoints.length > 0 && h('p', {}, 'Run by ', endpoints.map((id, i) => [i > 0 && ', ', h('a', { href: link('endpoints', [id]) }, id)]), '.'),
      h('ol.steps', {}, steps.map(({ context, does, compensation }) => h('li', {}, contextLink(facts, context), h('p', {}, does), h('small', {}, compensation === undefined ? 'retried until it succeeds' : `undone by: ${compensation}`)))))));
}

/** @typedef {{ readonly href: string | undefined, readonly name: string, readonly contexts: number, readonly stability: number, readonly agreement: number, readonly cost: Facts['data']['cost'] }} Reading */

/**
 * Other readings of the same evidence, and how they differ.
 * @param {Facts} facts
 * @param {Route} route
 */
export function rivalsView(facts, { parts: [number] }) {
  const { contexts, cost, rivals, stability } = facts.data;
  if (number !== undefined) return rivalView(facts, number);
  /** @type {Reading[]} */
  const rows = [{ href: undefined, name: 'the proposal', contexts: contexts.length, stability: stability.chosen, agreement: 1, cost }, ...rivals.map((rival, i) => ({ ...rival, name: rival.kind, href: link('rivals', [String(i + 1)]) }))];
  return h('div', {},
    head('Rivals', 'Other decompositions of the same evidence, and what each would cost. Stability: how much perturbed runs agree with one another (ARI, 1 is the same every time). Agreement: with the proposal. Open one to see where it differs.'),
    grid({ label: 'Rival decompositions', noun: 'reading', rows, marked: ({ href }) => href === undefined, columns: [
      { title: 'Reading', cell: ({ name, href }) => (href === undefined ? name : h('a', { href }, name)), by: ({ name }) => name },
      { title: 'Contexts', cell: ({ contexts: n }) => count(n), by: ({ contexts: n }) => n, numeric: true },
      { title: 'Stability', cell: ({ stability: value }) => value.toFixed(2), by: ({ stability: value }) => value, numeric: true },
      { title: 'Agreement', cell: ({ agreement }) => agreement.toFixed(2), by: ({ agreement }) => agreement, numeric: true },
      { title: 'Cuts', cell: ({ cost: its }) => count(its.cuts), by: ({ cost: its }) => its.cuts, numeric: true },
      { title: 'Cost', cell: ({ cost: its }) => count(its.cost), by: ({ cost: its }) => its.cost, numeric: true },
      { title: 'Transactions broken', cell: ({ cost: its }) => count(its.transactions), by: ({ cost: its }) => its.transactions, numeric: true },
      { title: 'Distributed endpoints', cell: ({ cost: its }) => count(its.distributed), by: ({ cost: its }) => its.distributed, numeric: true },
    ] }),
    h('h2', {}, 'Resolutions tried'),
    grid({ label: 'Resolutions tried', noun: 'resolution', rows: stability.sweep, marked: ({ resolution }) => resolution === stability.resolution, columns: [
      { title: 'Resolution', cell: ({ resolution }) => String(resolution), by: ({ resolution }) => resolution }, { title: 'Contexts', cell: ({ contexts: n }) => count(n), by: ({ contexts: n }) => n, numeric: true }, { title: 'Stability', cell: ({ stability: value }) => value.toFixed(3), by: ({ stability: value }) => value, numeric: true },
    ] }));
}

/**
 * @param {Facts} facts
 * @param {string} number
 */
function rivalView(facts, number) {
  const rival = facts.data.rivals[Number(number) - 1];
  const up = /** @type {const} */ ([['Rivals', link('rivals')]]);
  if (rival === undefined) return h('div', {}, crumbs(up, number), head('No such rival'), empty(`There are ${facts.data.rivals.length}.`));
  const { cost: its } = facts.data;
  const against = (/** @type {number} */ value, /** @type {number} */ ours) => [h('b', {}, count(value)), h('span.muted', {}, ` the proposal ${count(ours)}`)];
  return h('div', {},
    crumbs(up, rival.kind),
    head(`${rival.kind[0]?.toUpperCase() ?? ''}${rival.kind.slice(1)}: ${plural(rival.contexts, 'context')}`, `Agrees with the proposal at ARI ${rival.agreement.toFixed(2)}, stability ${rival.stability.toFixed(2)}.`),
    factList([['Cuts', against(rival.cost.cuts, its.cuts)], ['Cost', against(rival.cost.cost, its.cost)], ['Transactions', against(rival.cost.transactions, its.transactions)], ['Distributed', [...against(rival.cost.distributed, its.distributed), ' endpoints']]]),
    counted('Where it differs', rival.differs.length),
    rival.differs.length === 0 ? empty('Nowhere.') : grid({ label: 'Where the rival differs', noun: 'difference', rows: rival.differs, text: ({ says }) => says, columns: [
      { title: 'Difference', kind: 'wide', cell: ({ says }) => says, by: ({ says }) => says }, { title: 'Kind', cell: ({ kind }) => chip(kind), by: ({ kind }) => kind },
      { title: 'Contexts of the proposal', cell: ({ of }) => h('span.chips', {}, of.map((name) => contextLink(facts, name))) }, { title: 'Modules', cell: ({ modules }) => count(modules), by: ({ modules }) => modules, numeric: true },
    ] }),
    counted('Its contexts', rival.members.length),
    grid({ label: 'Contexts of the rival', noun: 'context', rows: rival.members, text: ({ name, modules, tables }) => [name, ...modules, ...tables].join(' '), columns: [
      { title: 'Context', cell: ({ name }) => name, by: ({ name }) => name }, { title: 'Modules', cell: ({ modules }) => count(modules.length), by: ({ modules }) => modules.length, numeric: true },
      { title: 'Taken from', kind: 'wide', cell: ({ modules }) => h('span.chips', {}, origins(facts, modules).map(([name, n]) => h('span', {}, contextLink(facts, name), h('span.muted', {}, ` ${percent(n / modules.length)}`)))) },
      { title: 'Tables', cell: ({ tables }) => tables.join(', ') },
    ] }));
}

/**
 * The proposal's contexts that a rival's context is made of, most first.
 * @param {Facts} facts
 * @param {readonly string[]} modules
 */
function origins(facts, modules) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const module of modules) counts.set(facts.home.get(module) ?? 'shared', (counts.get(facts.home.get(module) ?? 'shared') ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 6);
}
