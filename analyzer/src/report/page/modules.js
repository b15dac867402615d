import { compare, count, groupBy, h, plural } from './dom.js';
import { KIND_WORDS } from './facts.js';
import { grid } from './grid.js';
import { authorList, bar, breakable, chip, contextLink, counted, crumbs, factList, head, moduleLink, tableLink } from './parts.js';
import { link } from './route.js';
import { whatIfPanel } from './what-if.js';

/** @import { Child } from './types.d.ts' */
/** @import { Facts } from './facts.js' */
/** @import { Route } from './route.js' */
/** @typedef {{ readonly line: number, readonly kind: string, readonly shows: Child, readonly text: string }} Sighting Something the readers saw at one line. */

/**
 * Everything that was seen in one file, line by line: where every claim of this report ends.
 * @param {Facts} facts
 * @param {Route} route
 */
export function moduleView(facts, { parts: [path = ''], query }) {
  const line = Number(query.get('line') ?? '0');
  const module = facts.modules.get(path);
  const home = facts.home.get(path);
  const seen = sightings(facts, path);
  return h('div', {},
    crumbs(home === undefined ? [['Shared', link('shared')]] : [['Contexts', link('contexts')], [home, link('contexts', [home])]], path),
    head(h('span.pathname', {}, breakable(path)), undefined, home !== undefined && h('a.button', { href: link('map', [home, path]) }, 'See its symbols on the map')),
    factList([['Context', contextLink(facts, home)], ...place(facts, path, home), ...past(facts, path), ['Size', module && plural(module.lines, 'line')]]),
    counted('Seen in this file', seen.length),
    seen.length === 0 ? h('p.empty', {}, 'Nothing that crosses to another module or table.') : grid({ label: `Seen in ${path}`, noun: 'line', rows: seen, text: ({ text, kind, line: at }) => `${at} ${kind} ${text}`, marked: ({ line: at }) => at === line && line > 0, columns: [
      { title: 'Line', cell: ({ line: at }) => h('code', {}, String(at)), by: ({ line: at }) => at, numeric: true },
      { title: 'What', cell: ({ kind }) => chip(kind, kind.replaceAll(' ', '-')), by: ({ kind }) => kind },
      { title: 'Shows', cell: ({ shows }) => shows },
    ] }),
    home !== undefined && whatIfPanel(facts, path, query.get('move') ?? ''),
    usersGrid(facts, path));
}

/**
 * @param {Facts} facts
 * @param {string} path
 */
function usersGrid(facts, path) {
  const users = groupBy([...facts.callsTo().get(path) ?? [], ...facts.importsTo().get(path) ?? []].filter(({ from }) => from !== path), ({ from }) => from);
  return [counted('Used by', users.size), users.size === 0 ? h('p.empty', {}, 'No other module of the program imports or calls it.') : grid({ label: `Modules that use ${path}`, noun: 'module', rows: [...users], text: ([from]) => `${from} ${facts.home.get(from) ?? 'shared'}`, columns: [
    { title: 'Module', cell: ([from]) => moduleLink(from), by: ([from]) => from },
    { title: 'Context', cell: ([from]) => contextLink(facts, facts.home.get(from)), by: ([from]) => facts.home.get(from) ?? '' },
    { title: 'At', cell: ([from, its]) => lines(from, its.map(({ line: at }) => at)) },
  ] })];
}

/**
 * @param {string} file
 * @param {readonly number[]} all
 */
const lines = (file, all) => h('span.lines', {}, [...new Set(all)].sort(compare).slice(0, 12).map((line) => h('a.where', { href: link('module', [file], { line }) }, String(line))), all.length > 12 && '…');

/**
 * @param {Facts} facts
 * @param {string} path
 * @param {string | undefined} home
 * @returns {[string, Child][]}
 */
function place(facts, path, home) {
  const member = home === undefined ? undefined : facts.contexts.get(home)?.members.find(({ module }) => module === path);
  const why = facts.data.shared.why.find(({ module }) => module === path);
  const decision = facts.data.decisions.some(({ module }) => module === path);
  return [
    ['Confidence', member && bar(member.confidence, `confidence ${member.confidence.toFixed(2)}`)],
    ['Runner-up', member?.runnerUp !== undefined && [contextLink(facts, member.runnerUp), decision && [' ', h('a', { href: link('decisions', [path]) }, 'both sides of the evidence')]]],
    ['What would move it', member?.flip?.says],
    ['Shared because', why?.why],
  ];
}

/**
 * @param {Facts} facts
 * @param {string} path
 * @returns {[string, Child][]}
 */
function past(facts, path) {
  const its = facts.data.history.find(({ module }) => module === path);
  return its === undefined ? [] : [['History', [`${plural(its.commits, 'commit')}, by `, authorList(its.authors)]]];
}

/**
 * @param {Facts} facts
 * @param {string} path
 * @returns {Sighting[]}
 */
function sightings(facts, path) {
  const other = (/** @type {string} */ to) => [moduleLink(to), ' ', contextLink(facts, facts.home.get(to))];
  /** @type {Sighting[]} */
  const seen = [
    ...(facts.importsFrom().get(path) ?? []).map(({ to, kind, symbols, line }) => ({ line, kind: kind === 'type' ? 'type import' : 'import', text: `${to} ${symbols.join(' ')}`, shows: [h('code', {}, symbols.join(', ') || 'side effects'), ' from ', other(to)] })),
    ...(facts.callsFrom().get(path) ?? []).filter(({ to }) => to !== path).map(({ to, caller, callee, line }) => ({ line, kind: 'call', text: `${caller} ${callee} ${to}`, shows: [h('code', {}, caller), ' → ', h('code', {}, callee), ' of ', other(to)] })),
    ...(facts.accessesBy().get(path) ?? []).map(({ table, mode, by, columns, joined, transaction, evidence }) => ({ line: evidence.line, kind: mode, text: `${table} ${by} ${columns.join(' ')}`, shows: [h('code', {}, by), ` ${mode}s `, tableLink(table), columns.length > 0 && h('span.muted', {}, ` ${columns.join(', ')}`), joined.length > 0 && [' joined with ', joined.map((name) => [tableLink(name), ' '])], transaction !== undefined && [' ', chip('in a transaction', 'transaction')]] })),
    ...facts.data.endpoints.filter(({ evidence }) => evidence.file === path).map(({ id, evidence }) => ({ line: evidence.line, kind: 'endpoint', text: id, shows: h('a', { href: link('endpoints', [id]) }, id) })),
    ...(facts.cutsIn().get(path) ?? []).map(({ kind, from, to, what, cost, evidence }) => ({ line: evidence.line, kind: 'cut', text: `${what} ${from} ${to}`, shows: [h('a', { href: link('cuts', [from, to]) }, `${from} → ${to}`), ` ${KIND_WORDS.get(kind) ?? kind}, cost ${count(cost)}`] })),
    ...facts.data.unresolved.filter(({ evidence }) => evidence.file === path).map(({ what, why, evidence }) => ({ line: evidence.line, kind: 'unresolved', text: `${what} ${why}`, shows: [h('code', {}, what), ` ${why}`] })),
  ];
  return seen.sort((a, b) => a.line - b.line || compare(a.kind, b.kind));
}
