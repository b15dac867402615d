import { compareText } from '../model/evidence.ts';
import type { Author, CoChange, ModuleHistory, Unresolved } from '../model/graph.ts';
import { parseLog, type Commit } from './git-log.ts';

/** Larger commits are reformattings and renames, not changes of one thing: they tell neither what belongs together nor who knows it. */
const MOST_FILES = 30;
/** A commit counts half after so many days before the newest one: the clock of the machine plays no part. */
const HALF_LIFE_DAYS = 365;
const SECONDS_A_DAY = 86_400;
/** Authors kept per module. */
const MOST_AUTHORS = 5;

export interface ReadHistory {
  readonly coChanges: readonly CoChange[];
  readonly history: readonly ModuleHistory[];
  readonly unresolved: readonly Unresolved[];
}

/** Which modules change in the same commits, how often and by whom, by git's log; no git (undefined) is a finding, not an error. */
export const readHistory = (log: string | undefined, modules: ReadonlySet<string>): ReadHistory => {
  if (log === undefined) return { coChanges: [], history: [], unresolved: [finding('no git history can be read here: what changes together is not known')] };
  const commits = parseLog(log);
  const shallow = commits.some(({ grafted }) => grafted);
  return {
    coChanges: coChangesOf(commits, modules), history: historyOf(commits, modules),
    unresolved: shallow ? [finding(`a shallow clone of ${String(commits.length)} commits: what changed before them is not known`)] : [],
  };
};

const finding = (why: string): Unresolved => ({ kind: 'file', what: 'git log', why, evidence: { file: '.', line: 1 } });

/** Pairs of modules with the weight of their common commits, decayed by age relative to the newest commit. */
export const coChangesOf = (commits: readonly Commit[], modules: ReadonlySet<string>): CoChange[] => {
  const pairs = new Map<string, { a: string; b: string; weight: number; commits: number }>();
  for (const { weight, files } of telling(commits, modules)) {
    for (const [position, a] of files.entries()) for (const b of files.slice(position + 1)) count(pairs, a, b, weight);
  }
  return [...pairs.values()].map((pair) => ({ ...pair, weight: round(pair.weight) })).sort((x, y) => compareText(x.a, y.a) || compareText(x.b, y.b));
};

/** Churn and authors of each module. Bots change code; they do not know it, and are no authors. */
export const historyOf = (commits: readonly Commit[], modules: ReadonlySet<string>): ModuleHistory[] => {
  const past = new Map<string, { commits: number; churn: number; authors: Map<string, { commits: number; churn: number }> }>();
  for (const { weight, files, author } of telling(commits, modules)) {
    for (const file of files) {
      const one = past.get(file) ?? { commits: 0, churn: 0, authors: new Map<string, { commits: number; churn: number }>() };
      past.set(file, one);
      one.commits += 1;
      one.churn += weight;
      if (author === '' || BOT.test(author)) continue;
      const its = one.authors.get(author) ?? { commits: 0, churn: 0 };
      one.authors.set(author, { commits: its.commits + 1, churn: its.churn + weight });
    }
  }
  return [...past].map(([module, { commits: all, churn, authors }]) => ({ module, commits: all, churn: round(churn), authors: authorsOf(authors) })).sort((a, b) => compareText(a.module, b.module));
};

const BOT = /\[bot\]$|^(?:dependabot|renovate|snyk|greenkeeper|github[- ]actions?)\b/i;

function authorsOf(authors: ReadonlyMap<string, { readonly commits: number; readonly churn: number }>): Author[] {
  const all = [...authors.values()].reduce((total, { churn }) => total + churn, 0);
  return [...authors].map(([name, { commits, churn }]): Author => ({ name, commits, share: all === 0 ? 0 : Math.round((1000 * churn) / all) / 1000 }))
    .sort((a, b) => b.share - a.share || b.commits - a.commits || compareText(a.name, b.name)).slice(0, MOST_AUTHORS);
}

/** Commits that say something, with their weight and the modules they touched, sorted. */
function* telling(commits: readonly Commit[], modules: ReadonlySet<string>): Generator<{ weight: number; files: readonly string[]; author: string }> {
  const newest = commits.reduce((latest, { seconds }) => Math.max(latest, seconds), 0);
  for (const { seconds, files, author, grafted } of commits) {
    if (grafted || files.length > MOST_FILES) continue;
    yield { weight: 0.5 ** ((newest - seconds) / SECONDS_A_DAY / HALF_LIFE_DAYS), files: [...new Set(files.filter((file) => modules.has(file)))].sort(compareText), author };
  }
}

const count = (pairs: Map<string, { a: string; b: string; weight: number; commits: number }>, a: string, b: string, weight: number): void => {
  const key = `${a}\0${b}`;
  const pair = pairs.get(key) ?? { a, b, weight: 0, commits: 0 };
  pair.weight += weight;
  pair.commits += 1;
  pairs.set(key, pair);
};

const round = (value: number): number => Math.round(value * 1e6) / 1e6;
