import type { Analysis, ModulePath, ServiceCandidate } from '../propose/analysis.ts';
import { contextId, moduleId, tableId } from './identity.ts';
import { innerEdges, innerMap, type InnerEdges } from './inner-map.ts';
import { html, type Markup } from './markup.ts';
import { bar, code, contextLink, plural, reasons, swatch, table } from './page-parts.ts';

/** Calls shown under a module; the JSON has all. */
const CALLS = 30;

/** One folding card per context: why, tables, endpoints, modules; under each module its calls, symbol by symbol. */
export function contextSections(analysis: Analysis): Markup {
  const edges = innerEdges(analysis);
  const calls = callsByModule(analysis);
  return html`${analysis.contexts.map((context) => contextCard(context, edges, calls))}`;
}

const contextCard = (context: ServiceCandidate, edges: InnerEdges, calls: ReadonlyMap<ModulePath, readonly Markup[]>): Markup => html`<details class="card fold" id="${contextId(context.name)}" data-group><summary><h3>${swatch(context.name)}${context.name}${context.role === 'library' ? html`<span class="chip">library</span>` : undefined}</h3><span class="facts">${plural(context.modules.length, 'module')} · ${plural(context.tables.length, 'table')} · ${plural(context.endpoints.length, 'endpoint')} · confidence ${context.confidence.toFixed(2)}</span></summary>
${context.tables.length === 0 ? undefined : html`<p class="row"><b>Owns</b> ${context.tables.map((name) => html`<a class="chip" href="#${tableId(name)}">${name}</a> `)}</p>`}
${context.runnerUp === undefined ? undefined : html`<p class="row"><b>Leans on</b> ${contextLink(context.runnerUp.context)} <span class="muted">${Math.round(context.runnerUp.share * 100)} % of its outward evidence</span></p>`}
${context.why.length === 0 ? undefined : html`<h4>Why together</h4>${reasons(context.why)}`}
${context.endpoints.length === 0 ? undefined : html`<h4>Endpoints</h4><ul class="columns">${context.endpoints.map((id) => html`<li data-search>${code(id)}</li>`)}</ul>`}
<h4>Modules</h4>${innerMap(context, edges)}
${table(`Modules of ${context.name}`, ['Module', 'Confidence', 'Else', 'Calls'], context.members.map(({ module, confidence, runnerUp }) => html`<tr id="${moduleId(module)}" data-search><th scope="row">${code(module)}</th><td>${bar(confidence, `confidence ${confidence.toFixed(2)}`)} <span class="n">${confidence.toFixed(2)}</span></td><td>${runnerUp === undefined ? undefined : contextLink(runnerUp)}</td><td>${callList(calls.get(module) ?? [])}</td></tr>`))}</details>`;

const callList = (calls: readonly Markup[]): Markup => calls.length === 0 ? html`` : html`<details class="plain"><summary>${plural(calls.length, 'call')}</summary><ul>${calls.slice(0, CALLS)}${calls.length > CALLS ? html`<li class="muted">${calls.length - CALLS} more in the JSON report</li>` : undefined}</ul></details>`;

function callsByModule({ model }: Analysis): Map<ModulePath, Markup[]> {
  const calls = new Map<ModulePath, Markup[]>();
  for (const { from, to, evidence } of model.calls) {
    if (from.module === to.module) continue;
    const line = html`<li><code>${from.name}</code> → <code>${to.name}</code> <a href="#${moduleId(to.module)}">${to.module}</a> <span class="muted">line ${evidence.line}</span></li>`;
    const list = calls.get(from.module);
    if (list === undefined) calls.set(from.module, [line]);
    else list.push(line);
  }
  return calls;
}

export const sharedSection = ({ shared }: Analysis): Markup => html`<details class="card fold" id="shared" data-group><summary><h3><span class="swatch none" aria-hidden="true"></span>shared</h3><span class="facts">${plural(shared.modules.length, 'module')} that belong to no context</span></summary>
${shared.endpoints.length === 0 ? undefined : html`<p class="row"><b>Endpoints</b> ${shared.endpoints.map((id) => html`${code(id)} `)}</p>`}
${shared.tables.length === 0 ? undefined : html`<p class="row"><b>Tables nobody touches</b> ${shared.tables.map((name) => html`${code(name)} `)}</p>`}
${table('Shared modules', ['Module', 'Reason', 'Why'], shared.why.map(({ module, reason, why }) => html`<tr id="${moduleId(module)}" data-search><th scope="row">${code(module)}</th><td><span class="chip">${reason}</span></td><td>${why}</td></tr>`))}</details>`;
