import { compare, count, h, plural } from './dom.js';
import { parseRoute, remember } from './route.js';

/** @import { Child } from './types.d.ts' */
/**
 * @template T
 * @typedef {object} GridColumn
 * @property {string} title
 * @property {(row: T) => Child} cell
 * @property {(row: T) => string | number} [by] sorts by it
 * @property {boolean} [numeric] stands at the right
 * @property {string} [kind] a class for its cells
 */
/**
 * @template T
 * @typedef {object} GridOptions
 * @property {string} label what the table is, for those who hear it
 * @property {readonly T[]} rows
 * @property {readonly GridColumn<T>[]} columns the first names the row
 * @property {(row: T) => string} [text] what the filter looks into; without it there is no filter
 * @property {string} [noun] what a row is
 * @property {string} [nouns] several of it
 * @property {(row: T) => boolean} [marked]
 * @property {Child} [extra] more beside the filter
 */

/** Cells drawn at a time: far below what a browser feels, far above what a screen shows. */
const CELLS = 420;
/** Pixels a row is expected to take before it is drawn. */
const ROW = 38;

/**
 * A table that draws its rows when they come near the screen: ten thousand cost what sixty do. Sorts by its heads, filters by a word; the filter is in the address.
 * @template T
 * @param {GridOptions<T>} options
 * @returns {HTMLElement}
 */
export function grid({ label, rows, columns, text, noun = 'row', nouns = `${noun}s`, marked, extra }) {
  const state = { shown: rows, by: -1, down: false };
  const body = h('div');
  const said = h('output.said', { 'aria-live': 'polite' });
  const heads = columns.map(({ title, by, numeric, kind }, i) => {
    const name = by === undefined ? title : h('button.sort', { type: 'button', onclick: () => { sortBy(i); } }, title);
    return h(`th${numeric === true ? '.n' : ''}${kind === undefined ? '' : `.${kind}`}`, { scope: 'col', role: 'columnheader' }, name);
  });
  const table = h('table.grid', { role: 'table', 'aria-label': label, 'aria-rowcount': rows.length + 1 }, h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, heads)));
  const draw = () => {
    const ordered = state.by < 0 ? state.shown : sorted(state.shown, columns[state.by]?.by ?? (() => 0), state.down);
    for (const old of [...table.querySelectorAll('tbody')]) old.remove();
    table.append(...chunks(ordered, columns, marked));
    said.textContent = state.shown.length === rows.length ? plural(rows.length, noun, nouns) : `${count(state.shown.length)} of ${plural(rows.length, noun, nouns)}`;
  };
  /** @param {number} i */
  function sortBy(i) {
    state.down = state.by === i ? !state.down : columns[i]?.numeric === true;
    state.by = i;
    for (const [at, cell] of heads.entries()) if (at === i) cell.setAttribute('aria-sort', state.down ? 'descending' : 'ascending'); else cell.removeAttribute('aria-sort');
    draw();
  }
  /** @param {string} words */
  const filter = (words) => {
    state.shown = text === undefined || words.trim() === '' ? rows : matching(rows, text, words);
    draw();
  };
  const asked = text === undefined ? '' : parseRoute(location.hash).query.get('filter') ?? '';
  filter(asked);
  body.append(
    ...(text === undefined && extra === undefined ? [] : [h('div.tools', {}, text === undefined ? undefined : filterField(label, asked, filter), extra, said)]),
    watched(h('div.sheet', { tabindex: 0, role: 'region', 'aria-label': label }, table)),
  );
  return body;
}

/** A table too wide for its place scrolls in a frame of its own; one that fits keeps its heads in sight. */
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) target.classList.toggle('scrolls', (target.firstElementChild?.scrollWidth ?? 0) > target.clientWidth + 1);
});

/** @param {HTMLElement} sheet */
function watched(sheet) {
  widths.observe(sheet);
  return sheet;
}

/**
 * @param {string} label
 * @param {string} asked
 * @param {(words: string) => void} filter
 */
function filterField(label, asked, filter) {
  const field = /** @type {HTMLInputElement} */ (h('input.filter', { type: 'search', placeholder: 'Filter …', 'aria-label': `Filter: ${label}`, autocomplete: 'off', spellcheck: 'false' }));
  field.value = asked;
  field.addEventListener('input', () => {
    remember('filter', field.value);
    filter(field.value);
  });
  return field;
}

/**
 * @template T
 * @param {readonly T[]} rows
 * @param {(row: T) => string} text
 * @param {string} words
 */
function matching(rows, text, words) {
  const all = words.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const it = text(row).toLowerCase();
    return all.every((word) => it.includes(word));
  });
}

/**
 * @template T
 * @param {readonly T[]} rows
 * @param {(row: T) => string | number} by
 * @param {boolean} down
 */
const sorted = (rows, by, down) => [...rows].sort((a, b) => (down ? compare(by(b), by(a)) : compare(by(a), by(b))));

/**
 * @template T
 * @param {readonly T[]} rows
 * @param {readonly GridColumn<T>[]} columns
 * @param {((row: T) => boolean) | undefined} marked
 */
function chunks(rows, columns, marked) {
  const made = [];
  const size = Math.max(12, Math.ceil(CELLS / columns.length));
  for (let at = 0; at < Math.max(rows.length, 1); at += size) made.push(chunk(rows.slice(at, at + size), columns, marked, at));
  return made;
}

/**
 * @template T
 * @param {readonly T[]} rows
 * @param {readonly GridColumn<T>[]} columns
 * @param {((row: T) => boolean) | undefined} marked
 * @param {number} at
 */
function chunk(rows, columns, marked, at) {
  const body = h('tbody', { role: 'rowgroup' });
  if (rows.length === 0) {
    body.append(h('tr', { role: 'row' }, h('td.nothing', { role: 'cell', colspan: columns.length }, 'Nothing fits the filter.')));
    return body;
  }
  const draw = () => { body.replaceChildren(...rows.map((row, i) => line(row, columns, marked?.(row) === true, at + i + 2))); };
  // The first are seen at once; a marked one must be there to be scrolled to.
  if (at === 0 || (marked !== undefined && rows.some(marked))) draw();
  else {
    // Its room is kept, so that the scroll bar tells the truth.
    body.append(h('tr.room', { 'aria-hidden': 'true' }, h('td', { colspan: columns.length, style: { height: `${rows.length * ROW}px` } })));
    waiting.set(body, draw);
    nearby.observe(body);
  }
  return body;
}

/**
 * @template T
 * @param {T} row
 * @param {readonly GridColumn<T>[]} columns
 * @param {boolean} marked
 * @param {number} index
 */
const line = (row, columns, marked, index) => h(marked ? 'tr.marked' : 'tr', { role: 'row', 'aria-rowindex': index }, columns.map(({ title, cell, numeric, kind }, i) => {
  const name = `${i === 0 ? 'th' : 'td'}${numeric === true ? '.n' : ''}${kind === undefined ? '' : `.${kind}`}`;
  return h(name, i === 0 ? { scope: 'row', role: 'rowheader' } : { role: 'cell', 'data-title': title }, cell(row));
}));

/** @type {WeakMap<Element, () => void>} */
const waiting = new WeakMap();

const nearby = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) drawNow(target);
}, { rootMargin: '1200px 0px' });

/** @param {Element} body */
function drawNow(body) {
  waiting.get(body)?.();
  waiting.delete(body);
  nearby.unobserve(body);
}

/**
 * Draws every row, for paper and for those who search with the browser.
 * @param {Element} root
 */
export function drawAll(root) {
  for (const body of root.querySelectorAll('tbody')) drawNow(body);
}
