import { count, h, plural } from './dom.js';
import { grid } from './grid.js';
import { chip, counted, empty, head, moduleLink, where } from './parts.js';

/** @import { Facts } from './facts.js' */

/**
 * What was seen and could not be understood: nothing else was skipped.
 * @param {Facts} facts
 */
export function unresolvedView({ data: { crossCheck, cycles, idlePins, traffic, unresolved } }) {
  return h('div', {},
    head('Unresolved', unresolved.length === 0 ? 'Everything that was seen could be resolved.' : `${plural(unresolved.length, 'thing')} that were seen and not understood. Nothing else was skipped.`),
    unresolved.length > 0 && grid({ label: 'Unresolved', noun: 'gap', rows: unresolved, text: ({ kind, what, why, evidence }) => `${kind} ${what} ${why} ${evidence.file}`, columns: [
      { title: 'What', cell: ({ what }) => h('code', {}, what), by: ({ what }) => what },
      { title: 'Kind', cell: ({ kind }) => chip(kind), by: ({ kind }) => kind },
      { title: 'Why', cell: ({ why }) => why, by: ({ why }) => why },
      { title: 'Where', kind: 'place', cell: ({ evidence }) => where(evidence), by: ({ evidence }) => evidence.file },
    ] }),
    idlePins.length > 0 && [counted('Pins that match nothing', idlePins.length), h('ul', {}, idlePins.map((pin) => h('li', {}, h('code', {}, pin))))],
    traffic !== null && traffic.unmatched.length > 0 && [counted('Requests no endpoint answers', traffic.unmatched.length), grid({ label: 'Requests no endpoint answers', noun: 'path', rows: traffic.unmatched, text: ({ method, path }) => `${method} ${path}`, columns: [
      { title: 'Request', cell: ({ method, path }) => h('code', {}, `${method} ${path}`), by: ({ path }) => path }, { title: 'Times', cell: ({ requests }) => count(requests), by: ({ requests }) => requests, numeric: true },
    ] })],
    counted('Import cycles', cycles.length),
    cycles.length === 0 ? empty('No modules need one another to load.') : grid({ label: 'Import cycles', noun: 'cycle', rows: cycles, text: (cycle) => cycle.join(' '), columns: [
      { title: 'Modules that need one another to load', cell: cycleList }, { title: 'Length', cell: ({ length }) => count(length), by: ({ length }) => length, numeric: true },
    ] }),
    crossCheck.length > 0 && [counted('Where madge disagrees', crossCheck.length), grid({ label: 'Disagreements with madge', noun: 'import', rows: crossCheck, text: ({ from, to, because }) => `${from} ${to} ${because}`, columns: [
      { title: 'From', cell: ({ from }) => moduleLink(from), by: ({ from }) => from }, { title: 'To', cell: ({ to }) => moduleLink(to), by: ({ to }) => to },
      { title: 'Seen by', cell: ({ seenBy }) => seenBy, by: ({ seenBy }) => seenBy }, { title: 'Because', cell: ({ because }) => because, by: ({ because }) => because },
    ] })]);
}

/** Modules of a cycle shown before the rest is asked for. */
const SHOWN = 8;

/** @param {readonly string[]} cycle */
function cycleList(cycle) {
  const items = (/** @type {readonly string[]} */ modules) => modules.map((module) => h('li', {}, moduleLink(module)));
  const list = h('ul', {}, items(cycle.slice(0, SHOWN)));
  if (cycle.length > SHOWN) list.append(h('li', {}, h('button.button', { type: 'button', onclick: () => { list.replaceChildren(...items(cycle)); } }, `${count(cycle.length - SHOWN)} more`)));
  return list;
}
