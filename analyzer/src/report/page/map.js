import { count, h, plural } from './dom.js';
import { costOf } from './facts.js';
import { graph } from './graph.js';
import { insideView, symbolsView } from './map-inside.js';
import { boundaries } from './cuts.js';
import { empty, head } from './parts.js';
import { link } from './route.js';

/** @import { Facts } from './facts.js' */
/** @import { GraphEdge, GraphNode } from './graph.js' */
/** @import { Route } from './route.js' */

/** More arrows than this make a map nobody reads; the rest shows when a box is pointed at. */
const ARROWS = 40;

/**
 * The map at its three depths: contexts, the modules of one, the symbols of one module.
 * @param {Facts} facts
 * @param {Route} route
 * @param {number} width pixels there are
 */
export function mapView(facts, { parts: [name, path], query }, width) {
  const context = name === undefined ? undefined : facts.contexts.get(name);
  if (name === undefined) return contextsMap(facts, width);
  if (context === undefined) return h('div', {}, head('No such context'), empty(`The proposal has no context called ${name}.`));
  return path === undefined ? insideView(facts, context, query.get('in') ?? undefined, width) : symbolsView(facts, context, path, query.get('symbol') ?? undefined, width);
}

/**
 * @param {Facts} facts
 * @param {number} width
 */
function contextsMap(facts, width) {
  const { contexts } = facts.data;
  if (contexts.length === 0) return h('div', {}, head('Context map'), empty('No context was found.'));
  return h('div', {},
    head('Context map', 'Contexts that need others stand above those that are needed.'),
    graph({ label: 'Context map', nodes: contexts.map((context) => nodeOf(facts, context)), edges: facts.boundaries.map(edgeOf), width, most: ARROWS, hint: 'Point at a context to see what it needs and what needs it; select it to look inside.' }),
    h('h2', {}, 'The same as a table'), boundaries(facts));
}

/**
 * @param {Facts} facts
 * @param {Facts['data']['contexts'][number]} context
 * @returns {GraphNode}
 */
function nodeOf(facts, { name, modules, tables, role }) {
  const [out, into] = [facts.boundaries.filter(({ from }) => from === name), facts.boundaries.filter(({ to }) => to === name)];
  const cost = (/** @type {typeof out} */ its) => count(costOf(its.flatMap(({ cuts }) => cuts)));
  const told = (/** @type {readonly string[]} */ names) => names.slice(0, 4).join(', ') + (names.length > 4 ? ` and ${names.length - 4} more` : '');
  return {
    id: name, title: name, details: [[role === 'library' ? 'library' : '', plural(modules.length, 'module'), tables.length > 0 ? plural(tables.length, 'table') : ''].filter((part) => part !== '').join(', '), plural(modules.length, 'module')], href: link('map', [name]), kind: 'context', hue: facts.hue(name),
    says: `${name}: ${plural(modules.length, 'module')}, ${plural(tables.length, 'table')}. ${out.length === 0 ? 'Needs nobody' : `Needs ${told(out.map(({ to }) => to))} (cost ${cost(out)})`}; ${into.length === 0 ? 'nobody needs it' : `needed by ${told(into.map(({ from }) => from))} (cost ${cost(into)})`}.`,
  };
}

/**
 * @param {Facts['boundaries'][number]} boundary
 * @returns {GraphEdge}
 */
const edgeOf = ({ from, to, cost, heavy }) => ({ from, to, weight: cost, heavy });
