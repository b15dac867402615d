import { readFileSync } from 'node:fs';
import type { Analysis } from '../propose/analysis.ts';
import { contextMap } from './context-map.ts';
import { html, raw, type Markup } from './markup.ts';
import { contextSections, sharedSection } from './page-contexts.ts';
import { ownershipSection, endpointSection } from './page-data.ts';
import { cutSection, decisionSection, orderSection, sagaSection, unresolvedSection } from './page-plan.ts';
import { overviewSection } from './page-overview.ts';
import { contextId, hueRules } from './identity.ts';

/** Part of the program, not of anybody's project: read once, printed into every page. */
const style = readFileSync(new URL('./page/page.css', import.meta.url), 'utf8');
const script = readFileSync(new URL('./page/page.js', import.meta.url), 'utf8');

interface Chapter {
  readonly id: string;
  readonly title: string;
  readonly count?: number;
  readonly body: Markup;
}

/** One self-contained page: opens from disk, asks no network (its own policy forbids it), reads without scripts; scripts add search, keys and highlights. */
export function page(analysis: Analysis): string {
  const chapters = chaptersOf(analysis);
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<title>${analysis.model.name}: proposed contexts</title>
<style>${raw(style)}${raw(hueRules(analysis.contexts.map(({ name }) => name)))}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header class="top"><div class="brand"><span class="mark" aria-hidden="true"></span><div><strong>${analysis.model.name}</strong><small>proposed contexts</small></div></div>
<form class="search" role="search"><label for="search" class="hidden">Search modules, tables, endpoints, cuts</label><input id="search" type="search" placeholder="Search modules, tables, endpoints …" autocomplete="off" spellcheck="false"><kbd aria-hidden="true">/</kbd><output id="hits" for="search" aria-live="polite"></output></form></header>
<div class="frame">
<nav aria-label="Chapters"><ul class="chapters">${chapters.map(({ id, title, count }) => html`<li><a href="#${id}">${title}${count === undefined ? undefined : html`<span class="count">${count}</span>`}</a></li>`)}</ul>
<h2>Contexts</h2><ul class="contexts">${analysis.contexts.map(({ name, modules }) => html`<li data-search><a href="#${contextId(name)}" data-context="${name}">${name}<span class="count">${modules.length}</span></a></li>`)}</ul>
<p class="keys"><kbd>/</kbd> search <kbd>j</kbd> <kbd>k</kbd> next, previous context <kbd>Esc</kbd> clear</p></nav>
<main id="main" tabindex="-1">${chapters.map(({ id, title, body }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`)}</main>
</div>
<script>${raw(script)}</script>
</body>
</html>`.markup}\n`;
}

function chaptersOf(analysis: Analysis): Chapter[] {
  const { contexts, cuts, decisions, endpoints, model, order, sagas, tables } = analysis;
  const all: (Chapter & { readonly count?: number })[] = [
    { id: 'overview', title: 'Overview', body: overviewSection(analysis) },
    { id: 'map', title: 'Context map', body: html`<p class="lead">Arrows point from the context that needs to the one that is needed; the thicker, the more it costs to cut. Red: a transaction or a foreign write crosses. Select a context to see all of its arrows.</p><div class="scroll card" tabindex="0" role="region" aria-label="Context map">${contextMap(analysis)}</div><p class="twin">The same as a table: <a href="#cuts">cuts</a>.</p>` },
    { id: 'order', title: 'Order of extraction', body: orderSection(analysis) },
    { id: 'contexts', title: 'Contexts', count: contexts.length, body: html`${contextSections(analysis)}${sharedSection(analysis)}` },
    { id: 'tables', title: 'Table ownership', count: tables.length, body: ownershipSection(analysis) },
    { id: 'endpoints', title: 'Endpoints', count: endpoints.length, body: endpointSection(analysis) },
    { id: 'cuts', title: 'Cuts', count: cuts.length, body: cutSection(analysis) },
    { id: 'sagas', title: 'Sagas', count: sagas.length, body: sagaSection(analysis) },
    { id: 'decisions', title: 'Decisions for you', count: decisions.length, body: decisionSection(analysis) },
    { id: 'unresolved', title: 'Unresolved', count: model.unresolved.length, body: unresolvedSection(analysis) },
  ];
  return order.length === 0 ? all.filter(({ id }) => id !== 'order') : all;
}
