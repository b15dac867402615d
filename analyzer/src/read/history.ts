import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compareText } from '../model/evidence.ts';
import type { CoChange, Unresolved } from '../model/graph.ts';

const run = promisify(execFile);
/** Larger commits are reformattings and renames, not changes of one thing. */
const MOST_FILES = 30;
const MOST_COMMITS = 20_000;
/** A commit counts half after so many days before the newest one: the clock of the machine plays no part. */
const HALF_LIFE_DAYS = 365;
const SECONDS_A_DAY = 86_400;

export interface ReadHistory {
  readonly coChanges: readonly CoChange[];
  readonly unresolved: readonly Unresolved[];
}

interface Commit { readonly seconds: number; readonly files: readonly string[] }

/** Which modules change in the same commits, by git's log; no git is a finding, not an error. */
export const readHistory = async (root: string, modules: ReadonlySet<string>): Promise<ReadHistory> => {
  const log = await gitLog(root);
  if (log === undefined) return { coChanges: [], unresolved: [{ kind: 'file', what: 'git log', why: 'no git history can be read here: what changes together is not known', evidence: { file: '.', line: 1 } }] };
  return { coChanges: coChangesOf(parseLog(log), modules), unresolved: [] };
};

const gitLog = async (root: string): Promise<string | undefined> => {
  try {
    const { stdout } = await run('git', ['-C', root, '-c', 'core.quotepath=off', 'log', '--no-merges', '--name-only', '--relative', '--no-renames', '--format=%x01%ct', `-n${String(MOST_COMMITS)}`, '--', '.'], { maxBuffer: 1 << 29 });
    return stdout;
  } catch {
    return undefined;
  }
};

export const parseLog = (log: string): Commit[] => log.split('\u0001').slice(1).map((entry) => {
  const [seconds = '0', ...files] = entry.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  return { seconds: Number(seconds), files };
});

/** Pairs of modules with the weight of their common commits, decayed by age relative to the newest commit. */
export const coChangesOf = (commits: readonly Commit[], modules: ReadonlySet<string>): CoChange[] => {
  const newest = commits.reduce((latest, { seconds }) => Math.max(latest, seconds), 0);
  const pairs = new Map<string, { a: string; b: string; weight: number; commits: number }>();
  for (const { seconds, files } of commits) {
    if (files.length > MOST_FILES) continue;
    const weight = 0.5 ** ((newest - seconds) / SECONDS_A_DAY / HALF_LIFE_DAYS);
    const known = [...new Set(files.filter((file) => modules.has(file)))].sort(compareText);
    for (const [position, a] of known.entries()) for (const b of known.slice(position + 1)) count(pairs, a, b, weight);
  }
  return [...pairs.values()].map((pair) => ({ ...pair, weight: Math.round(pair.weight * 1e6) / 1e6 })).sort((x, y) => compareText(x.a, y.a) || compareText(x.b, y.b));
};

const count = (pairs: Map<string, { a: string; b: string; weight: number; commits: number }>, a: string, b: string, weight: number): void => {
  const key = `${a}\0${b}`;
  const pair = pairs.get(key) ?? { a, b, weight: 0, commits: 0 };
  pair.weight += weight;
  pair.commits += 1;
  pairs.set(key, pair);
};
