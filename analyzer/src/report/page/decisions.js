import { count, h, plural } from './dom.js';
import { grid } from './grid.js';
import { bar, breakable, contextLink, copyButton, counted, crumbs, empty, head, reasonList, where } from './parts.js';
import { link } from './route.js';

/** @import { Facts, Reason } from './facts.js' */
/** @import { Route } from './route.js' */
/** @typedef {Facts['data']['decisions'][number]} Decision */

/**
 * Modules whose place is for people to decide, least certain first; and rules that the proposal strains.
 * @param {Facts} facts
 * @param {Route} route
 */
export function decisionsView(facts, { parts: [module] }) {
  const { decisions } = facts.data;
  if (module !== undefined) return one(facts, module);
  return h('div', {},
    head('Decisions for you', ['These modules lean almost as much on another context. Look at both sides, decide, and put the answer into ', h('code', {}, 'strangler.contexts.yaml'), '.']),
    decisions.length === 0 ? empty('Every module leans clearly on one context.') : grid({ label: 'Boundary decisions', noun: 'decision', rows: decisions, text: ({ module: path, context, runnerUp }) => `${path} ${context} ${runnerUp}`, columns: [
      { title: 'Module', cell: ({ module: path }) => h('a.path', { href: link('decisions', [path]) }, breakable(path)), by: ({ module: path }) => path },
      { title: 'Proposed', cell: ({ context }) => contextLink(facts, context), by: ({ context }) => context },
      { title: 'Or', cell: ({ runnerUp }) => contextLink(facts, runnerUp), by: ({ runnerUp }) => runnerUp },
      { title: 'Confidence', cell: ({ confidence }) => bar(confidence, `confidence ${confidence.toFixed(2)}`), by: ({ confidence }) => confidence, numeric: true },
      { title: 'Cost if moved', cell: difference, by: (decision) => change(decision), numeric: true },
    ] }),
    strains(facts));
}

/** @param {Decision} decision */
const change = ({ answers }) => Math.round(((answers[1]?.cost ?? 0) - (answers[0]?.cost ?? 0)) * 10) / 10;

/** @param {Decision} decision */
function difference(decision) {
  const by = change(decision);
  return by === 0 ? 'the same' : by > 0 ? `+ ${count(by)}` : `− ${count(-by)}`;
}

/** @param {Facts} facts */
const strains = ({ data: { strains: all } }) => all.length > 0 && [
  counted('Rules the proposal strains', all.length),
  grid({ label: 'Rules the proposal strains', noun: 'strain', rows: all, text: ({ rule, what, remedy }) => `${rule} ${what} ${remedy}`, columns: [
    { title: 'What', kind: 'wide', cell: ({ what }) => what, by: ({ what }) => what },
    { title: 'Rule', cell: ({ rule }) => rule, by: ({ rule }) => rule },
    { title: 'Remedy', kind: 'wide', cell: ({ remedy }) => remedy, by: ({ remedy }) => remedy },
    { title: 'Where', kind: 'place', cell: ({ evidence }) => evidence !== undefined && where(evidence), by: ({ evidence }) => evidence?.file ?? '' },
  ] })];

/**
 * @param {Facts} facts
 * @param {string} module
 */
function one(facts, module) {
  const decision = facts.data.decisions.find((each) => each.module === module);
  const steps = /** @type {const} */ ([['Decisions', link('decisions')]]);
  if (decision === undefined) return h('div', {}, crumbs(steps, module), head('No decision needed'), empty(`${module} leans clearly on one context.`));
  const { confidence, question, stays, moves, flip } = decision;
  return h('div', {},
    crumbs(steps, module),
    head(question, [`Confidence ${confidence.toFixed(2)}. `, flip !== undefined && `${flip.says[0]?.toUpperCase() ?? ''}${flip.says.slice(1)}.`], h('a.button', { href: link('module', [module]) }, 'All that is seen in it')),
    h('div.halves', {}, decision.answers.map((answer, i) => side(facts, answer, i === 0 ? stays : moves, i === 0))));
}

/**
 * @param {Facts} facts
 * @param {Decision['answers'][number]} answer
 * @param {readonly Reason[]} reasons
 * @param {boolean} stays
 */
const side = (facts, { context, cuts, cost, consequence, pin }, reasons, stays) => h('section.card.pad', {}, h('h2', {}, stays ? 'Stays in ' : 'Moves to ', contextLink(facts, context)),
  h('p', {}, h('b', {}, `${plural(cuts, 'cut')}, cost ${count(cost)}`), ' at this module.'),
  h('h3', {}, 'What speaks for it'), reasons.length === 0 ? empty(stays ? 'No evidence of its own ties it there.' : 'Only its neighbours lean there.') : reasonList(reasons),
  h('h3', {}, 'To settle it'), h('div.snippet', {}, h('pre', { tabindex: 0, 'aria-label': 'Lines for strangler.contexts.yaml' }, pin), copyButton(pin)),
  consequence !== '' && [h('h3', {}, 'What then crosses a boundary'), h('ul.crossing', {}, consequence.split('; ').map((part) => h('li', {}, part)))]);
