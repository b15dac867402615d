import { compare, h } from './dom.js';
import { once } from './facts.js';
import { grid } from './grid.js';
import { chip, empty, head } from './parts.js';
import { link } from './route.js';

/** @import { Facts } from './facts.js' */
/** @import { Route } from './route.js' */
/** @typedef {{ readonly kind: string, readonly name: string, readonly detail: string, readonly href: string, readonly text: string }} Hit */

/** What somebody most likely means comes first. */
const FIRST = ['context', 'table', 'endpoint', 'module', 'symbol', 'saga', 'cut', 'unresolved'];
/** Hits offered while typing. */
const OFFERED = 12;

/**
 * Everything that can be found, made when somebody first looks.
 * @param {Facts} facts
 * @returns {() => readonly Hit[]}
 */
export const searchIndex = (facts) => once(() => {
  const { data } = facts;
  const hit = (/** @type {string} */ kind, /** @type {string} */ name, /** @type {string} */ detail, /** @type {string} */ href) => ({ kind, name, detail, href, text: `${name} ${detail}`.toLowerCase() });
  return [
    ...data.contexts.map(({ name, modules }) => hit('context', name, `${modules.length} modules`, link('contexts', [name]))),
    ...data.tables.map(({ name, owner, columns }) => hit('table', name, `${owner ?? 'no owner'} ${columns.join(' ')}`, link('tables', [name]))),
    ...data.endpoints.map(({ id, context }) => hit('endpoint', id, context ?? 'shared', link('endpoints', [id]))),
    ...data.modules.map(({ path }) => hit('module', path, facts.home.get(path) ?? 'shared', link('module', [path]))),
    ...data.modules.flatMap(({ path, symbols }) => symbols.map((symbol) => hit('symbol', symbol, path, symbolHref(facts, path, symbol)))),
    ...data.cuts.map(({ kind, from, to, what, evidence }) => hit('cut', what, `${from} → ${to} ${kind} ${evidence.file}:${evidence.line}`, link('cuts', [from, to]))),
    ...data.sagas.map(({ name, orchestrator }) => hit('saga', name, orchestrator, link('sagas'))),
    ...data.unresolved.map(({ what, why, evidence }) => hit('unresolved', what, `${why} ${evidence.file}:${evidence.line}`, link('module', [evidence.file], { line: evidence.line }))),
  ];
});

/**
 * @param {Facts} facts
 * @param {string} path
 * @param {string} symbol
 */
function symbolHref(facts, path, symbol) {
  const home = facts.home.get(path);
  return home === undefined ? link('module', [path]) : link('map', [home, path], { symbol });
}

/**
 * All that hold every word; names before details, the start of a name before its middle, then by kind, short before long.
 * @param {readonly Hit[]} index
 * @param {string} asked
 * @returns {Hit[]}
 */
export function find(index, asked) {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  const [first = ''] = words;
  if (first === '') return [];
  const rank = (/** @type {Hit} */ { kind, name }) => {
    const at = name.toLowerCase().indexOf(first);
    return (at === 0 ? 0 : at > 0 ? 10_000 : 20_000) + 500 * Math.max(0, FIRST.indexOf(kind)) + Math.min(499, name.length);
  };
  return index.filter(({ text }) => words.every((word) => text.includes(word))).map((hit) => ({ hit, at: rank(hit) })).sort((a, b) => a.at - b.at || compare(a.hit.name, b.hit.name)).map(({ hit }) => hit);
}

/**
 * @param {() => readonly Hit[]} index
 * @param {Route} route
 */
export function searchView(index, { parts: [asked = ''] }) {
  const hits = find(index(), asked);
  return h('div', {}, head(`Found for “${asked}”`), hits.length === 0 ? empty('Nothing has all these words.') : grid({ label: `Found for ${asked}`, noun: 'hit', rows: hits, text: ({ text, kind }) => `${kind} ${text}`, columns: [
    { title: 'Name', cell: ({ name, href }) => h('a', { href }, name), by: ({ name }) => name }, { title: 'What', cell: ({ kind }) => chip(kind), by: ({ kind }) => kind }, { title: 'Where', cell: ({ detail }) => h('span.muted', {}, detail), by: ({ detail }) => detail },
  ] }));
}

/**
 * The field at the top: offers while somebody types, arrows choose, Enter goes there.
 * @param {() => readonly Hit[]} index
 */
export function searchField(index) {
  const input = /** @type {HTMLInputElement} */ (h('input', { id: 'search', type: 'search', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'offers', 'aria-autocomplete': 'list', 'aria-label': 'Search modules, symbols, tables, endpoints, cuts', placeholder: 'Search everything …', autocomplete: 'off', spellcheck: 'false' }));
  const list = h('ul', { id: 'offers', role: 'listbox', 'aria-label': 'Found', hidden: true });
  const said = h('output.hidden', { id: 'hits', 'aria-live': 'polite' });
  let chosen = 0;
  const options = () => [...list.querySelectorAll('a')];
  const choose = (/** @type {number} */ to) => {
    const all = options();
    chosen = Math.max(0, Math.min(all.length - 1, to));
    for (const [i, option] of all.entries()) option.setAttribute('aria-selected', String(i === chosen));
    const one = all[chosen];
    if (one === undefined) return;
    input.setAttribute('aria-activedescendant', one.id);
    one.scrollIntoView({ block: 'nearest' });
  };
  const close = () => { list.hidden = true; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); };
  const offer = () => {
    const hits = find(index(), input.value);
    const all = [...hits.slice(0, OFFERED), ...(hits.length > OFFERED ? [{ kind: 'all', name: `All ${hits.length} hits`, detail: '', href: link('search', [input.value]) }] : [])];
    list.replaceChildren(...all.map(({ kind, name, detail, href }, i) => h('li', { role: 'presentation' }, h('a', { id: `offer-${i}`, role: 'option', tabindex: -1, href }, h('span.kind', {}, kind), h('span.name', {}, name), h('span.muted', {}, detail)))));
    said.textContent = input.value.trim() === '' ? '' : hits.length === 1 ? '1 hit' : `${hits.length} hits`;
    if (hits.length === 0 && input.value.trim() !== '') list.append(h('li.nothing', {}, 'Nothing has all these words.'));
    list.hidden = input.value.trim() === '';
    input.setAttribute('aria-expanded', String(!list.hidden));
    choose(0);
  };
  input.addEventListener('input', offer);
  input.addEventListener('focus', () => { if (input.value.trim() !== '') offer(); });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); choose(chosen + (event.key === 'ArrowDown' ? 1 : -1)); }
    if (event.key === 'Enter') { event.preventDefault(); options()[chosen]?.click(); close(); input.blur(); }
    if (event.key === 'Escape') { event.stopPropagation(); if (list.hidden) input.blur(); input.value = ''; said.textContent = ''; close(); }
  });
  list.addEventListener('click', close);
  addEventListener('pointerdown', ({ target }) => { if (target instanceof Node && !box.contains(target)) close(); });
  const box = h('div.search', { role: 'search' }, input, h('kbd', { 'aria-hidden': 'true' }, '/'), list, said);
  return box;
}
