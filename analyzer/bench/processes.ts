import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What one whole process took: from its start to its end, and the most memory it held. */
export interface Used {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

export type Program = (root: string, directory: string) => readonly string[];

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const binary = (name: string, path: string): string => join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), path);

/** The whole analysis: symbols, tables, clustering, every report. What it keeps for a next run is in the working directory. */
export const strangler: Program = (root, directory) => [here('../../packages/cli/bin/strangler.mjs'), 'analyze', root, '--out', join(directory, 'reports'), '--quiet'];
/** The import graph alone. */
export const madge: Program = (root) => [binary('madge', 'bin/cli.js'), '--json', '--no-spinner', '--extensions', 'ts,tsx,js,jsx', root];
export const dependencyCruiser: Program = (root) => [here('../../node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'), '-T', 'json', '--no-config', '--ts-pre-compilation-deps', root];

export const freshDirectory = (): string => mkdtempSync(join(tmpdir(), 'strangler-speed-'));

/** Runs a program to its end in a directory of its own, its output in a file there, for a pipe would be part of what is measured. */
export function run(program: Program, root: string): Used {
  const directory = freshDirectory();
  try {
    return runIn(directory, program, root);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The same in a directory that is kept: what the program leaves there is there for the next run. */
export function runIn(directory: string, program: Program, root: string): Used {
  const usage = join(directory, 'usage.json');
  const out = openSync(join(directory, 'output'), 'w');
  const begun = performance.now();
  const { status, signal } = spawnSync(process.execPath, ['--import', here('./usage.mjs'), ...program(root, directory)], { cwd: directory, stdio: ['ignore', out, 'ignore'], env: { ...process.env, USAGE_FILE: usage } });
  const wallSeconds = (performance.now() - begun) / 1000;
  closeSync(out);
  if (status !== 0) throw new Error(`${program(root, directory).join(' ')} ended with ${String(status ?? signal)}`);
  return { wallSeconds, ...JSON.parse(readFileSync(usage, 'utf8')) as Omit<Used, 'wallSeconds'> };
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
