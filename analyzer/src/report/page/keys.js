import { h } from './dom.js';
import { link, parseRoute } from './route.js';

/** @import { Facts } from './facts.js' */

const KEYS = /** @type {const} */ ([['/', 'Search everything'], ['1 … 9, 0', 'The views, from the top'], ['j, k', 'Next, previous context'], ['m', 'The map of what is shown'], ['Esc', 'One level up'], ['+, −', 'Larger, smaller, on a map'], ['d', 'Dark or light'], ['?', 'This list']]);

/** What the keys do, for those who ask. */
export function keysDialog() {
  const dialog = /** @type {HTMLDialogElement} */ (h('dialog.keys', { 'aria-labelledby': 'keys-title' }, h('h2', { id: 'keys-title' }, 'Keys'), h('dl', {}, KEYS.map(([key, does]) => h('div', {}, h('dt', {}, key.split(', ').map((one, i) => [i > 0 && ' ', h('kbd', {}, one)])), h('dd', {}, does)))), h('button.button', { type: 'button', onclick: () => { dialog.close(); } }, 'Close')));
  return dialog;
}

/**
 * @param {Facts} facts
 * @param {{ readonly views: readonly string[], readonly dialog: HTMLDialogElement, readonly toggleTheme: () => void }} page
 */
export function listenForKeys(facts, { views, dialog, toggleTheme }) {
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const act = {
    '/': (event) => {
      event.preventDefault();
      const field = /** @type {HTMLInputElement | null} */ (document.getElementById('search'));
      field?.focus();
      field?.select();
    },
    '?': () => { dialog.showModal(); },
    j: () => { stepContext(facts, 1); },
    k: () => { stepContext(facts, -1); },
    m: toMap,
    d: toggleTheme,
    Escape: up,
  };
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.target instanceof HTMLInputElement) {
      if (event.key === 'Escape') event.target.blur();
      return;
    }
    const view = viewOf(event.key, views);
    if (view !== undefined) location.hash = link(view);
    else act[event.key]?.(event);
  });
}

/**
 * @param {string} key
 * @param {readonly string[]} views
 */
const viewOf = (key, views) => (/^[0-9]$/.test(key) ? views[(Number(key) + 9) % 10] : undefined);

/**
 * From one context to the next, in the list's order; on the map it stays on the map.
 * @param {Facts} facts
 * @param {number} by
 */
function stepContext(facts, by) {
  const names = facts.data.contexts.map(({ name }) => name);
  const { view, parts: [here] } = parseRoute(location.hash);
  const at = view === 'contexts' || view === 'map' ? names.indexOf(here ?? '') : -1;
  const next = names[at === -1 ? (by > 0 ? 0 : names.length - 1) : (at + by + names.length) % names.length];
  if (next !== undefined) location.hash = link(view === 'map' ? 'map' : 'contexts', [next]);
}

function toMap() {
  const { view, parts } = parseRoute(location.hash);
  location.hash = link('map', view === 'contexts' ? parts : []);
}

function up() {
  const { view, parts, query } = parseRoute(location.hash);
  if (query.size > 0) location.hash = link(view, parts);
  else if (view === 'cuts' && parts.length > 0) location.hash = link('cuts');
  else if (parts.length > 0 && view !== 'module' && view !== 'search') location.hash = link(view, parts.slice(0, -1));
  else location.hash = link('overview');
}
