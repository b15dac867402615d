import { count, h, plural, round } from './dom.js';
import { KIND_WORDS, costOf } from './facts.js';
import { grid } from './grid.js';
import { moveModule } from './move.js';
import { chip, copyButton, where } from './parts.js';
import { remember } from './route.js';

/** @import { Facts } from './facts.js' */

/**
 * Where somebody tries another place for a module and sees at once what it would cost.
 * @param {Facts} facts
 * @param {string} module
 * @param {string} asked the context in the address, if any
 */
export function whatIfPanel(facts, module, asked) {
  const home = facts.home.get(module);
  const shown = h('div', { 'aria-live': 'polite' });
  const names = facts.data.contexts.map(({ name }) => name).filter((name) => name !== home);
  const choice = /** @type {HTMLSelectElement} */ (h('select', { id: 'what-if' }, h('option', { value: '' }, 'Choose a context …'), names.map((name) => h('option', { value: name }, name))));
  const show = () => { shown.replaceChildren(...(choice.value === '' ? [] : [verdict(facts, module, choice.value)])); };
  choice.addEventListener('change', () => {
    remember('move', choice.value);
    show();
  });
  choice.value = names.includes(asked) ? asked : '';
  show();
  return h('section.card.pad.whatif', {}, h('h2', {}, h('label', { for: 'what-if' }, 'What if it moved to')), choice, shown);
}

/**
 * @param {Facts} facts
 * @param {string} module
 * @param {string} to
 */
function verdict(facts, module, to) {
  const { come, gone } = moveModule(facts, module, to);
  const [all, by] = [costOf(facts.data.cuts), round(costOf(come) - costOf(gone))];
  const command = `--what-if "move ${module} to ${to}"`;
  const rows = [...gone.map((cut) => ({ ...cut, goes: true })), ...come.map((cut) => ({ ...cut, goes: false }))];
  return h('div', {},
    h('p.verdict', {}, h('b', {}, by === 0 ? 'The cost stays the same' : by < 0 ? `${count(-by)} cheaper` : `${count(by)} dearer`), `: ${plural(gone.length, 'cut')} would go, ${plural(come.length, 'cut')} would come; all cuts together ${count(all)} → ${count(round(all + by))}. Transactions are not judged again here; the command does, and prints the pin that keeps it:`),
    h('div.snippet', {}, h('pre', { tabindex: 0, 'aria-label': 'Option of strangler analyze' }, command), copyButton(command)),
    rows.length > 0 && grid({ label: `Cuts if ${module} moved to ${to}`, noun: 'cut', rows, text: ({ what, from, to: other, goes }) => `${goes ? 'goes' : 'comes'} ${what} ${from} ${other}`, columns: [
      { title: 'What', kind: 'wide', cell: ({ what }) => h('span.what', {}, what), by: ({ what }) => what },
      { title: 'Then', cell: ({ goes }) => (goes ? chip('goes', 'goes') : chip('comes', 'comes')), by: ({ goes }) => (goes ? 0 : 1) },
      { title: 'Boundary', cell: ({ from, to: other }) => `${from} → ${other}`, by: ({ from, to: other }) => `${from} ${other}` },
      { title: 'Kind', cell: ({ kind }) => chip(KIND_WORDS.get(kind) ?? kind, kind), by: ({ kind }) => kind },
      { title: 'Where', kind: 'place', cell: ({ evidence }) => where(evidence), by: ({ evidence }) => evidence.file },
      { title: 'Cost', cell: ({ cost }) => count(cost), by: ({ cost }) => cost, numeric: true },
    ] }));
}
