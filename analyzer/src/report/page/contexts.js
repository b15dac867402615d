import { count, h, percent, plural } from './dom.js';
import { costOf } from './facts.js';
import { grid } from './grid.js';
import { contextTable } from './overview.js';
import { authorList, bar, chip, contextLink, counted, crumbs, empty, factList, head, kindChips, moduleLink, reasonList, swatch, tableLink } from './parts.js';
import { link } from './route.js';

/** @import { Boundary, Context, Facts } from './facts.js' */
/** @import { Route } from './route.js' */

/**
 * @param {Facts} facts
 * @param {Route} route
 */
export function contextsView(facts, { parts: [name] }) {
  if (name === undefined) return h('div', {}, head('Contexts', 'Each owns its tables and answers its endpoints. A library owns none and leaves with those that need it.'), contextTable(facts), sharedLine(facts));
  const context = facts.contexts.get(name);
  return context === undefined ? h('div', {}, head('No such context'), empty(`The proposal has no context called ${name}.`)) : one(facts, context);
}

/** @param {Facts} facts */
const sharedLine = ({ data: { shared } }) => shared.modules.length > 0 && h('p.after', {}, h('a', { href: link('shared') }, `${plural(shared.modules.length, 'module')} that belong to no context`));

/**
 * @param {Facts} facts
 * @param {Context} context
 */
function one(facts, context) {
  const { name, role, modules, tables, endpoints, lines, confidence, runnerUp, why, authors } = context;
  const step = facts.data.order.find((each) => each.context === name);
  const needs = facts.boundaries.filter(({ from }) => from === name);
  const needed = facts.boundaries.filter(({ to }) => to === name);
  return h('div', {},
    crumbs([['Contexts', link('contexts')]], name),
    head([swatch(facts, name), name, role === 'library' && chip('library')], undefined, h('a.button', { href: link('map', [name]) }, 'See inside on the map')),
    factList([
      ['Size', `${plural(modules.length, 'module')}, ${plural(lines, 'line')}`],
      ['Confidence', bar(confidence, `mean confidence of its modules: ${confidence.toFixed(2)}`)],
      ['Leans on', runnerUp && [contextLink(facts, runnerUp.context), h('span.muted', {}, ` ${percent(runnerUp.share)} of its outward evidence`)]],
      ['Extraction', step && [h('a', { href: link('order', [name]) }, `step ${step.rank} of ${facts.data.order.length}`), ', risk ', h(`span.risk.${step.risk}`, {}, step.risk), h('span.muted', {}, ` ${step.because}`)]],
      ['Known by', authorList(authors)],
      ['Owns', tables.length > 0 && h('span.chips', {}, tables.map(tableLink))],
      ['Answers', endpoints.length > 0 && h('a', { href: link('endpoints', [], { context: name }) }, plural(endpoints.length, 'endpoint'))],
    ]),
    h('div.halves', {}, side(facts, 'Needs', needs, ({ to }) => to, 'It needs no other context.'), side(facts, 'Needed by', needed, ({ from }) => from, 'No other context needs it.')),
    why.length > 0 && [h('h2', {}, 'Why these belong together'), reasonList(why)],
    counted('Modules', modules.length), members(facts, context));
}

/**
 * @param {Facts} facts
 * @param {string} title
 * @param {readonly Boundary[]} boundaries
 * @param {(boundary: Boundary) => string} other
 * @param {string} none
 */
const side = (facts, title, boundaries, other, none) => h('section.card.pad', {}, h('h2', {}, title, ' ', boundaries.length > 0 && h('span.count', {}, `cost ${count(costOf(boundaries.flatMap(({ cuts }) => cuts)))}`)),
  boundaries.length === 0 ? empty(none) : h('ul.bounds', {}, boundaries.map((boundary) => h('li', {}, contextLink(facts, other(boundary)), kindChips(boundary.cuts), h('a.cost', { href: link('cuts', [boundary.from, boundary.to]), 'aria-label': `${boundary.from} needs ${boundary.to}: ${boundary.cuts.length} cuts with evidence` }, `cost ${count(boundary.cost)}`)))));

/**
 * @param {Facts} facts
 * @param {Context} context
 */
const members = (facts, { name, members: its }) => grid({
  label: `Modules of ${name}`, noun: 'module', rows: its, text: ({ module, runnerUp }) => `${module} ${runnerUp ?? ''}`,
  columns: [
    { title: 'Module', cell: ({ module }) => moduleLink(module), by: ({ module }) => module },
    { title: 'Lines', cell: ({ module }) => count(facts.modules.get(module)?.lines ?? 0), by: ({ module }) => facts.modules.get(module)?.lines ?? 0, numeric: true },
    { title: 'Confidence', cell: ({ confidence }) => bar(confidence, `confidence ${confidence.toFixed(2)}`), by: ({ confidence }) => confidence, numeric: true },
    { title: 'Else', cell: ({ runnerUp }) => runnerUp !== undefined && contextLink(facts, runnerUp), by: ({ runnerUp }) => runnerUp ?? '~' },
    { title: 'Cuts here', cell: ({ module }) => count(facts.cutsIn().get(module)?.length ?? 0), by: ({ module }) => facts.cutsIn().get(module)?.length ?? 0, numeric: true },
  ],
});

const REASONS = { utility: 'utility', composition: 'wiring', script: 'script', isolated: 'isolated', pinned: 'pinned' };

/** @param {Facts} facts */
export function sharedView({ data: { other, shared } }) {
  return h('div', {}, head('Shared', 'What belongs to no context: libraries that everybody imports, the wiring that joins the contexts, scripts, and what nothing ties to anything.'),
    shared.endpoints.length > 0 && h('p', {}, 'Endpoints no context answers: ', h('span.chips', {}, shared.endpoints.map((id) => chip(id)))),
    shared.tables.length > 0 && h('p', {}, 'Tables that no code touches: ', h('span.chips', {}, shared.tables.map(tableLink))),
    grid({ label: 'Shared modules', noun: 'module', rows: shared.why, text: ({ module, reason, why }) => `${module} ${reason} ${why}`, columns: [
      { title: 'Module', cell: ({ module }) => moduleLink(module), by: ({ module }) => module },
      { title: 'Reason', cell: ({ reason }) => chip(REASONS[reason]), by: ({ reason }) => reason },
      { title: 'Why', cell: ({ why }) => why },
    ] }),
    other.length > 0 && [counted('No part of the program', other.length), grid({ label: 'Tests, migrations, generated files and configs', noun: 'file', rows: other, text: ({ path, kind }) => `${path} ${kind}`, columns: [
      { title: 'File', cell: ({ path }) => h('code', {}, path), by: ({ path }) => path }, { title: 'Kind', cell: ({ kind }) => chip(kind), by: ({ kind }) => kind },
    ] })]);
}
