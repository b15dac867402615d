/** @import { Child, Props } from './types.d.ts' */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element of HTML. Every text goes in as text: there is no way to make markup of it.
 * @param {string} tag `p.lead.wide`
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export const h = (tag, props = {}, ...children) => build(document.createElement(tagOf(tag)), tag, props, children);

/**
 * The same for a drawing.
 * @param {string} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export const s = (tag, props = {}, ...children) => build(/** @type {SVGElement} */ (document.createElementNS(SVG, tagOf(tag))), tag, props, children);

/** @param {string} tag */
const tagOf = (tag) => tag.split('.')[0] ?? tag;

/**
 * @template {HTMLElement | SVGElement} E
 * @param {E} element
 * @param {string} tag
 * @param {Props} props
 * @param {readonly Child[]} children
 * @returns {E}
 */
function build(element, tag, props, children) {
  const classes = tag.split('.').slice(1);
  if (classes.length > 0) element.setAttribute('class', classes.join(' '));
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    // Through the object model, for the page's policy forbids style attributes.
    else if (typeof value === 'object') for (const [key, part] of Object.entries(value)) element.style.setProperty(key, String(part));
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  fill(element, children);
  return element;
}

/**
 * @param {Node} element
 * @param {readonly Child[]} children
 */
function fill(element, children) {
  for (const child of children) {
    if (child === undefined || child === false) continue;
    if (typeof child === 'string' || typeof child === 'number') element.appendChild(document.createTextNode(String(child)));
    else if (child instanceof Node) element.appendChild(child);
    else fill(element, child);
  }
}

/** @param {number} n */
export const count = (n) => n.toLocaleString('en');
/**
 * @param {number} n
 * @param {string} noun
 * @param {string} [many]
 */
export const plural = (n, noun, many = `${noun}s`) => `${count(n)} ${n === 1 ? noun : many}`;
/** @param {number} share 0–1 */
export const percent = (share) => `${(Math.floor(share * 1000) / 10).toLocaleString('en')} %`;
/** @param {number} value */
export const round = (value) => Math.round(value * 10) / 10;
/**
 * Code-unit order: the same on every machine.
 * @param {string | number} a
 * @param {string | number} b
 */
export const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
/**
 * Items by a key, in order of first use.
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => string} key
 * @returns {Map<string, T[]>}
 */
export function groupBy(items, key) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) {
    const its = groups.get(key(item));
    if (its === undefined) groups.set(key(item), [item]);
    else its.push(item);
  }
  return groups;
}
/** @param {string} path */
export const fileName = (path) => path.slice(path.lastIndexOf('/') + 1);
/** @param {string} path */
export const folderOf = (path) => path.slice(0, Math.max(0, path.lastIndexOf('/')));
