import { count, fileName, folderOf, h, percent, plural } from './dom.js';
import { byKind } from './facts.js';
import { link } from './route.js';

/** @import { Child } from './types.d.ts' */
/** @import { Cut, Facts, Place, Reason } from './facts.js' */

/**
 * A context's colour, always beside its name.
 * @param {Facts} facts
 * @param {string} name
 */
export const swatch = (facts, name) => h(facts.contexts.has(name) ? 'span.swatch' : 'span.swatch.none', { 'aria-hidden': 'true', style: { '--hue': facts.hue(name) } });

/**
 * @param {Facts} facts
 * @param {string | null | undefined} name
 */
export const contextLink = (facts, name) => (name === undefined || name === null || !facts.contexts.has(name)
  ? h('a.context', { href: link('shared') }, h('span.swatch.none', { 'aria-hidden': 'true' }), name ?? 'shared')
  : h('a.context', { href: link('contexts', [name]) }, swatch(facts, name), name));

/**
 * Where the source says so: one click to everything seen in that file, with the line marked.
 * @param {Place} place
 */
export const where = ({ file, line }) => h('a.where', { href: link('module', [file], { line }), title: `${file}:${line}` }, breakable(file), `:${line}`);

/** @param {string} path */
export const moduleLink = (path) => h('a.path', { href: link('module', [path]) }, breakable(path));

/** @param {string} name */
export const tableLink = (name) => h('a.chip.table', { href: link('tables', [name]) }, name);

/**
 * A path may break after a slash, nowhere else unless it must.
 * @param {string} path
 * @returns {Child[]}
 */
export const breakable = (path) => [folderOf(path).split('/').filter((part) => part !== '').map((part) => [`${part}/`, h('wbr')]), h('span.file', {}, fileName(path))];

/**
 * A share as a bar and as a number.
 * @param {number} share 0–1
 * @param {string} says
 * @param {string} [shown]
 */
export const bar = (share, says, shown = share.toFixed(2)) => h('span.meter', { title: says }, h('span.bar', { 'aria-hidden': 'true' }, h('span', { style: { width: `${Math.round(share * 100)}%` } })), h('span.n', {}, shown));

/**
 * @param {string} text
 * @param {string} [kind]
 */
export const chip = (text, kind = '') => h(kind === '' ? 'span.chip' : `span.chip.${kind}`, {}, text);

/** @param {readonly Cut[]} cuts */
export const kindChips = (cuts) => h('span.chips', {}, byKind(cuts).map(({ kind, word, n }) => chip(plural(n, word, word === 'foreign key' ? 'foreign keys' : `${word}s`), kind)));

/**
 * A figure that answers a question, with what it means below it.
 * @param {string} name
 * @param {Child} value
 * @param {Child} detail
 */
export const tile = (name, value, detail) => h('div.tile', {}, h('dt', {}, name), h('dd', {}, h('b', {}, value), h('span', {}, detail)));

const LAYER_WORDS = { transaction: 'transaction', write: 'write', endpoint: 'endpoint', call: 'call', import: 'import', foreignKey: 'foreign key', read: 'read', coChange: 'history', names: 'names', folders: 'folder', type: 'types' };

/** @param {readonly Reason[]} reasons */
export const reasonList = (reasons) => h('ul.reasons', {}, reasons.map(({ layer, a, says, evidence }) => h('li', {},
  chip(LAYER_WORDS[layer], layer), h('span', {}, h('code', {}, a.replace(/^table:/, '')), ` ${says} `, evidence === undefined ? undefined : where(evidence)))));

/**
 * A chapter's head: its title, what it is about, and what can be done here.
 * @param {Child} title
 * @param {Child} [lead]
 * @param {Child} [actions]
 */
export const head = (title, lead, actions) => h('header.head', {}, h('h1', { tabindex: -1 }, title), actions === undefined ? undefined : h('div.actions', {}, actions), lead === undefined ? undefined : h('p.lead', {}, lead));

/**
 * The way back up.
 * @param {readonly (readonly [string, string])[]} steps name and address, the outermost first
 * @param {string} here
 */
export const crumbs = (steps, here) => h('nav.crumbs', { 'aria-label': 'Where you are' }, h('ol', {}, steps.map(([name, href]) => h('li', {}, h('a', { href }, name))), h('li', { 'aria-current': 'page' }, here)));

/** @param {string} text */
export const empty = (text) => h('p.empty', {}, text);

/**
 * A line of named facts.
 * @param {readonly (readonly [string, Child])[]} rows
 */
export const factList = (rows) => h('dl.facts', {}, rows.filter(([, value]) => value !== undefined && value !== false).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));

/**
 * How often, where traces or logs were given.
 * @param {{ readonly requests: number, readonly share: number, readonly perDay?: number | undefined } | undefined} volume
 */
export const volumeOf = (volume) => volume !== undefined && h('span.volume', { title: `${percent(volume.share)} of all requests that were matched` }, ` ${plural(volume.requests, 'request')}${volume.perDay === undefined ? '' : `, ${count(Math.round(volume.perDay))} a day`}`);

/**
 * Puts a text where it can be pasted from.
 * @param {string} text
 */
export function copyButton(text) {
  const button = h('button.button', { type: 'button', onclick: () => {
    void navigator.clipboard.writeText(text).then(() => { button.textContent = 'Copied'; }, () => { button.textContent = 'Select and copy it'; });
  } }, 'Copy');
  return button;
}

/**
 * Who knows this code.
 * @param {readonly { readonly name: string, readonly commits: number, readonly share: number }[]} authors
 */
export const authorList = (authors) => authors.length > 0 && h('span.chips', {}, authors.slice(0, 5).map(({ name, commits, share }) => h('span', { title: plural(commits, 'commit') }, name, h('span.muted', {}, ` ${percent(share)}`))));

/**
 * @param {string} title
 * @param {number} n
 */
export const counted = (title, n) => h('h2', {}, title, ' ', h('span.count', {}, count(n)));
