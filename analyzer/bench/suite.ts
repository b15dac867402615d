import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** One measured figure, beside the peer's or the goal's where there is one. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same measure of what a user would take otherwise. */
  readonly peer: number | null;
  readonly ratio: number | null;
  readonly goal: number | null;
  readonly met: boolean | null;
  readonly runs: number;
}

/** Where the fetched checkouts lie, and how to say that one is missing: named once, never skipped in silence. */
export interface Corpus {
  readonly directory: string;
  /** The analyzed root of a system, or undefined after saying that it is missing. */
  readonly find: (system: { readonly name: string; readonly source: string; readonly directory: string; readonly root: string }) => string | undefined;
}

/** A part of the bench: `npm run bench:analyzer -- --only NAME` runs it alone. */
export interface Suite {
  readonly name: string;
  /** Brings its own data: needs no ANALYZER_CORPUS. */
  readonly standalone?: true;
  readonly rows: (corpus: Corpus) => Promise<readonly Row[]>;
}

export const corpusAt = (directory: string): Corpus => {
  const missed = new Set<string>();
  return {
    directory,
    find: ({ name, source, directory: below, root }) => {
      const path = join(directory, below, root);
      if (existsSync(path)) return path;
      if (!missed.has(below)) console.error(`${name}: missing. Check out ${source} as ${below}/ below ANALYZER_CORPUS.`);
      missed.add(below);
      return undefined;
    },
  };
};

interface Comparison {
  readonly unit?: string;
  readonly peer?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly runs?: number;
}

/** Rounds to thousandths and judges the rounded figure, so that what is printed is what was judged. */
export function row(name: string, exact: number, { unit = '', peer, atLeast, atMost, runs = 1 }: Comparison = {}): Row {
  const value = round(exact);
  return { name, value, unit, ...beside(exact, peer), ...judged(value, atLeast, atMost), runs };
}

const beside = (exact: number, peer: number | undefined): Pick<Row, 'peer' | 'ratio'> => (peer === undefined ? { peer: null, ratio: null } : { peer: round(peer), ratio: peer === 0 ? null : round(exact / peer) });

function judged(value: number, atLeast: number | undefined, atMost: number | undefined): Pick<Row, 'goal' | 'met'> {
  if (atLeast !== undefined) return { goal: round(atLeast), met: value >= round(atLeast) };
  return atMost === undefined ? { goal: null, met: null } : { goal: round(atMost), met: value <= round(atMost) };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** A text table; missed goals are named in the last column. */
export function table(rows: readonly Row[]): string {
  const text = (value: number | null): string => (value === null ? '' : String(value));
  const head = ['measure', 'value', 'peer', 'ratio', 'goal', ''];
  const cells = rows.map(({ name, value, unit, peer, ratio, goal, met }) => [name, `${String(value)}${unit === '' ? '' : ` ${unit}`}`, text(peer), text(ratio), text(goal), met === null ? '' : met ? 'met' : 'missed']);
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((line) => line[i]?.length ?? 0)));
  return [head, ...cells].map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd()).join('\n');
}
