import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { analyzeProcess, said, type Ended } from '../robust/process.ts';
import { manyFiles } from '../robust/many-files.ts';
import { BOOKSHOP, Tree } from '../robust/tree.ts';

/** Trees too large for every change: `node analyzer/test/nightly/large.ts [FILES] [COMMITS]` notes CPU time and memory of the whole process, and fails where the end is not a report. */
const [files = 50_000, commits = 100_000] = process.argv.slice(2).map(Number);
const SECONDS = 3600;

const failures: string[] = [];
const note = (what: string, { code, cpuSeconds, peakMb }: Ended, holds: boolean): void => {
  if (code !== 0 || !holds) failures.push(what);
  console.log(`${what}: exit ${String(code)}, ${String(cpuSeconds)} s of CPU, ${String(peakMb)} MB${code === 0 && holds ? '' : '  FAILED'}`);
};

{
  using tree = new Tree(manyFiles(files));
  const ended = await analyzeProcess([tree.path, '--json'], { seconds: SECONDS });
  note(`${String(files)} files`, ended, ended.code === 0 && said(ended).endpoints.length === Math.ceil(files / 10));
}
{
  using tree = new Tree(BOOKSHOP);
  await history(tree, commits);
  const ended = await analyzeProcess([tree.path, '--json'], { seconds: SECONDS });
  note(`${String(commits)} commits`, ended, ended.code === 0 && said(ended).findings.length === 0);
}
process.exit(failures.length === 0 ? 0 : 1);

/** So many commits, by way of `git fast-import`: each changes two of fifty files. */
async function history(tree: Tree, count: number): Promise<void> {
  await git(tree, ['init', '--quiet', '--initial-branch=main']);
  const importing = git(tree, ['fast-import', '--quiet'], (write) => {
    for (let i = 0; i < count; i += 1) {
      const change = (file: number): string => `M 100644 inline src/stock${String(file)}.ts\ndata ${String(String(i).length)}\n${String(i)}\n`;
      write(`commit refs/heads/main\ncommitter Clerk <clerk@bookshop.example> ${String(1_700_000_000 + i * 60)} +0000\ndata 1\nx\n${change(i % 50)}${change((i * 7 + 1) % 50)}\n`);
    }
  });
  await importing;
}

async function git(tree: Tree, args: readonly string[], feed: (write: (text: string) => void) => void = () => undefined): Promise<void> {
  const child = spawn('git', ['-C', tree.path, ...args], { stdio: ['pipe', 'inherit', 'inherit'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let batch: string[] = [];
  feed((text) => {
    batch.push(text);
    if (batch.length === 1000) {
      child.stdin.write(batch.join(''));
      batch = [];
    }
  });
  child.stdin.end(batch.join(''));
  const [code] = await closed;
  if (code !== 0) throw new Error(`git ${args[0] ?? ''} ended with ${String(code)}`);
}
