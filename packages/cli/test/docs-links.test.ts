import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');
const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((name) => join(ROOT, name)),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => join(ROOT, 'docs', name)),
];

test('every link from one document to a file leads somewhere', () => {
  const links = documents.flatMap((file) => linksOf(readFileSync(file, 'utf8')).map((to) => ({ from: relative(ROOT, file), to, at: join(dirname(file), to) })));
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter(({ at }) => !existsSync(at)).map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

test('every error code that a document names is one of docs/errors.md', () => {
  const known = new Set([...readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').matchAll(/^\| `(STR_\w+)` \|/gm)].map(([, code]) => code));
  const named = documents.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/STR_[A-Z][A-Z_]*[A-Z]/g)].map(([code]) => `${relative(ROOT, file)}: ${code}`));
  expect(named.filter((each) => !known.has(each.split(': ')[1]))).toEqual([]);
});

/** Targets of Markdown links and of images in HTML; addresses and anchors of the same page are not files. */
function linksOf(markdown: string): string[] {
  const targets = [...markdown.matchAll(/\]\(([^)\s]+)\)|<img src="([^"]+)"/g)].map(([, link, image]) => link ?? image ?? '');
  return targets.filter((target) => !/^(https?:|#|mailto:)/.test(target)).map((target) => target.split('#')[0] ?? target);
}
