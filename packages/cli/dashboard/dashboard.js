// The dashboard: reads the admin API and writes the page. It knows nothing else of the proxy, so it can be deleted without touching it.
import { api, forgetToken, rememberToken, Unauthorized } from './api.js';
import { auditItem, detailPanel, finding, routeRow, summaryLine } from './view.js';

const REFRESH_MS = 2_000;
const by = 'dashboard';
const find = (id) => document.getElementById(id);
let pending;

async function refresh() {
  clearTimeout(pending);
  try {
    const [status, audit] = await Promise.all([api.status(), api.audit(30)]);
    show(status, audit);
    await showDetail();
    find('sign-in').hidden = true;
    find('main').hidden = false;
  } catch (error) {
    if (error instanceof Unauthorized) return signIn(error.message);
    find('summary').textContent = `${error.message} Trying again …`;
  }
  pending = setTimeout(refresh, document.hidden ? REFRESH_MS * 10 : REFRESH_MS);
}

function show(status, audit) {
  find('summary').textContent = summaryLine(status);
  find('findings').replaceChildren(...status.findings.map(finding));
  // Rows are kept while they live, so that focus and open menus survive a refresh.
  replaceKeeping(find('route-rows'), status.routes.map((route) => routeRow(route, { open, change })));
  find('audit').replaceChildren(...audit.toReversed().map(auditItem));
}

/** Swaps rows whose text changed only; the focused control keeps its focus. */
function replaceKeeping(body, rows) {
  const focused = document.activeElement?.dataset?.act;
  const key = (row) => row.dataset.state;
  const current = [...body.children];
  if (current.length === rows.length && rows.every((row, index) => key(row) === key(current[index]))) return;
  body.replaceChildren(...rows);
  if (focused !== undefined) body.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
}

function open(route) {
  location.hash = `route=${encodeURIComponent(route)}`;
}

async function showDetail() {
  const route = new URLSearchParams(location.hash.slice(1)).get('route');
  const panel = find('detail');
  panel.hidden = route === null;
  if (route === null) return;
  const [report] = await api.compare(route);
  if (report === undefined) return;
  const next = detailPanel(report, { close: () => { location.hash = ''; } });
  if (panel.dataset.state !== next.dataset.state) {
    panel.dataset.state = next.dataset.state;
    panel.replaceChildren(...next.children);
  }
}

/** Dry first: the dialog shows the plan that the proxy itself made, then asks why. */
async function change(act, route) {
  const dialog = find('change');
  const error = find('change-error');
  error.textContent = '';
  find('why').value = '';
  find('change-title').textContent = `${act === 'promote' ? 'Promote' : 'Roll back'} ${route}`;
  find('execute').disabled = false;
  try {
    const { plan } = await api.change(act, route, { by, why: 'a plan' });
    find('change-moves').replaceChildren(...plan.moves.map((move) => Object.assign(document.createElement('li'), { textContent: move })));
    find('change-because').textContent = plan.because;
    find('change-undo').textContent = plan.undo;
  } catch (refused) {
    find('change-moves').replaceChildren();
    find('change-because').textContent = '';
    find('change-undo').textContent = '–';
    error.textContent = refused.message;
    find('execute').disabled = true;
  }
  dialog.returnValue = '';
  dialog.showModal();
  dialog.onclose = null;
  find('execute').onclick = async (event) => {
    event.preventDefault();
    const why = find('why').value.trim();
    if (why === '') {
      error.textContent = 'Say why: the audit keeps it.';
      find('why').focus();
      return;
    }
    try {
      await api.change(act, route, { by, why, execute: true });
      dialog.close('done');
      await refresh();
    } catch (refused) {
      error.textContent = refused.message;
    }
  };
}

function signIn(message) {
  clearTimeout(pending);
  forgetToken();
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
addEventListener('hashchange', () => void refresh());
document.addEventListener('visibilitychange', () => { if (!document.hidden) void refresh(); });
void refresh();
