import { h, s } from './dom.js';
import { once } from './facts.js';
import { layered, rowLength } from './layered.js';

/**
 * @typedef {object} GraphNode
 * @property {string} id
 * @property {string} title
 * @property {readonly string[]} details the first that fits is shown
 * @property {string} href
 * @property {'context' | 'module' | 'folder' | 'symbol' | 'table' | 'portal'} kind
 * @property {number} [hue]
 * @property {string} says the whole of it, for those who point at it or hear it
 * @property {'top' | 'bottom'} [pin] stands in rows of its own above or below the rest
 * @property {boolean} [chosen]
 */
/**
 * @typedef {object} GraphEdge
 * @property {string} from
 * @property {string} to
 * @property {number} weight
 * @property {boolean} [heavy]
 */
/** @typedef {{ readonly x: number, readonly y: number }} Point The middle of a box, in pixels. */

/** @typedef {{ readonly width: number, readonly height: number, readonly gapX: number, readonly gapY: number, readonly perRow: number }} Box What a box and the room around it take, in pixels. */

const MARGIN = 16;
const NARROWEST = 140;
const WIDEST = 196;

/**
 * Few boxes get more room than many.
 * @param {number} n
 * @param {number} width
 * @returns {Box}
 */
function boxFor(n, width) {
  const perRow = Math.max(2, Math.floor((width - 2 * MARGIN + 14) / (NARROWEST + 14)));
  const columns = Math.min(perRow, rowLength(n));
  const share = (width - 2 * MARGIN + 14) / columns;
  const box = Math.max(Math.min(NARROWEST, share - 14), Math.min(WIDEST, share * 0.8 - 14));
  return { width: Math.round(box), height: 50, gapX: Math.round(Math.min(64, Math.max(14, (share - box) * 0.8))), gapY: n > 24 ? 50 : 72, perRow };
}

/**
 * Boxes and arrows that say more when somebody points at them. Arrows beyond `most` stay hidden until one of their ends is pointed at.
 * @param {{ readonly label: string, readonly nodes: readonly GraphNode[], readonly edges: readonly GraphEdge[], readonly width: number, readonly most: number, readonly hint: string }} options
 * @returns {HTMLElement}
 */
export function graph({ label, nodes, edges, width, most, hint }) {
  const size = boxFor(nodes.length, width);
  const points = placeAll(nodes, edges, size);
  const [right, bottom] = [Math.max(...[...points.values()].map(({ x }) => x)) + size.width / 2 + MARGIN, Math.max(...[...points.values()].map(({ y }) => y)) + size.height / 2 + 34];
  const strongest = [...edges].sort((a, b) => b.weight - a.weight);
  const top = Math.max(1, strongest[0]?.weight ?? 1);
  const arrows = strongest.map((edge, i) => arrow(edge, points, size, { top, shown: i < most })).filter((one) => one !== undefined);
  const lines = s('g', { 'aria-hidden': 'true' }, arrows.filter(({ shown }) => shown).map(({ path }) => path()));
  const boxes = nodes.map((node) => box(node, points.get(node.id) ?? { x: 0, y: 0 }, size));
  const drawing = s('svg.graph', { viewBox: `0 0 ${right} ${bottom}`, width: right, height: bottom, role: 'group', 'aria-label': label },
    tips(), lines, s('g', {}, boxes));
  const caption = h('p.caption', { 'aria-live': 'polite' }, hint);
  const point = pointer({ drawing, lines, arrows, boxes, nodes, caption, hint });
  for (const [i, link] of boxes.entries()) {
    const id = nodes[i]?.id ?? '';
    for (const start of ['pointerenter', 'focus']) link.addEventListener(start, () => { point(id); });
    for (const end of ['pointerleave', 'blur']) link.addEventListener(end, () => { point(undefined); });
  }
  const sheet = h('div.canvas', { tabindex: 0, role: 'region', 'aria-label': label }, drawing);
  return h('div.map', {}, h('div.maptools', {}, zoomButtons(sheet, drawing, right), legend(edges.length > most ? most : undefined, edges.length)), caption, sheet);
}

/**
 * @param {readonly GraphNode[]} nodes
 * @param {readonly GraphEdge[]} edges
 * @param {Box} size
 * @returns {Map<string, Point>}
 */
function placeAll(nodes, edges, { width, height, gapX, gapY, perRow }) {
  const inner = nodes.filter(({ pin }) => pin === undefined);
  const number = new Map(inner.map(({ id }, i) => [id, i]));
  const pulls = edges.flatMap(({ from, to, weight }) => {
    const [a, b] = [number.get(from), number.get(to)];
    return a === undefined || b === undefined || a === b ? [] : [{ from: a, to: b, weight }];
  });
  const above = rowsOf(nodes.filter(({ pin }) => pin === 'top'), perRow);
  const spots = layered(inner.length, pulls, perRow);
  const innerRows = Math.max(0, ...spots.map(({ row }) => row + 1));
  const below = rowsOf(nodes.filter(({ pin }) => pin === 'bottom'), perRow);
  const placed = [
    ...above.map(({ node, x, row }) => ({ id: node.id, x, row })),
    ...inner.map(({ id }, i) => ({ id, x: spots[i]?.x ?? 0, row: (spots[i]?.row ?? 0) + rowCount(above) })),
    ...below.map(({ node, x, row }) => ({ id: node.id, x, row: row + rowCount(above) + innerRows })),
  ];
  const left = Math.min(...placed.map(({ x }) => x));
  return new Map(placed.map(({ id, x, row }) => [id, { x: MARGIN + width / 2 + (x - left) * (width + gapX), y: MARGIN + height / 2 + row * (height + gapY) }]));
}

/**
 * @param {readonly GraphNode[]} nodes
 * @param {number} perRow
 */
function rowsOf(nodes, perRow) {
  return nodes.map((node, i) => {
    const row = Math.floor(i / perRow);
    const its = Math.min(perRow, nodes.length - row * perRow);
    return { node, row, x: (i % perRow) - (its - 1) / 2 };
  });
}

/** @param {readonly { row: number }[]} placed */
const rowCount = (placed) => Math.max(0, ...placed.map(({ row }) => row + 1));

/**
 * @param {GraphNode} node
 * @param {Point} at
 * @param {Box} size
 */
function box({ id, title, details, href, kind, hue, says, chosen }, { x, y }, { width, height }) {
  const [left, top] = [x - width / 2, y - height / 2];
  const room = width - 18;
  const detail = details.find((each) => each !== '' && fits(each, SMALL, room)) ?? details.at(-1) ?? '';
  const coloured = hue !== undefined;
  return s(`a.node.${kind}${chosen === true ? '.chosen' : ''}`, { href, 'data-id': id, 'aria-label': says, ...(coloured ? { style: { '--hue': hue } } : {}) },
    s('rect.body', { x: left, y: top, width, height, rx: kind === 'symbol' ? height / 2 : kind === 'table' ? 0 : 9 }),
    coloured ? s('rect.stripe', { x: left, y: top + 9, width: 4, height: height - 18, rx: 2 }) : undefined,
    s('text.name', { x, y: detail === '' ? y + 4 : y - 3, 'text-anchor': 'middle' }, fit(title, LARGE, room)),
    detail === '' ? undefined : s('text.detail', { x, y: y + 15, 'text-anchor': 'middle' }, fit(detail, SMALL, room)),
    s('title', {}, says));
}

const pen = document.createElement('canvas').getContext('2d');
/** Fonts of a box's two lines, as the style has them. */
const LARGE = '600 13px';
const SMALL = '11.5px';

/**
 * @param {string} text
 * @param {string} font
 * @param {number} room pixels
 */
function fits(text, font, room) {
  if (pen === null) return true;
  pen.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width <= room;
}

/**
 * As much of a text as there is room for. The middle goes first: names differ at their ends.
 * @param {string} text
 * @param {string} font
 * @param {number} room pixels
 */
function fit(text, font, room) {
  for (let kept = text.length; kept > 3; kept -= 1) {
    const shown = kept === text.length ? text : `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
    if (fits(shown, font, room)) return shown;
  }
  return text.slice(0, 3);
}

/** @typedef {{ readonly edge: GraphEdge, readonly shown: boolean, readonly path: () => SVGElement }} Arrow `shown`: at all times; the others are made when one of their ends is pointed at. */

/**
 * @param {GraphEdge} edge
 * @param {ReadonlyMap<string, Point>} points
 * @param {Box} size
 * @param {{ readonly top: number, readonly shown: boolean }} among the greatest weight, and whether it is among those that are shown at once
 * @returns {Arrow | undefined}
 */
function arrow(edge, points, size, { top, shown }) {
  const [a, b] = [points.get(edge.from), points.get(edge.to)];
  if (a === undefined || b === undefined || edge.from === edge.to) return undefined;
  const kind = `${edge.heavy === true ? '.heavy' : ''}${b.y < a.y ? '.up' : ''}`;
  const path = once(() => s(`path.arrow${kind}`, { d: curve(a, b, size), 'stroke-width': (1 + 3.5 * Math.sqrt(edge.weight / top)).toFixed(1), 'marker-end': `url(#${edge.heavy === true ? 'tip-heavy' : 'tip'})`, 'data-from': edge.from, 'data-to': edge.to }));
  return { edge, shown, path };
}

/**
 * From the lower side of one box to the upper side of the next; within a row, below it.
 * @param {Point} a
 * @param {Point} b
 * @param {Box} size
 */
function curve(a, b, { width, height }) {
  const lean = (/** @type {number} */ by) => Math.max(-width / 2.6, Math.min(width / 2.6, by * 0.14));
  const [x1, x2] = [a.x + lean(b.x - a.x), b.x + lean(a.x - b.x)];
  const half = height / 2;
  if (a.y === b.y) {
    const dip = a.y + half + 16 + Math.min(26, Math.abs(b.x - a.x) / 24);
    return `M${p(x1)} ${p(a.y + half)} C${p(x1)} ${p(dip)} ${p(x2)} ${p(dip)} ${p(x2)} ${p(b.y + half + 5)}`;
  }
  const down = b.y > a.y ? 1 : -1;
  const [y1, y2] = [a.y + half * down, b.y - (half + 5) * down];
  const pull = Math.max(24, Math.abs(y2 - y1) * 0.45) * down;
  return `M${p(x1)} ${p(y1)} C${p(x1)} ${p(y1 + pull)} ${p(x2)} ${p(y2 - pull)} ${p(x2)} ${p(y2)}`;
}

/** @param {number} value */
const p = (value) => value.toFixed(1);

/** Two tips of two shapes: what is heavy must not be told by its colour alone. */
const tips = () => s('defs', {},
  s('marker', { id: 'tip', viewBox: '0 0 10 10', refX: 8, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse', orient: 'auto' }, s('path.tip', { d: 'M1 1 L9 5 L1 9' })),
  s('marker', { id: 'tip-heavy', viewBox: '0 0 10 10', refX: 8, refY: 5, markerWidth: 12, markerHeight: 12, markerUnits: 'userSpaceOnUse', orient: 'auto' }, s('path.tip.heavy', { d: 'M0 0 L10 5 L0 10 Z' })));

/**
 * Lights what touches a node and says it in the line above.
 * @param {{ readonly drawing: SVGElement, readonly lines: SVGElement, readonly arrows: readonly Arrow[], readonly boxes: readonly SVGElement[], readonly nodes: readonly GraphNode[], readonly caption: HTMLElement, readonly hint: string }} map
 */
function pointer({ drawing, lines, arrows, boxes, nodes, caption, hint }) {
  /** Arrows that are there only while somebody points at one of their ends. @type {readonly SVGElement[]} */
  let passing = [];
  return (/** @type {string | undefined} */ id) => {
    drawing.classList.toggle('pointed', id !== undefined);
    for (const path of passing) path.remove();
    const touching = arrows.filter(({ edge: { from, to } }) => from === id || to === id);
    for (const { shown, path } of arrows) if (shown) path().classList.remove('lit');
    for (const { path } of touching) path().classList.add('lit');
    passing = touching.filter(({ shown }) => !shown).map(({ path }) => path());
    lines.append(...passing);
    const near = new Set([id, ...touching.flatMap(({ edge: { from, to } }) => [from, to])]);
    for (const [i, link] of boxes.entries()) link.classList.toggle('near', near.has(nodes[i]?.id));
    caption.textContent = nodes.find((node) => node.id === id)?.says ?? hint;
  };
}

/**
 * @param {HTMLElement} sheet
 * @param {SVGElement} drawing
 * @param {number} width
 */
function zoomButtons(sheet, drawing, width) {
  let scale = 1;
  const set = (/** @type {number} */ to) => {
    scale = Math.min(3, Math.max(0.4, to));
    drawing.style.setProperty('width', `${Math.round(width * scale)}px`);
    drawing.style.setProperty('height', 'auto');
  };
  // A pinch on a touchpad arrives as a wheel with Ctrl held; a plain wheel scrolls the page, as everywhere.
  sheet.addEventListener('wheel', (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    set(scale * (event.deltaY < 0 ? 1.12 : 0.89));
  }, { passive: false });
  sheet.addEventListener('keydown', ({ key }) => {
    if (key === '+' || key === '=') set(scale * 1.25);
    if (key === '-') set(scale / 1.25);
  });
  const button = (/** @type {string} */ text, /** @type {string} */ label, /** @type {() => void} */ act) => h('button.tool', { type: 'button', 'aria-label': label, title: label, onclick: act }, text);
  return h('div.group', { role: 'group', 'aria-label': 'Size of the map' }, button('−', 'Smaller', () => { set(scale / 1.25); }), button('+', 'Larger', () => { set(scale * 1.25); }), button('Fit', 'Fit to the window', () => { set(Math.min(1, sheet.clientWidth / width)); }));
}

/**
 * @param {number | undefined} most
 * @param {number} all
 */
const legend = (most, all) => h('ul.legend', { 'aria-label': 'Legend' },
  h('li', {}, h('span.line', {}), 'needs'), h('li', {}, h('span.line.up', {}), 'needs, against the flow'), h('li', {}, h('span.line.heavy', {}), 'a transaction or foreign write crosses'),
  most === undefined ? undefined : h('li', {}, `the ${most} strongest of ${all} arrows`));
