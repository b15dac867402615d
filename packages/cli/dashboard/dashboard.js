// The dashboard: reads the admin API and writes the page. It knows nothing else of the proxy, so it can be deleted without touching it.
import { api, forgetToken, rememberToken, Unauthorized } from './api.js';
import { auditItem, detailOf, finding, overviewLine, routeRow, summaryLine } from './view.js';

const REFRESH_MS = 2_000;
const find = (id) => document.getElementById(id);
let pending;

async function refresh() {
  clearTimeout(pending);
  try {
    const [status, audit] = await Promise.all([api.status(), api.audit(30)]);
    show(status, audit);
    find('sign-in').hidden = true;
    find('main').hidden = false;
    await showDetail();
  } catch (error) {
    if (error instanceof Unauthorized) return signIn(error.message);
    find('summary').textContent = `${error.message} What is shown may be old. Trying again …`;
  }
  pending = setTimeout(refresh, document.hidden ? REFRESH_MS * 10 : REFRESH_MS);
}

function show(status, audit) {
  find('summary').textContent = summaryLine(status);
  find('overview').textContent = overviewLine(status.routes);
  find('findings').replaceChildren(...status.findings.map(finding));
  replaceKeeping(find('route-rows'), status.routes.map((route) => routeRow(route, { isOpen: route.id === openRoute(), toggle, change })));
  find('audit').replaceChildren(...audit.toReversed().map(auditItem));
}

/** Swaps the rows that changed, one by one: the rest keeps its elements, the focused control its focus, an open detail its text. */
function replaceKeeping(list, rows) {
  const focused = document.activeElement?.dataset?.act;
  const current = [...list.children];
  if (current.length !== rows.length) list.replaceChildren(...rows);
  else for (const [index, row] of rows.entries()) {
    if (current[index].dataset.state === row.dataset.state) continue;
    row.querySelector('.detail').append(...current[index].querySelector('.detail').childNodes);
    current[index].replaceWith(row);
  }
  if (focused !== undefined && document.activeElement?.dataset?.act !== focused) list.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
}

const openRoute = () => new URLSearchParams(location.hash.slice(1)).get('route');

function toggle(route) {
  location.hash = openRoute() === route ? '' : `route=${encodeURIComponent(route)}`;
}

async function showDetail() {
  const route = openRoute();
  const panel = route === null ? null : find(`detail-${route}`);
  if (panel === null) return;
  const detail = await api.route(route);
  const state = JSON.stringify([detail.tally, detail.history.length]);
  if (panel.dataset.state === state && panel.childNodes.length > 0) return;
  panel.dataset.state = state;
  panel.replaceChildren(...detailOf(detail));
}

/** Dry first: the dialog shows the plan that the proxy itself made, or why it makes none. */
async function change(act, route) {
  const title = act === 'promote' ? 'Promote' : 'Roll back';
  find('change-error').textContent = '';
  find('why').value = '';
  find('by').value = sessionStorage.getItem('strangler-by') ?? '';
  try {
    const { plan } = await api.change(act, route, { by: 'dashboard', why: 'a plan' });
    find('change-title').textContent = `${title} ${route}`;
    find('change-moves').replaceChildren(...plan.moves.map((move) => Object.assign(document.createElement('li'), { textContent: move })));
    find('change-because').textContent = plan.because;
    find('change-undo').textContent = plan.undo;
    planned(undefined);
  } catch (refused) {
    if (refused instanceof Unauthorized) return signIn(refused.message);
    find('change-title').textContent = `${title} ${route}: not now`;
    planned(refused.message);
  }
  find('execute').onclick = (event) => {
    event.preventDefault();
    void execute(act, route);
  };
  find('change').showModal();
}

/** Shows either the plan or the refusal; a refusal leaves nothing to do but to close. */
function planned(refusal) {
  find('change-refusal').textContent = refusal ?? '';
  find('change-plan').hidden = refusal !== undefined;
  find('execute').hidden = refusal !== undefined;
  find('cancel').textContent = refusal === undefined ? 'Cancel' : 'Close';
}

async function execute(act, route) {
  const [why, by] = [find('why').value.trim(), find('by').value.trim()];
  if (why === '') {
    find('change-error').textContent = 'Say why: the audit keeps it.';
    find('why').focus();
    return;
  }
  sessionStorage.setItem('strangler-by', by);
  find('execute').disabled = true;
  try {
    await api.change(act, route, { by: by || 'dashboard', why, execute: true });
    find('change').close('done');
    await refresh();
  } catch (refused) {
    find('change-error').textContent = refused.message;
  } finally {
    find('execute').disabled = false;
  }
}

function signIn(message) {
  clearTimeout(pending);
  forgetToken();
  find('change').close();
  find('main').hidden = true;
  find('sign-in').hidden = false;
  find('sign-in-error').textContent = message;
  find('summary').textContent = '';
  find('token').focus();
}

find('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  rememberToken(find('token').value.trim());
  find('token').value = '';
  void refresh();
});
// No submit button: Enter in the reason means to do it, not to throw the reason away.
find('cancel').addEventListener('click', () => { find('change').close(); });
addEventListener('hashchange', () => void refresh());
document.addEventListener('visibilitychange', () => { if (!document.hidden) void refresh(); });
void refresh();
