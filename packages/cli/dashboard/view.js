// Values to elements. Everything that came from outside is set as text, never as markup.
import { notation } from './api.js';

const LADDER = ['monolith', 'shadow', 'canary', 'service', 'retired'];

export function element(tag, properties = {}, ...children) {
  const { dataset = {}, aria = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, dataset);
  for (const [name, value] of Object.entries(aria)) made.setAttribute(`aria-${name}`, value);
  made.append(...children);
  return made;
}

const quiet = (textContent) => element('span', { className: 'quiet', textContent });
const code = (textContent) => element('code', { textContent });
const tag = (kind, textContent) => element('span', { className: `tag ${kind}`, textContent });
const count = (number) => number.toLocaleString('en');
const percent = (rate) => `${String(Number((rate * 100).toPrecision(2)))} %`;
const total = (requests) => (requests.monolith ?? 0) + (requests.service ?? 0);
const clock = (at) => new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

export function summaryLine({ requests, fences, services, proxy }) {
  const open = Object.entries(services).filter(([, { breaker }]) => breaker !== 'closed').map(([name]) => name);
  return [
    proxy.url, `${count(total(requests))} requests`, `${count(requests.failed)} failed`,
    ...fences.map(({ tables, heldRequests }) => `fence on ${tables.join(', ')}: ${count(heldRequests)} writes wait`),
    ...open.map((name) => `${name} is left alone (breaker open)`),
  ].join(' · ');
}

/** `2 at the monolith, 1 in shadow; 1 ready, 1 blocked`: the whole migration in one line. */
export function overviewLine(routes) {
  const where = { monolith: 'at the monolith', shadow: 'in shadow', canary: 'in canary', service: 'at the service', retired: 'retired' };
  const at = LADDER.map((stage) => [stage, routes.filter(({ stageName }) => stageName === stage).length]).filter(([, number]) => number > 0).map(([stage, number]) => `${count(number)} ${where[stage]}`);
  const states = ['ready', 'not yet', 'blocked'].map((label) => [label, routes.filter((route) => outlook(route).label === label).length]).filter(([, number]) => number > 0).map(([label, number]) => `${count(number)} ${label}`);
  return `${at.join(', ')}${states.length === 0 ? '' : `; ${states.join(', ')}`}.`;
}

export const finding = ({ severity, code: name, message, remedy }) => element('p', {}, tag(severity, name), ` ${message} `, quiet(remedy ?? ''));

/** Whether a route can take its next step, and why. The proxy judges again when it is asked; this is its evidence in words. */
export function outlook({ write, stageName, evidence, writes }) {
  if (stageName === 'retired') return { kind: 'plain', label: 'done', because: 'The monolith\'s code for it can go.' };
  if (stageName === 'service') return { kind: 'plain', label: 'moved', because: write ? 'Back only with its whole write set: strangler cutover … --back.' : 'Retire it once nobody needs the way back.' };
  if (write) return { kind: 'plain', label: 'by cut-over', because: `Writes ${writes.join(', ')}: all routes that do move together, with strangler cutover.` };
  if (stageName === 'monolith') return { kind: 'enough', label: 'ready', because: 'A shadow changes no answer.' };
  const [kind, label] = { enough: ['enough', 'ready'], insufficient: ['insufficient', 'not yet'], failed: ['failed', 'blocked'] }[evidence.verdict];
  return { kind, label, because: evidence.because };
}

function ladder({ stage, stageName }) {
  const reached = LADDER.indexOf(stageName);
  return element('ol', { className: 'ladder', aria: { label: `Stage: ${notation(stage)}` } }, ...LADDER.map((name, index) => element('li', {
    className: index < reached ? 'passed' : index === reached ? 'here' : '', textContent: index === reached ? notation(stage) : name, ...(index === reached ? { aria: { current: 'step' } } : {}),
  })));
}

export function routeRow(route, { isOpen, toggle, change }) {
  const { id, match, stageName, requests, write } = route;
  const { kind, label, because } = outlook(route);
  const name = element('button', { className: 'name', textContent: id, dataset: { act: `open ${id}` }, aria: { expanded: String(isOpen), controls: `detail-${id}` } });
  name.addEventListener('click', () => { toggle(id); });
  const button = (act, text, className) => {
    const made = element('button', { textContent: text, className, dataset: { act: `${act} ${id}` }, aria: { label: `${text} ${id}` } });
    made.addEventListener('click', () => void change(act, id));
    return made;
  };
  const shown = total(requests);
  return element('li', { className: 'route', dataset: { route: id, state: JSON.stringify([route.stage, route.since, route.drift, route.evidence, requests, isOpen]) } },
    element('div', { className: 'what' }, name, code(match)),
    element('div', { className: 'where' }, ladder(route), ...(route.drift ? [quiet(`The config starts it at ${notation(route.configured)}; ${route.by} moved it at ${clock(route.since)}: ${route.why}`)] : [])),
    element('div', { className: 'why' }, tag(kind, label), ' ', quiet(because)),
    element('div', { className: 'traffic quiet' }, shown === 0 ? 'no requests yet' : `${count(shown)} requests, ${percent((requests.service ?? 0) / shown)} by the service`,
      ...(requests.failed > 0 ? [element('strong', { className: 'stop', textContent: ` ${count(requests.failed)} failed` })] : []), ...(requests.fellBack > 0 ? [` ${count(requests.fellBack)} fell back`] : [])),
    element('div', { className: 'buttons' }, ...(write || stageName === 'retired' ? [] : [button('promote', 'Promote', kind === 'enough' ? 'act' : '')]), ...(write || stageName === 'monolith' ? [] : [button('rollback', 'Roll back', '')])),
    element('div', { className: 'detail', id: `detail-${id}`, hidden: !isOpen }));
}

/** How the answers of one route compare: the figures, what differs with both sides, what could not be compared, what happened to it. */
export function detailOf({ evidence, tally, history }) {
  const { control, candidate } = evidence.medianMs;
  const figures = [
    `${count(evidence.samples)} pairs compared since ${clock(evidence.since)}`, `${count(evidence.mismatched)} differ`,
    ...(evidence.samples === 0 ? [] : [`the true rate is at most ${percent(evidence.mismatchRateAtMost)} (95 %)`]),
    ...(tally.noise > 0 ? [`${count(tally.noise)} where the monolith differs from itself`] : []), ...(evidence.settled > 0 ? [`${count(evidence.settled)} agreed only when asked again`] : []),
    ...(control == null || candidate == null ? [] : [`median ${control.toFixed(1)} ms at the monolith, ${candidate.toFixed(1)} ms at the service`]),
  ];
  const skipped = Object.entries(tally.skipped).map(([reason, number]) => `${count(number)} ${reason}`);
  const paths = Object.entries(tally.paths).filter(([, path]) => path.count > 0).sort(([, a], [, b]) => b.count - a.count);
  return [
    element('p', { textContent: `${figures.join(' · ')}.` }),
    ...(skipped.length === 0 ? [] : [element('p', { className: 'quiet', textContent: `Not compared: ${skipped.join(', ')}.` })]),
    ...paths.map(differing),
    ...(paths.length === 0 ? [element('p', { className: 'quiet', textContent: evidence.samples === 0 ? 'Nothing has been compared yet.' : 'No answer differed.' })] : []),
    ...(history.length === 0 ? [] : [element('ol', { className: 'audit', ariaLabel: 'What happened to this route' }, ...history.toReversed().slice(0, 5).map(auditItem))]),
  ];
}

function differing([path, { count: times, examples }]) {
  const known = new Map(examples.map((example) => [JSON.stringify([example.control, example.candidate]), example]));
  return element('section', { className: 'differing' },
    element('h3', {}, code(path), quiet(` differs in ${count(times)} pairs`)),
    element('div', { className: 'scroll' }, element('table', {},
      element('thead', {}, element('tr', {}, ...['monolith', 'service', 'such as at'].map((text) => element('th', { scope: 'col', textContent: text })))),
      element('tbody', {}, ...[...known.values()].map(({ path: at, control, candidate }) => element('tr', {}, element('td', {}, code(control ?? '(absent)')), element('td', {}, code(candidate ?? '(absent)')), element('td', {}, code(at))))))));
}

export function auditItem({ at, act, by, why, changes }) {
  const moves = changes.filter(({ from, to }) => notation(from) !== notation(to)).map(({ route, from, to }) => `${route} ${notation(from)} → ${notation(to)}`).join(', ');
  return element('li', {}, element('time', { dateTime: at, className: 'quiet', textContent: clock(at), title: at }), ` ${act} by ${by}${moves === '' ? '' : `: ${moves}`}. `, quiet(why));
}
