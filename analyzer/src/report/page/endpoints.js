import { compare, count, h, plural } from './dom.js';
import { grid } from './grid.js';
import { chip, contextLink, counted, crumbs, empty, factList, head, moduleLink, tableLink, volumeOf, where } from './parts.js';
import { link } from './route.js';

/** @import { EndpointRow, Facts } from './facts.js' */
/** @import { Route } from './route.js' */

/** Steps of a sequence that a row shows; the endpoint's own page has all. */
const STEPS = 8;

/**
 * Every endpoint with the reads and writes that a request performs, in order.
 * @param {Facts} facts
 * @param {Route} route
 */
export function endpointsView(facts, { parts: [id], query }) {
  const { endpoints } = facts.data;
  if (id !== undefined) return one(facts, endpoints.find((endpoint) => endpoint.id === id), id);
  if (endpoints.length === 0) return h('div', {}, head('Endpoints'), empty('No endpoint was found.'));
  const context = query.get('context');
  const rows = [...endpoints].filter((endpoint) => context === null || endpoint.context === context).sort((a, b) => compare(pathOf(a), pathOf(b)) || compare(a.id, b.id));
  return h('div', {},
    head('Endpoints', ['Reads and writes in the order of the source, followed through the calls. A dashed outline is a table of another context. Complexity: what making it a saga would cost, in other distributed endpoints that touch the same tables in the opposite mode; none when one context serves it.', context !== null && [' Only those of ', contextLink(facts, context), '. ', h('a', { href: link('endpoints') }, 'Show all')]]),
    grid({ label: 'Endpoints', noun: 'endpoint', rows, text: (endpoint) => `${endpoint.id} ${endpoint.context ?? 'shared'} ${endpoint.framework} ${endpoint.sequence.map(({ table }) => table).join(' ')} ${endpoint.evidence.file}`, columns: [
      { title: 'Endpoint', kind: 'place', cell: (endpoint) => [method(endpoint), h('a.route', { href: link('endpoints', [endpoint.id]) }, pathOf(endpoint))], by: pathOf },
      { title: 'Context', cell: (endpoint) => contextLink(facts, endpoint.context), by: (endpoint) => endpoint.context ?? '~' },
      { title: 'Reads and writes', cell: (endpoint) => sequence(endpoint), by: (endpoint) => -endpoint.sequence.length },
      ...(facts.data.traffic === null ? [] : [{ title: 'Requests', cell: (/** @type {EndpointRow} */ { volume }) => volumeOf(volume), by: (/** @type {EndpointRow} */ { volume }) => volume?.requests ?? 0, numeric: true }]),
      { title: 'Complexity', cell: ({ complexity }) => (complexity === 0 ? '' : count(complexity)), by: ({ complexity }) => complexity, numeric: true },
      { title: 'Where', kind: 'place', cell: ({ evidence }) => where(evidence), by: ({ evidence }) => evidence.file },
    ] }));
}

/** @param {EndpointRow} endpoint */
const methodOf = ({ id }) => id.slice(0, Math.max(0, id.indexOf(' ')));
/** @param {EndpointRow} endpoint */
const pathOf = ({ id }) => id.slice(id.indexOf(' ') + 1);
/** @param {EndpointRow} endpoint */
const method = (endpoint) => h(`span.method.${methodOf(endpoint).toLowerCase().replace(/[^a-z]/g, '') || 'any'}`, {}, methodOf(endpoint));

/** @param {EndpointRow} endpoint */
function sequence({ id, context, sequence: all }) {
  const steps = all.filter((step, i) => all[i - 1]?.table !== step.table || all[i - 1]?.mode !== step.mode);
  if (steps.length === 0) return h('span.muted', {}, 'none seen');
  return h('ol.sequence', {}, steps.slice(0, STEPS).map(({ table, mode, owner, transaction, evidence }) => h('li', {}, h(`a.step.${mode}${owner === context ? '' : '.foreign'}`, { href: link('module', [evidence.file], { line: evidence.line }), title: `${mode}s ${table} (${owner ?? 'no owner'}) at ${evidence.file}:${evidence.line}${transaction === undefined ? '' : `, in transaction ${transaction}`}` },
    mode === 'write' ? 'W ' : 'r ', table, transaction !== undefined && h('i', {}, 'tx')))), steps.length > STEPS && h('li', {}, h('a', { href: link('endpoints', [id]) }, `${count(steps.length - STEPS)} more`)));
}

/**
 * @param {Facts} facts
 * @param {EndpointRow | undefined} endpoint
 * @param {string} id
 */
function one(facts, endpoint, id) {
  if (endpoint === undefined) return h('div', {}, crumbs([['Endpoints', link('endpoints')]], id), head('No such endpoint'), empty(`No endpoint ${id} was seen.`));
  const { context, framework, module, evidence, sequence: steps, complexity, volume } = endpoint;
  const foreign = steps.filter(({ owner }) => owner !== context).length;
  return h('div', {},
    crumbs([['Endpoints', link('endpoints')]], id),
    head([method(endpoint), h('span', {}, pathOf(endpoint))]),
    factList([['Context', contextLink(facts, context)], ['Registered', where(evidence)], ['Module', moduleLink(module)], ['Framework', framework], ['Foreign', steps.length > 0 && `${plural(foreign, 'step')} of ${count(steps.length)} touch a table that another context owns`], ['Complexity', complexity > 0 && `${count(complexity)}, were it made a saga`], ['Requests', volumeOf(volume)]]),
    counted('Reads and writes, in order', steps.length),
    steps.length === 0 ? empty('No table is reached through its handlers.') : grid({ label: `Reads and writes of ${id}`, noun: 'step', rows: steps.map((step, i) => ({ ...step, at: i + 1 })), columns: [
      { title: '#', cell: ({ at }) => String(at), numeric: true },
      { title: 'Mode', cell: ({ mode, transaction }) => [chip(mode, mode), transaction !== undefined && [' ', chip('in a transaction', 'transaction')]] },
      { title: 'Table', cell: ({ table }) => tableLink(table) },
      { title: 'Owner', cell: ({ owner }) => [contextLink(facts, owner), owner !== context && [' ', chip('another context', 'foreign')]] },
      { title: 'Where', kind: 'place', cell: ({ evidence: at }) => where(at) },
    ] }));
}
