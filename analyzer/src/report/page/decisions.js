import { h } from './dom.js';
import { grid } from './grid.js';
import { bar, breakable, contextLink, crumbs, empty, head, reasonList } from './parts.js';
import { link } from './route.js';

/** @import { Facts } from './facts.js' */
/** @import { Route } from './route.js' */

/**
 * Modules whose place is for people to decide, least certain first.
 * @param {Facts} facts
 * @param {Route} route
 */
export function decisionsView(facts, { parts: [module] }) {
  const { decisions } = facts.data;
  if (module !== undefined) return one(facts, module);
  if (decisions.length === 0) return h('div', {}, head('Decisions for you'), empty('Every module leans clearly on one context.'));
  return h('div', {},
    head('Decisions for you', ['These modules lean almost as much on another context. Look at both sides, decide, and pin the answer in ', h('code', {}, 'strangler.contexts.yaml'), '.']),
    grid({ label: 'Boundary decisions', noun: 'decision', rows: decisions, text: ({ module: path, context, runnerUp }) => `${path} ${context} ${runnerUp}`, columns: [
      { title: 'Module', cell: ({ module: path }) => h('a.path', { href: link('decisions', [path]) }, breakable(path)), by: ({ module: path }) => path },
      { title: 'Proposed', cell: ({ context }) => contextLink(facts, context), by: ({ context }) => context },
      { title: 'Or', cell: ({ runnerUp }) => contextLink(facts, runnerUp), by: ({ runnerUp }) => runnerUp },
      { title: 'Confidence', cell: ({ confidence }) => bar(confidence, `confidence ${confidence.toFixed(2)}`), by: ({ confidence }) => confidence, numeric: true },
    ] }));
}

/**
 * @param {Facts} facts
 * @param {string} module
 */
function one(facts, module) {
  const decision = facts.data.decisions.find((each) => each.module === module);
  const steps = /** @type {const} */ ([['Decisions', link('decisions')]]);
  if (decision === undefined) return h('div', {}, crumbs(steps, module), head('No decision needed'), empty(`${module} leans clearly on one context.`));
  const { context, runnerUp, confidence, stays, moves } = decision;
  return h('div', {},
    crumbs(steps, module),
    head(h('span.pathname', {}, breakable(module)), [`Confidence ${confidence.toFixed(2)}. `, 'To settle it, pin it: ', h('code.pin', {}, `pins: { ${JSON.stringify(module)}: ${context} }`)], h('a.button', { href: link('module', [module]) }, 'All that is seen in it')),
    h('div.halves', {},
      h('section.card.pad', {}, h('h2', {}, 'Stays in ', contextLink(facts, context)), stays.length === 0 ? empty('No evidence of its own ties it there.') : reasonList(stays)),
      h('section.card.pad', {}, h('h2', {}, 'Moves to ', contextLink(facts, runnerUp)), moves.length === 0 ? empty('Only its neighbours lean there.') : reasonList(moves))));
}
