import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The page's script and style are part of the program, not of anybody's project: real files, read once, printed into every report. */
const SCRIPTS = ['unpack', 'dom', 'route', 'facts', 'parts', 'grid', 'layered', 'graph', 'search', 'overview', 'cuts', 'map-inside', 'map', 'contexts', 'move', 'what-if', 'modules', 'tables', 'endpoints', 'plan', 'decisions', 'unresolved', 'keys', 'main'];
const STYLES = ['base', 'frame', 'parts', 'map', 'views', 'small'];

export interface Asset {
  readonly text: string;
  /** For the page's own policy: nothing but this very text may run. */
  readonly hash: string;
}

const read = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');

/**
 * Modules as one script that needs no loader, for a file has none to ask: each becomes a function that returns what it exports. They come in order of need; types live in comments, which stay behind.
 * @example joinScripts([['dom', 'export const h = …'], ['map', "import { h } from './dom.js';\n…"]])
 */
export const joinScripts = (files: readonly (readonly [name: string, text: string])[]): string => `'use strict';\n(() => {\n${files.map(([name, text]) => wrap(name, text)).join('')}})();\n`;

function wrap(name: string, text: string): string {
  const exported = [...text.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, it]) => it);
  const body = text.replace(/^\s*\/\*\*[^]*?\*\/\n/gm, '').replace(/^import (\{[^;]*\}) from '\.\/([\w-]+)\.js';$/gm, (_all, names: string, from: string) => `const ${names.replaceAll(' as ', ': ')} = ${identifier(from)};`).replace(/^export /gm, '');
  return `const ${identifier(name)} = (() => {\n${body}return { ${exported.join(', ')} };\n})();\n`;
}

const identifier = (name: string): string => `$${name.replaceAll('-', '_')}`;

const asset = (text: string): Asset => ({ text, hash: `sha256-${createHash('sha256').update(text).digest('base64')}` });

export const script = asset(joinScripts(SCRIPTS.map((name) => [name, read(`${name}.js`)])));
export const style = asset(STYLES.map((name) => read(`${name}.css`)).join(''));
