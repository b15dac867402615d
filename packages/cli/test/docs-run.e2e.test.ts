import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const documents = ['README.md', ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).sort().map((name) => join('docs', name))];

interface Block {
  /** `README.md:71`: where the reader finds it. */
  readonly at: string;
  readonly commands: string;
  /** What the next block shows; undefined when the document shows nothing. A line `…` stands for any number of lines. */
  readonly output: string | undefined;
}

/** Fenced blocks tagged `sh test`; an untagged block that follows at once is their output. */
function blocks(document: string): Block[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/^```sh test\n([\s\S]*?)^```\n(?:\n```\n([\s\S]*?)^```$)?/gm)].map((match) => ({
    at: `${document}:${String(text.slice(0, match.index).split('\n').length)}`, commands: match[1] ?? '', output: match[2],
  }));
}

/** In the repository's root, with the Node that runs this test, as a reader of the document would. */
async function run(commands: string): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', commands], {
    cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { HOME: process.env['HOME'] ?? '', PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter) },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString(); });
  const [code] = await once(child, 'close') as [number | null];
  return { code, out, err };
}

/** The text as a pattern: exact but for trailing blanks and lines that are only `…`. */
function pattern(output: string): RegExp {
  const lines = output.trimEnd().split('\n').map((line) => (line.trim() === '…' ? '(?:.*\\n)*?' : `${line.trimEnd().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[ \\t]*\\n`));
  return new RegExp(`^${lines.join('')}$`);
}

const all = documents.flatMap(blocks);

test('the README has commands that are tried here', () => {
  expect(all.filter(({ at }) => at.startsWith('README.md')).length).toBeGreaterThan(0);
});

test.each(all.map((block) => [block.at, block] as const))('%s runs, and prints what it shows', async (_at, { commands, output }) => {
  const { code, out, err } = await run(commands);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  if (output === undefined || pattern(output).test(`${out.trimEnd()}\n`)) return;
  // The same as text, so that the difference can be read.
  expect(out.trimEnd()).toBe(output.trimEnd());
}, 60_000);
