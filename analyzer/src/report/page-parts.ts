import type { Evidence, Reason } from '../propose/analysis.ts';
import { contextId } from './identity.ts';
import { html, type Markup } from './markup.ts';

/** Small pieces that every chapter of the page uses. */
export const swatch = (name: string): Markup => html`<span class="swatch" data-hue="${contextId(name)}" aria-hidden="true"></span>`;
export const contextLink = (name: string | undefined): Markup => (name === undefined ? html`<span class="muted">shared</span>` : html`<a class="context" href="#${contextId(name)}">${swatch(name)}${name}</a>`);
export const where = ({ file, line }: Evidence): Markup => html`<code class="where">${file}:${line}</code>`;
export const code = (text: string): Markup => html`<code>${text}</code>`;
export const bar = (share: number, label: string): Markup => html`<span class="bar" role="img" aria-label="${label}"><span style="width:${String(Math.round(share * 100))}%"></span></span>`;
export const reasons = (all: readonly Reason[]): Markup => html`<ul class="reasons">${all.map(({ layer, a, says, evidence }) => html`<li><span class="chip">${LAYER_WORDS[layer]}</span> <code>${a}</code> ${says} ${evidence === undefined ? undefined : where(evidence)}</li>`)}</ul>`;
export const plural = (n: number, noun: string): string => `${String(n)} ${noun}${n === 1 ? '' : 's'}`;

const LAYER_WORDS: Readonly<Record<Reason['layer'], string>> = {
  transaction: 'transaction', write: 'write', endpoint: 'endpoint', call: 'call', import: 'import', foreignKey: 'foreign key', read: 'read', coChange: 'history', names: 'names', folders: 'folder', type: 'types',
};

/** Columns of numbers stand at the right, their titles too. */
const NUMERIC = new Set(['Modules', 'Lines', 'Tables', 'Endpoints', 'Stability', 'Agreement with the proposal (ARI)', 'Value ÷ cost', 'Churn %', 'Contention %', 'Endpoints %', 'Cost']);

/** A wide table scrolls in its own frame, reachable by keyboard. */
export const table = (label: string, head: readonly string[], rows: readonly Markup[], kind = ''): Markup => html`<div class="scroll card" tabindex="0" role="region" aria-label="${label}"><table class="${kind}"><thead><tr>${head.map((title) => html`<th scope="col" class="${NUMERIC.has(title) ? 'n' : ''}">${title}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
