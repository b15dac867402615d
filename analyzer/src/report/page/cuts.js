import { count, groupBy, h, plural } from './dom.js';
import { KINDS, KIND_WORDS, costOf } from './facts.js';
import { grid } from './grid.js';
import { chip, contextLink, crumbs, empty, head, kindChips, volumeOf, where } from './parts.js';
import { link } from './route.js';

/** @import { Cut, Facts, Place } from './facts.js' */
/** @import { GridColumn } from './grid.js' */
/** @import { Route } from './route.js' */

/**
 * What each boundary breaks: pair by pair, or all of one kind, or all of one pair with its evidence.
 * @param {Facts} facts
 * @param {Route} route
 */
export function cutsView(facts, { parts: [from, to], query }) {
  if (from !== undefined && to !== undefined) return pair(facts, from, to);
  const kind = query.get('kind');
  if (facts.data.cuts.length === 0) return h('div', {}, head('Cuts'), empty('No edge crosses a boundary.'));
  return h('div', {},
    head('Cuts', 'What the boundaries break, and what to put in its place. Costs are relative to one call: a call is 1, a foreign write 5, a transaction 8.'),
    h('nav.tabs', { 'aria-label': 'Kinds of cut' }, tab('By boundary', facts.boundaries.length, undefined, kind), KINDS.map(([name, word]) => tab(word, facts.data.cuts.filter((cut) => cut.kind === name).length, name, kind))),
    kind === null ? boundaries(facts) : cutGrid(facts, `Cuts of kind ${KIND_WORDS.get(kind) ?? kind}`, facts.data.cuts.filter((cut) => cut.kind === kind), true));
}

/**
 * @param {string} word
 * @param {number} n
 * @param {string | undefined} kind
 * @param {string | null} chosen
 */
const tab = (word, n, kind, chosen) => n > 0 && h('a', { href: link('cuts', [], { kind }), 'aria-current': (kind ?? null) === chosen && 'true' }, word, ' ', h('span.count', {}, count(n)));

/** @param {Facts} facts */
export const boundaries = (facts, rows = facts.boundaries) => grid({
  label: 'Boundaries and what they break', noun: 'boundary', nouns: 'boundaries', rows, text: ({ from, to }) => `${from} ${to}`,
  columns: [
    { title: 'Boundary', cell: ({ from, to }) => h('a.pair', { href: link('cuts', [from, to]) }, from, h('span', { 'aria-label': 'needs' }, ' → '), to), by: ({ from, to }) => `${from} ${to}` },
    { title: 'What breaks', cell: ({ cuts }) => kindChips(cuts) },
    { title: 'Cuts', cell: ({ cuts }) => count(cuts.length), by: ({ cuts }) => cuts.length, numeric: true },
    { title: 'Cost', cell: ({ cost, heavy }) => h(heavy ? 'b.heavy' : 'span', { title: heavy && 'a transaction or a foreign write crosses' }, count(cost)), by: ({ cost }) => cost, numeric: true },
  ],
});

/**
 * @param {Facts} facts
 * @param {string} from
 * @param {string} to
 */
function pair(facts, from, to) {
  const cuts = facts.data.cuts.filter((cut) => cut.from === from && cut.to === to);
  const summary = facts.data.pairs.find((each) => each.from === from && each.to === to);
  const back = facts.boundaries.find((boundary) => boundary.from === to && boundary.to === from);
  return h('div', {},
    crumbs([['Cuts', link('cuts')]], `${from} → ${to}`),
    head([contextLink(facts, from), h('span.to', { 'aria-label': 'needs' }, '→'), contextLink(facts, to)], cuts.length === 0 ? `Nothing of ${from} needs ${to}.` : [`${plural(cuts.length, 'cut')}, cost ${count(costOf(cuts))}: `, kindChips(cuts), back !== undefined && [' The other way round: ', h('a', { href: link('cuts', [to, from]) }, `${plural(back.cuts.length, 'cut')}, cost ${count(back.cost)}`), '.']]),
    summary !== undefined && h('p.builds', {}, 'What to build: ', h('span.chips', {}, summary.remedies.map(({ kind, cuts: n }) => chip(`${kind} × ${n}`))), volumeOf(summary.volume)),
    cuts.length > 0 && cutGrid(facts, `Cuts from ${from} to ${to}`, cuts, false));
}

/**
 * @param {Facts} facts
 * @param {string} label
 * @param {readonly Cut[]} cuts
 * @param {boolean} ends
 */
function cutGrid(facts, label, cuts, ends) {
  const rows = [...groupBy(cuts, ({ from, to, kind, what, remedy }) => [from, to, kind, what, remedy.text].join('\n')).values()].flatMap(gathered).sort((a, b) => b.cost - a.cost);
  /** @type {GridColumn<Gathered>[]} */
  const columns = [
    { title: 'What', kind: 'wide', cell: ({ what, places }) => [h('span.what', {}, what), places.length > 1 && h('span.muted', {}, ` × ${places.length}`)], by: ({ what }) => what },
    ...(ends ? [{ title: 'Boundary', cell: (/** @type {Gathered} */ { from, to }) => h('a.pair', { href: link('cuts', [from, to]) }, `${from} → ${to}`), by: (/** @type {Gathered} */ { from, to }) => `${from} ${to}` }]
      : [{ title: 'Kind', cell: (/** @type {Gathered} */ { kind }) => chip(KIND_WORDS.get(kind) ?? kind, kind), by: (/** @type {Gathered} */ { kind }) => kind }]),
    { title: 'Where', kind: 'place', cell: ({ places: [first, ...more] }) => [first !== undefined && where(first), more.map(({ file, line }) => [' ', h('a.where', { href: link('module', [file], { line }), title: `${file}:${line}` }, `:${line}`)])], by: ({ places }) => places[0]?.file ?? '' },
    { title: 'Remedy', kind: 'wide', cell: ({ remedy }) => [h('b', {}, remedy.kind), h('span.muted', {}, ` ${remedy.text}`)], by: ({ remedy }) => remedy.kind },
    { title: 'Cost', cell: ({ cost }) => count(cost), by: ({ cost }) => cost, numeric: true },
  ];
  return grid({ label, rows, text: ({ kind, what, from, to, places, remedy }) => `${kind} ${what} ${from} ${to} ${places[0]?.file ?? ''} ${remedy.kind} ${remedy.text}`, columns });
}

/** @typedef {Pick<Cut, 'kind' | 'from' | 'to' | 'what' | 'remedy' | 'cost'> & { readonly places: readonly Place[] }} Gathered Cuts that say the same at several lines. */

/**
 * @param {readonly Cut[]} cuts
 * @returns {Gathered[]}
 */
const gathered = (cuts) => cuts.slice(0, 1).map(({ kind, from, to, what, remedy }) => ({ kind, from, to, what, remedy, cost: costOf(cuts), places: cuts.map(({ evidence }) => evidence).sort((a, b) => a.line - b.line) }));
