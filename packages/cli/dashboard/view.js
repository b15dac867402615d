// Values to elements. Everything that came from outside is set as text, never as markup.
import { notation } from './api.js';

const LADDER = ['monolith', 'shadow', 'canary', 'service', 'retired'];

function element(tag, properties = {}, ...children) {
  const { dataset = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

const count = (number) => number.toLocaleString('en');
const percent = (rate) => `${String(Number((rate * 100).toPrecision(2)))} %`;
const total = (requests) => (requests.monolith ?? 0) + (requests.service ?? 0);

export function summaryLine({ requests, epoch, fences, services }) {
  const open = Object.entries(services).filter(([, { breaker }]) => breaker !== 'closed').map(([name]) => name);
  return [
    `${count(total(requests))} requests`, `${count(requests.failed)} failed`, `epoch ${String(epoch)}`,
    ...(fences.length === 0 ? [] : [`${String(fences.length)} write fence up`]),
    ...(open.length === 0 ? [] : [`breaker open: ${open.join(', ')}`]),
  ].join(' · ');
}

export const finding = ({ severity, code, message, remedy }) => element('p', {},
  element('span', { className: `tag ${severity}`, textContent: code }), ` ${message} `, element('span', { className: 'quiet', textContent: remedy ?? '' }));

export function routeRow(route, { open, change }) {
  const { id, match, stage, stageName, evidence, requests, write, writes } = route;
  const reached = LADDER.indexOf(stageName);
  const ladder = element('div', { className: 'ladder', ariaHidden: 'true' }, ...LADDER.map((_, index) => element('i', { className: index <= reached ? 'reached' : '' })));
  const name = element('button', { className: 'name', textContent: id, title: 'How the answers compare', dataset: { act: `open ${id}` } });
  name.addEventListener('click', () => { open(id); });
  const button = (act, label, disabled) => {
    const made = element('button', { textContent: label, disabled, className: act === 'promote' ? 'act' : '', ariaLabel: `${label} ${id}`, dataset: { act: `${act} ${id}` } });
    made.addEventListener('click', () => void change(act, id));
    return made;
  };
  return element('tr', { dataset: { state: JSON.stringify([id, stage, evidence.verdict, evidence.samples, evidence.mismatched, requests]) } },
    element('td', {}, name, element('br'), element('code', { textContent: match })),
    element('td', {}, notation(stage), ladder, ...(route.drift ? [element('span', { className: 'quiet', textContent: `config: ${notation(route.configured)}` })] : [])),
    element('td', {}, ...(write
      ? [element('span', { className: 'quiet', textContent: `writes ${writes.join(', ')}: moves by cut-over` })]
      : [element('span', { className: `tag ${evidence.verdict}`, textContent: evidence.verdict }), element('br'), element('span', { className: 'quiet', textContent: evidence.because })])),
    element('td', { className: 'number' }, count(total(requests)), element('br'), element('span', { className: 'quiet', textContent: `${count(requests.service ?? 0)} by the service` })),
    element('td', {}, element('div', { className: 'buttons' }, button('promote', 'Promote', write || stageName === 'retired'), button('rollback', 'Roll back', write || stageName === 'monolith'))));
}

export function detailPanel({ route, evidence, tally }, { close }) {
  const panel = element('section', { dataset: { state: JSON.stringify([route, evidence.samples, evidence.mismatched, tally.skipped]) } });
  const closer = element('button', { textContent: 'Close' });
  closer.addEventListener('click', close);
  const { control, candidate } = evidence.medianMs;
  const figures = [
    `${count(evidence.samples)} pairs`, `${count(evidence.mismatched)} differ`, `at most ${percent(evidence.mismatchRateAtMost)} with 95 % confidence`,
    ...(control == null || candidate == null ? [] : [`median ${control.toFixed(1)} ms at the monolith, ${candidate.toFixed(1)} ms at the service`]),
  ];
  const paths = Object.entries(tally.paths).filter(([, path]) => path.count > 0).sort(([, a], [, b]) => b.count - a.count);
  panel.append(
    element('h2', { textContent: `How the answers of ${route} compare` }),
    element('p', {}, element('span', { className: `tag ${evidence.verdict}`, textContent: evidence.verdict }), ` ${figures.join(' · ')}`),
    ...paths.flatMap(([path, { count: times, examples }]) => [
      element('h3', {}, element('code', { textContent: path }), ` ${count(times)} ×`),
      ...examples.map(difference),
    ]),
    ...(paths.length === 0 ? [element('p', { className: 'quiet', textContent: evidence.samples === 0 ? 'Nothing has been compared yet.' : 'No answer differed.' })] : []),
    closer);
  return panel;
}

const difference = ({ path, control, candidate }) => element('dl', { className: 'difference' },
  element('dt', { textContent: 'at' }), element('dd', {}, element('code', { textContent: path })),
  element('dt', { textContent: 'monolith' }), element('dd', {}, element('code', { textContent: control ?? '(absent)' })),
  element('dt', { textContent: 'service' }), element('dd', {}, element('code', { textContent: candidate ?? '(absent)' })));

export function auditItem({ at, act, by, why, changes }) {
  const moves = changes.map(({ route, from, to }) => `${route} ${notation(from)} → ${notation(to)}`).join(', ');
  return element('li', {}, element('time', { dateTime: at, className: 'quiet', textContent: new Date(at).toLocaleTimeString() }), ` ${act} by ${by}: ${moves || 'all routes'}. `, element('span', { className: 'quiet', textContent: why }));
}
