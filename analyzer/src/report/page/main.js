import { contextsView, sharedView } from './contexts.js';
import { cutsView } from './cuts.js';
import { decisionsView } from './decisions.js';
import { count, h } from './dom.js';
import { endpointsView } from './endpoints.js';
import { gather } from './facts.js';
import { drawAll } from './grid.js';
import { keysDialog, listenForKeys } from './keys.js';
import { mapView } from './map.js';
import { moduleView } from './modules.js';
import { overviewView } from './overview.js';
import { empty, head, swatch } from './parts.js';
import { hubsView, orderView, rivalsView, sagasView } from './plan.js';
import { link, parseRoute } from './route.js';
import { searchField, searchIndex, searchView } from './search.js';
import { tablesView } from './tables.js';
import { unpack } from './unpack.js';
import { unresolvedView } from './unresolved.js';

/** @import { PageData } from '../page-data.ts' */
/** @import { Facts } from './facts.js' */
/** @import { Route } from './route.js' */
/** @typedef {{ readonly id: string, readonly title: string, readonly n?: number }} Chapter */

const facts = gather(/** @type {PageData} */ (unpack(JSON.parse(document.getElementById('data')?.textContent ?? ''))));
const index = searchIndex(facts);

/** @type {Record<string, (facts: Facts, route: Route, width: number) => HTMLElement>} */
const VIEWS = {
  overview: overviewView, map: mapView, contexts: contextsView, shared: sharedView, module: moduleView, hubs: hubsView, order: orderView, tables: tablesView, endpoints: endpointsView, cuts: cutsView,
  sagas: sagasView, decisions: decisionsView, rivals: rivalsView, unresolved: unresolvedView, search: (_facts, route) => searchView(index, route),
};

/** @type {readonly Chapter[]} */
const CHAPTERS = [
  { id: 'overview', title: 'Overview' }, { id: 'map', title: 'Context map' }, { id: 'contexts', title: 'Contexts', n: facts.data.contexts.length }, { id: 'order', title: 'Order of extraction', n: facts.data.order.length },
  { id: 'hubs', title: 'Before any cut', n: facts.data.hubs.length },
  { id: 'tables', title: 'Table ownership', n: facts.data.tables.length }, { id: 'endpoints', title: 'Endpoints', n: facts.data.endpoints.length }, { id: 'cuts', title: 'Cuts', n: facts.data.cuts.length },
  { id: 'sagas', title: 'Sagas', n: facts.data.sagas.length }, { id: 'decisions', title: 'Decisions for you', n: facts.data.decisions.length + facts.data.strains.length }, { id: 'rivals', title: 'Rivals', n: facts.data.rivals.length }, { id: 'unresolved', title: 'Unresolved', n: facts.data.unresolved.length },
];

const main = h('main', { id: 'main', tabindex: -1 });
const nav = h('nav', { id: 'chapters', 'aria-label': 'Chapters' },
  h('ul.chapters', {}, CHAPTERS.map(({ id, title, n }) => h('li', {}, h('a', { href: link(id), 'data-view': id }, title, n === undefined ? undefined : h('span.count', {}, count(n)))))),
  h('h2', {}, 'Contexts'), h('ul.contexts', {}, facts.data.contexts.map(({ name, modules }) => h('li', {}, h('a', { href: link('contexts', [name]), 'data-context': name }, swatch(facts, name), h('span', {}, name), h('span.count', {}, count(modules.length)))))));
const dialog = keysDialog();

/** Depth of the view before this one, so that a map grows when somebody goes in and shrinks when they come out. */
let before = { view: '', depth: 0 };

function show() {
  const route = parseRoute(location.hash);
  const view = VIEWS[route.view];
  const shown = view === undefined ? h('div', {}, head('No such page'), empty(`This report has no page called ${route.view}.`)) : view(facts, route, main.clientWidth);
  const depth = route.parts.length + route.query.size;
  if (route.view === 'map' && before.view === 'map' && depth !== before.depth) shown.classList.add(depth > before.depth ? 'deeper' : 'higher');
  before = { view: route.view, depth };
  main.replaceChildren(shown);
  mark(route);
  entitle(route);
  bringChapterIntoSight();
  const marked = main.querySelector('tr.marked');
  if (marked !== null && route.view === 'module') marked.scrollIntoView({ block: 'center' });
  else scrollTo(0, 0);
}

/** @param {Route} route */
function mark({ view, parts: [first] }) {
  const chapter = view === 'module' || view === 'shared' ? 'contexts' : view;
  for (const a of nav.querySelectorAll('[data-view]')) setAttribute(a, 'aria-current', a.getAttribute('data-view') === chapter ? 'page' : undefined);
  const context = view === 'contexts' || view === 'map' ? first : undefined;
  for (const a of nav.querySelectorAll('[data-context]')) setAttribute(a, 'aria-current', a.getAttribute('data-context') === context ? 'true' : undefined);
}

/** On a phone the chapters are a strip that scrolls. */
function bringChapterIntoSight() {
  const current = nav.querySelector('.chapters [aria-current]');
  if (current !== null && nav.scrollWidth > nav.clientWidth) current.scrollIntoView({ inline: 'center', block: 'nearest' });
}

/** @param {Route} route */
function entitle({ view, parts: [first] }) {
  document.title = `${first ?? CHAPTERS.find(({ id }) => id === view)?.title ?? view} · ${facts.data.system}`;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | undefined} value
 */
function setAttribute(element, name, value) {
  if (value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/** Dark, light, or as the system says: remembered where the browser lets a file remember. */
function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset['theme'] === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : root.dataset['theme'] === 'dark';
  setTheme(dark ? 'light' : 'dark');
}

/** @param {string | null} theme */
function setTheme(theme) {
  if (theme === null) return;
  document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem('theme', theme);
  } catch {
    // Some browsers give a file no storage: the choice lasts as long as the page.
  }
}

function rememberedTheme() {
  try {
    return localStorage.getItem('theme');
  } catch {
    return null;
  }
}

setTheme(rememberedTheme());
document.body.append(
  h('a.skip', { href: '#main', onclick: (/** @type {Event} */ event) => { event.preventDefault(); main.focus(); } }, 'Skip to the report'),
  h('header.top', {}, h('a.brand', { href: link('overview') }, h('span.logo', { 'aria-hidden': 'true' }), h('span', {}, h('strong', {}, facts.data.system), h('small', {}, 'proposed contexts'))), searchField(index),
    h('div.group', {}, h('button.tool.theme', { type: 'button', 'aria-label': 'Dark or light', title: 'Dark or light (d)', onclick: toggleTheme }, '◐'), h('button.tool', { type: 'button', 'aria-label': 'Keys', title: 'Keys (?)', onclick: () => { dialog.showModal(); } }, '?'))),
  h('div.frame', {}, nav, main), dialog);
listenForKeys(facts, { views: CHAPTERS.map(({ id }) => id), dialog, toggleTheme });
addEventListener('hashchange', () => {
  show();
  // Whoever hears the page is told where they are.
  main.querySelector('h1')?.focus({ preventScroll: true });
});
addEventListener('beforeprint', () => { drawAll(main); });
show();
