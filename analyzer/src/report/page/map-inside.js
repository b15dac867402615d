import { compare, count, fileName, folderOf, groupBy, h, plural } from './dom.js';
import { graph } from './graph.js';
import { grid } from './grid.js';
import { chip, contextLink, crumbs, empty, head, moduleLink, tableLink, where } from './parts.js';
import { link } from './route.js';

/** @import { Context, Facts } from './facts.js' */
/** @import { GraphEdge, GraphNode } from './graph.js' */
/** @typedef {{ readonly from: string, readonly to: string, readonly calls: number, readonly imports: number, readonly line: number }} Tie One module needs another; `line` is the first that says so. */

/** A context of more modules is drawn folder by folder first. */
const MODULES = 60;
const ARROWS = 90;
/** What crosses the boundary is drawn after what does not. */
const FAINT = 0.01;
/** Neighbours shown above and below; the context's page has all. */
const NEIGHBOURS = 6;

/**
 * The modules of one context, between those that need it and those it needs.
 * @param {Facts} facts
 * @param {Context} context
 * @param {string | undefined} folder
 * @param {number} width
 */
export function insideView(facts, context, folder, width) {
  const { name } = context;
  const modules = folder === undefined ? context.modules : context.modules.filter((path) => path.startsWith(folder));
  const inside = new Set(modules);
  const ties = tiesOf(facts, modules).filter(({ to }) => inside.has(to));
  const groupOf = grouping(modules, folder ?? '');
  const groups = groupBy(modules, groupOf);
  const nodes = [...groups].map(([group, its]) => groupNode(name, group, its));
  const pulls = groupBy(ties.filter(({ from, to }) => groupOf(from) !== groupOf(to)), ({ from, to }) => `${groupOf(from)}\n${groupOf(to)}`);
  const edges = [...pulls.values()].map((its) => ({ from: groupOf(its[0]?.from ?? ''), to: groupOf(its[0]?.to ?? ''), weight: its.reduce((sum, { calls, imports }) => sum + calls + imports, 0) }));
  const portals = folder === undefined ? neighbours(facts, context, groupOf) : { nodes: [], edges: [] };
  const steps = [['Context map', link('map')], ...(folder === undefined ? [] : [[name, link('map', [name])]])];
  return h('div', {},
    crumbs(/** @type {[string, string][]} */ (steps), folder ?? name),
    head(['Inside', contextLink(facts, name), folder !== undefined && h('span', {}, `› ${folder}`)], groups.size < modules.length ? `${plural(modules.length, 'module')}, drawn folder by folder. Open a folder to see its modules.` : 'Modules that need others stand above those that are needed. Open one to see its symbols.', h('a.button', { href: link('contexts', [name]) }, `All about ${name}`)),
    graph({ label: `Inside ${name}`, nodes: [...portals.nodes, ...nodes], edges: [...edges, ...portals.edges], width, most: ARROWS, hint: 'Point at a box to see its ties. Dashed boxes are other contexts.' }),
    h('h2', {}, 'The same as a table'),
    ties.length === 0 ? empty('No module here imports or calls another.') : grid({ label: `Ties inside ${name}`, noun: 'tie', rows: ties, text: ({ from, to }) => `${from} ${to}`, columns: [
      { title: 'Module', cell: ({ from }) => moduleLink(from), by: ({ from }) => from }, { title: 'Needs', cell: ({ to }) => moduleLink(to), by: ({ to }) => to },
      { title: 'Calls', cell: ({ calls }) => count(calls), by: ({ calls }) => calls, numeric: true }, { title: 'Imports', cell: ({ imports }) => count(imports), by: ({ imports }) => imports, numeric: true },
      { title: 'Where', kind: 'place', cell: ({ from, line }) => where({ file: from, line }), by: ({ from }) => from },
    ] }));
}

/**
 * Calls and imports, module to module.
 * @param {Facts} facts
 * @param {readonly string[]} modules
 * @returns {Tie[]}
 */
function tiesOf(facts, modules) {
  return modules.flatMap((from) => {
    const calls = (facts.callsFrom().get(from) ?? []).filter(({ to }) => to !== from);
    const imports = (facts.importsFrom().get(from) ?? []).filter(({ to }) => to !== from);
    return [...groupBy([...calls, ...imports], ({ to }) => to)].map(([to, its]) => ({ from, to, calls: its.filter((tie) => 'callee' in tie).length, imports: its.filter((tie) => !('callee' in tie)).length, line: Math.min(...its.map(({ line }) => line)) }));
  });
}

/**
 * Each module by itself, or, where they are many, the folders that divide them best: the largest is opened until there are enough.
 * @param {readonly string[]} modules
 * @param {string} root
 * @returns {(module: string) => string}
 */
function grouping(modules, root) {
  if (modules.length <= MODULES) return (module) => module;
  let groups = new Map([[root, [...modules]]]);
  for (;;) {
    const [folder, its] = [...groups].filter(([name, list]) => list.length > 1 && (name === '' || name.endsWith('/'))).sort((a, b) => b[1].length - a[1].length || compare(a[0], b[0]))[0] ?? [];
    if (folder === undefined || its === undefined) break;
    const parts = groupBy(its, (path) => path.slice(0, path.indexOf('/', folder.length) + 1) || path);
    if (groups.size - 1 + parts.size > MODULES) break;
    groups.delete(folder);
    groups = new Map([...groups, ...parts]);
  }
  const of = new Map([...groups].flatMap(([group, its]) => its.map((module) => [module, group])));
  return (module) => of.get(module) ?? module;
}

/**
 * @param {string} context
 * @param {string} group
 * @param {readonly string[]} modules
 * @returns {GraphNode}
 */
function groupNode(context, group, modules) {
  const [only] = modules;
  if (modules.length === 1 && only !== undefined) return { id: group, title: fileName(only).replace(/\.[cm]?[jt]sx?$/, ''), details: [folderOf(only)], href: link('map', [context, only]), kind: 'module', says: only };
  return { id: group, title: `${group.split('/').at(-2) ?? group}/`, details: [plural(modules.length, 'module')], href: link('map', [context], { in: group }), kind: 'folder', says: `${group}: ${plural(modules.length, 'module')}` };
}

/**
 * Contexts on the other side of this one's boundaries, the dearest first.
 * @param {Facts} facts
 * @param {Context} context
 * @param {(module: string) => string} groupOf
 * @returns {{ nodes: GraphNode[], edges: GraphEdge[] }}
 */
function neighbours(facts, { name, modules }, groupOf) {
  const above = facts.boundaries.filter(({ to }) => to === name).slice(0, NEIGHBOURS);
  const below = facts.boundaries.filter(({ from }) => from === name).slice(0, NEIGHBOURS);
  const node = (/** @type {string} */ id, /** @type {string} */ other, /** @type {Facts['boundaries'][number]} */ { from, to, cuts, cost }, /** @type {'top' | 'bottom'} */ pin) => ({ id, title: other, details: [`${pin === 'top' ? 'needs this' : 'needed'}, cost ${count(cost)}`], href: link('cuts', [from, to]), kind: /** @type {const} */ ('portal'), hue: facts.hue(other), pin, says: `${from} needs ${to}: ${plural(cuts.length, 'cut')}, cost ${count(cost)}` });
  const nodes = [...above.map((boundary) => node(`above ${boundary.from}`, boundary.from, boundary, 'top')), ...below.map((boundary) => node(`below ${boundary.to}`, boundary.to, boundary, 'bottom'))];
  const [upper, lower] = [new Set(above.map(({ from }) => from)), new Set(below.map(({ to }) => to))];
  const crossing = modules.flatMap((module) => [
    ...[...facts.callsTo().get(module) ?? [], ...facts.importsTo().get(module) ?? []].map(({ from }) => ({ from: `above ${facts.home.get(from) ?? ''}`, to: groupOf(module), shown: upper.has(facts.home.get(from) ?? '') })),
    ...[...facts.callsFrom().get(module) ?? [], ...facts.importsFrom().get(module) ?? []].map(({ to }) => ({ from: groupOf(module), to: `below ${facts.home.get(to) ?? ''}`, shown: lower.has(facts.home.get(to) ?? '') })),
  ]).filter(({ shown }) => shown);
  const edges = [...groupBy(crossing, ({ from, to }) => `${from}\n${to}`).values()].map((its) => ({ from: its[0]?.from ?? '', to: its[0]?.to ?? '', weight: FAINT * its.length }));
  return { nodes, edges };
}

/**
 * The symbols of one module, between those that call them and what they call, read and write.
 * @param {Facts} facts
 * @param {Context} context
 * @param {string} path
 * @param {string | undefined} symbol
 * @param {number} width
 */
export function symbolsView(facts, context, path, symbol, width) {
  if (facts.home.get(path) !== context.name) return h('div', {}, head('No such module'), empty(`${context.name} has no module ${path}.`));
  const rows = symbolTies(facts, path);
  const nodes = symbolNodes(facts, context, path, { rows, symbol });
  const edges = [...groupBy(rows, (row) => `${row.way === 'in' ? row.end : row.from}\n${row.way === 'out' ? row.end : row.to}`)].map(([key, its]) => ({ from: key.split('\n')[0] ?? '', to: key.split('\n')[1] ?? '', weight: its.length, heavy: its.some(({ kind }) => kind === 'write') }));
  const steps = [['Context map', link('map')], [context.name, link('map', [context.name])], ...(symbol === undefined ? [] : [[path, link('map', [context.name, path])]])];
  return h('div', {},
    crumbs(/** @type {[string, string][]} */ (steps), symbol ?? path),
    head(h('span.pathname', {}, symbol ?? fileName(path)), symbol === undefined ? 'Its symbols, between the modules that call them and what they call, read and write. Open a symbol for its own lines.' : `Every line that ties ${symbol} to something.`, h('a.button', { href: link('module', [path]) }, 'All that is seen in this file')),
    nodes.length === 0 ? empty('No symbol of this module is called or calls another.') : graph({ label: `Symbols of ${path}`, nodes, edges, width, most: ARROWS, hint: 'Point at a symbol to see its ties. Rectangles are tables, dashed boxes are other modules.' }),
    h('h2', {}, symbol === undefined ? 'The same as a table' : `Lines of ${symbol}`),
    symbolGrid(symbol ?? path, symbol === undefined ? rows : rows.filter(({ from, to }) => from === symbol || to === symbol)));
}

/**
 * @param {Facts} facts
 * @param {Context} context
 * @param {string} path
 * @param {{ readonly rows: readonly SymbolTie[], readonly symbol: string | undefined }} shown
 * @returns {GraphNode[]}
 */
function symbolNodes(facts, context, path, { rows, symbol }) {
  const own = new Set([...facts.modules.get(path)?.symbols ?? [], ...rows.flatMap(({ from, to, way }) => (way === 'in' ? [to] : way === 'out' ? [from] : [from, to]))]);
  const outer = new Map(rows.flatMap((row) => (row.other === undefined ? [] : [[row.end, row.other]])));
  return [...[...own].map((name) => ({
    id: name, title: name.slice(name.indexOf('.') + 1), details: [name.includes('.') ? name.slice(0, name.indexOf('.')) : ''], href: link('map', [context.name, path], { symbol: name }),
    kind: /** @type {const} */ ('symbol'), says: `${name} of ${path}`, chosen: name === symbol,
  })), ...outer.values()];
}

/**
 * @param {string} of
 * @param {readonly SymbolTie[]} rows
 */
const symbolGrid = (of, rows) => (rows.length === 0 ? empty('No call, read or write is known.') : grid({ label: `Ties of ${of}`, noun: 'line', rows, text: ({ from, to, place }) => `${from} ${to} ${place.file}`, columns: [
  { title: 'From', cell: ({ from, way, place }) => [h('code', {}, from), way === 'in' && [' of ', moduleLink(place.file)]], by: ({ from }) => from },
  { title: 'What', cell: ({ kind }) => chip(kind, kind), by: ({ kind }) => kind },
  { title: 'To', cell: ({ to, kind, target }) => (kind === 'read' || kind === 'write' ? tableLink(to) : [h('code', {}, to), target !== undefined && [' of ', moduleLink(target)]]), by: ({ to }) => to },
  { title: 'Where', kind: 'place', cell: ({ place }) => where(place), by: ({ place }) => `${place.file}:${String(place.line).padStart(6, '0')}` },
] }));

/** @typedef {{ from: string, to: string, kind: string, way: 'in' | 'out' | 'within', end: string, other?: GraphNode, target?: string, place: { file: string, line: number } }} SymbolTie */

/**
 * @param {Facts} facts
 * @param {string} path
 * @returns {SymbolTie[]}
 */
function symbolTies(facts, path) {
  const outside = (/** @type {string} */ module, /** @type {'top' | 'bottom'} */ pin) => {
    const home = facts.home.get(module);
    return { id: `${pin} ${module}`, title: fileName(module).replace(/\.[cm]?[jt]sx?$/, ''), details: [home ?? 'shared'], href: home === undefined ? link('module', [module]) : link('map', [home, module]), kind: /** @type {const} */ ('portal'), pin, says: `${module} (${home ?? 'shared'})`, ...(home === undefined ? {} : { hue: facts.hue(home) }) };
  };
  const table = (/** @type {string} */ name) => ({ id: `table ${name}`, title: name, details: [`table of ${facts.tables.get(name)?.owner ?? 'nobody'}`], href: link('tables', [name]), kind: /** @type {const} */ ('table'), pin: /** @type {const} */ ('bottom'), says: `table ${name}, owned by ${facts.tables.get(name)?.owner ?? 'nobody'}` });
  return [
    ...(facts.callsTo().get(path) ?? []).filter(({ from }) => from !== path).map(({ from, caller, callee, kind, line }) => ({ from: caller, to: callee, kind, way: /** @type {const} */ ('in'), end: `top ${from}`, other: outside(from, 'top'), place: { file: from, line } })),
    ...(facts.callsFrom().get(path) ?? []).map(({ to, caller, callee, kind, line }) => (to === path
      ? { from: caller, to: callee, kind, way: /** @type {const} */ ('within'), end: callee, place: { file: path, line } }
      : { from: caller, to: callee, kind, way: /** @type {const} */ ('out'), end: `bottom ${to}`, other: outside(to, 'bottom'), target: to, place: { file: path, line } })),
    ...(facts.accessesBy().get(path) ?? []).map(({ table: name, mode, by, evidence }) => ({ from: by, to: name, kind: mode, way: /** @type {const} */ ('out'), end: `table ${name}`, other: table(name), place: evidence })),
  ];
}
