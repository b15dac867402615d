import type { Analysis, EndpointPlan, TablePlan } from '../propose/analysis.ts';
import { tableId } from './identity.ts';
import { html, type Markup } from './markup.ts';
import { code, contextLink, table } from './page-parts.ts';

/** Steps of a sequence shown before the rest folds away. */
const STEPS = 10;

/** Who owns, writes and reads each table: a matrix, which is its own table twin. */
export function ownershipSection({ contexts, tables }: Analysis): Markup {
  if (tables.length === 0) return html`<p class="muted">No table was found.</p>`;
  const columns = contexts.map(({ name }) => name).filter((name) => tables.some((plan) => touches(plan, name)));
  return html`<p class="legend"><span class="mark-own">O</span> owns <span class="mark-write">W</span> writes <span class="mark-read">r</span> reads</p><div class="scroll card" tabindex="0" role="region" aria-label="Table ownership matrix"><table class="matrix"><thead><tr><th scope="col">Table</th>${columns.map((name) => html`<th scope="col"><span>${contextLink(name)}</span></th>`)}<th scope="col">Remedy</th></tr></thead><tbody>${tables.map((plan) => matrixRow(plan, columns))}</tbody></table></div>`;
}

const touches = ({ owner, writers, readers }: TablePlan, name: string): boolean => owner === name || [...writers, ...readers].some(({ context }) => context === name);

const matrixRow = (plan: TablePlan, columns: readonly string[]): Markup => html`<tr id="${tableId(plan.table)}" data-search><th scope="row">${code(plan.table)}</th>${columns.map((name) => html`<td>${marks(plan, name)}</td>`)}<td class="text">${remedy(plan)}</td></tr>`;

const marks = ({ owner, writers, readers }: TablePlan, name: string): Markup => html`${owner === name ? html`<span class="mark-own" title="${name} owns">O</span>` : undefined}${writers.some(({ context }) => context === name) ? html`<span class="mark-write${owner === name ? '' : ' foreign'}" title="${name} writes">W</span>` : undefined}${readers.some(({ context }) => context === name) ? html`<span class="mark-read" title="${name} reads">r</span>` : undefined}`;

function remedy({ role, split }: TablePlan): Markup {
  if (role === 'own') return html``;
  if (role === 'reference') return html`Reference data: replicate`;
  return html`Many writers: split its columns${split.length === 0 ? undefined : html` (${split.map(({ context, columns }) => `${context}: ${columns.join(', ')}`).join('; ')})`}`;
}

/** Every endpoint with the reads and writes a request performs, in order. */
export function endpointSection({ endpoints, tables }: Analysis): Markup {
  if (endpoints.length === 0) return html`<p class="muted">No endpoint was found.</p>`;
  const owner = new Map(tables.map(({ table: name, owner: its }) => [name, its]));
  const rows = [...endpoints].sort((a, b) => (a.trace.endpoint.path < b.trace.endpoint.path ? -1 : a.trace.endpoint.path > b.trace.endpoint.path ? 1 : a.id < b.id ? -1 : 1));
  return html`<p class="lead">Reads and writes in the order of the source, followed through the calls. Outlined: a table of another context.</p>${table('Endpoints', ['Endpoint', 'Context', 'Reads and writes', 'Where'], rows.map((plan) => endpointRow(plan, owner)))}`;
}

const endpointRow = (plan: EndpointPlan, owner: ReadonlyMap<string, string | undefined>): Markup => html`<tr data-search><th scope="row" class="endpoint"><span class="method ${plan.trace.endpoint.method.toLowerCase()}">${plan.trace.endpoint.method}</span> <code>${plan.trace.endpoint.path}</code></th><td>${contextLink(plan.context)}</td><td>${sequence(plan, owner)}</td><td><code class="where">${plan.trace.endpoint.evidence.file}:${plan.trace.endpoint.evidence.line}</code></td></tr>`;

function sequence({ context, trace }: EndpointPlan, owner: ReadonlyMap<string, string | undefined>): Markup {
  const steps = trace.steps.filter((step, i) => trace.steps[i - 1]?.table !== step.table || trace.steps[i - 1]?.mode !== step.mode);
  if (steps.length === 0) return html`<span class="muted">none seen</span>`;
  const chips = steps.map(({ table: name, mode, transaction, evidence }) => html`<li class="step ${mode}${owner.get(name) === context ? '' : ' foreign'}" title="${mode}s ${name} (${owner.get(name) ?? 'no owner'}) at ${evidence.file}:${evidence.line}${transaction === undefined ? '' : `, in transaction ${transaction}`}">${mode === 'write' ? 'W' : 'r'} ${name}${transaction === undefined ? undefined : html`<i title="in a transaction">tx</i>`}</li>`);
  return html`<ol class="sequence">${chips.slice(0, STEPS)}</ol>${chips.length <= STEPS ? undefined : html`<details class="plain"><summary>${chips.length - STEPS} more</summary><ol class="sequence" start="${STEPS + 1}">${chips.slice(STEPS)}</ol></details>`}`;
}

