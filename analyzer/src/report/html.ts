import type { Analysis } from '../propose/analysis.ts';
import { script, style } from './bundle.ts';
import { html, raw } from './markup.ts';
import { pack } from './pack.ts';
import { pageData } from './page-data.ts';

/** Nothing is fetched, only our own script runs, only our own style applies, and no text can become markup. */
const POLICY = `default-src 'none'; script-src '${script.hash}'; style-src '${style.hash}'; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;

/** One self-contained page: opens from disk, asks no network (its own policy forbids it), and draws each view from the packed data when somebody looks at it. */
export function page(analysis: Analysis): string {
  const { contexts, model, order: [first] } = analysis;
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${model.name}: proposed contexts</title>
<style>${raw(style.text)}</style>
</head>
<body>
<noscript><h1>${model.name}: ${contexts.length} proposed contexts</h1><p>${first === undefined ? '' : `Take ${first.context} out first: ${first.because}. `}This page draws its views with a script of its own. Without scripts, ask for <code>strangler analyze --format md</code>: it says the same.</p><ul>${contexts.map(({ name, modules, tables }) => html`<li>${name}: ${modules.length} modules, ${tables.length} tables</li>`)}</ul></noscript>
<script type="application/json" id="data">${raw(inScript(JSON.stringify(pack(pageData(analysis)))))}</script>
<script>${raw(script.text)}</script>
</body>
</html>`.markup}\n`;
}

/** JSON that no parser of HTML can leave early, whatever a module is called. */
const inScript = (json: string): string => json.replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
