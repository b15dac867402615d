import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { KINDS } from './kinds.ts';

/**
 * Draws the sites to label: `ANALYZER_CORPUS=DIR node analyzer/bench/labels/queries/draw.ts first|second|third`. It knows patterns and a seed, not the analyzer,
 * so that what the analyzer overlooks is as likely to be drawn as what it finds. Prints each site with its source; the label is written by hand.
 */
const [sample] = process.argv.slice(2);
const corpus = process.env['ANALYZER_CORPUS'];
if ((sample !== 'first' && sample !== 'second' && sample !== 'third') || corpus === undefined) throw new Error('usage: ANALYZER_CORPUS=DIR node draw.ts first|second|third');
const SEEDS = { first: 20260101, second: 20260202, third: 20260303 };

const LEFT_OUT = /(?:^|\/)(?:node_modules|dist|build|tests?|__tests__|__mocks__|specs?|e2e|migrations?|migration|seeds?|seeders?|fixtures|generated|test-utils|playwright)\/|[.-](?:test|spec|e2e|e2e-test|mock|d|stories)\.[cm]?[jt]sx?$|\.tsx$/;

const filesBelow = (directory: string): string[] => readdirSync(directory, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name)).map((entry) => join(entry.parentPath, entry.name)).sort();

/** mulberry32: small, seeded, the same everywhere. */
const dice = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};

const shuffled = <T>(items: readonly T[], random: () => number): T[] => {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
};

interface Site { readonly file: string; readonly from: number; readonly to: number; readonly source: string }

/** From the start to the end of the whole expression in which the match lies: a call chain and its arguments. */
const rangeAt = (file: ts.SourceFile, position: number): readonly [number, number] => {
  let node: ts.Node = file;
  for (let next: ts.Node | undefined = file; next !== undefined; next = ts.forEachChild(node, (child) => (child.getStart(file) <= position && position < child.end ? child : undefined))) node = next;
  let top = node;
  while (isPartOfChain(top)) top = top.parent;
  return [top.getStart(file), top.end];
};

/** The object of an access, the callee of a call, the tag or a part of a template: what is before the end of one expression. */
const isPartOfChain = (node: ts.Node): boolean => {
  const parent = node.parent as ts.Node | undefined;
  if (parent === undefined) return false;
  if (ts.isCallExpression(parent)) return parent.expression === node;
  return ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent) || ts.isNonNullExpression(parent) || ts.isAwaitExpression(parent)
    || ts.isTaggedTemplateExpression(parent) || ts.isTemplateExpression(parent) || ts.isTemplateSpan(parent) || ts.isParenthesizedExpression(parent);
};

const sitesIn = (root: string, file: string, pattern: RegExp): Site[] => {
  const source = readFileSync(join(root, file), 'utf8');
  const matches = [...source.matchAll(pattern)];
  if (matches.length === 0) return [];
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const found = new Map<number, Site>();
  for (const { index, 0: text } of matches) {
    const [start, end] = rangeAt(tree, index + (text.search(/\S/)));
    const line = (position: number): number => tree.getLineAndCharacterOfPosition(position).line + 1;
    found.set(start, { file, from: line(start), to: line(end), source: source.slice(start, end) });
  }
  return [...found.values()];
};

const drawnBefore = (system: string, file: string): boolean => {
  if (sample === 'first') return false;
  const first = readFileSync(new URL('./first.tsv', import.meta.url), 'utf8');
  return first.split('\n').some((line) => line.split('\t').slice(1, 3).join(' ') === `${system} ${file}`);
};

let number = 0;
for (const { kind, pattern, [sample]: systems = {} } of KINDS) {
  for (const [place, count] of Object.entries(systems)) {
    const [system = '', folder = ''] = place.split(':');
    const root = join(corpus, system);
    const files = filesBelow(join(root, folder)).map((path) => path.slice(root.length + 1)).filter((path) => !LEFT_OUT.test(path) && !drawnBefore(system, path));
    const sites = files.flatMap((file) => sitesIn(root, file, pattern));
    const random = dice(SEEDS[sample] + kind.length * 1000 + place.length);
    for (const site of shuffled(sites, random).slice(0, count).sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.from - b.from))) {
      number += 1;
      console.log(`#${String(number)}\t${kind}\t${system}\t${site.file}\t${String(site.from)}-${String(site.to)}\n${site.source.split('\n').slice(0, 40).map((line) => `    ${line.trim()}`).join('\n')}`);
    }
    console.error(`${kind} ${place}: ${String(Math.min(count, sites.length))} of ${String(sites.length)} candidates in ${String(files.length)} files`);
  }
}
