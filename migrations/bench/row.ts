/** One line of the result, of the same shape in every bench of this repository. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is measured against, in the same run, with its own figure; null where the goal is absolute. */
  readonly peer: string | null;
  /** Ours ÷ the peer's. */
  readonly ratio: number | null;
  readonly goal: string | null;
  readonly met: boolean | null;
  /** Ours, each run, in order. */
  readonly runs: readonly number[];
}

export type Goal = { readonly atLeast: number } | { readonly atMost: number };

export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly runs: readonly number[];
  readonly peer?: { readonly name: string; readonly runs: readonly number[] };
  /** In `unit`. */
  readonly goal?: Goal;
  /** For the ratio of the medians. */
  readonly ratioGoal?: Goal;
}

export function rowOf({ name, unit, runs, peer, goal, ratioGoal }: Measured): Row {
  const value = median(runs);
  const shown = { name, value: round(value), unit, runs: runs.map(round) };
  if (peer === undefined) return { ...shown, peer: null, ratio: null, ...judged(value, goal, unit) };
  const theirs = median(peer.runs);
  const ratio = value / theirs;
  return { ...shown, peer: `${peer.name}: ${String(round(theirs))}`, ratio: Number(ratio.toFixed(2)), ...(goal === undefined ? judged(ratio, ratioGoal, '×') : judged(value, goal, unit)) };
}

/** The mean by which ratios are combined: twice as fast in one cell makes good for half as fast in another. */
export function geometricMean(name: string, rows: readonly Row[], goal: Goal): Row {
  const ratios = rows.map(({ ratio }) => ratio ?? Number.NaN);
  const value = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  return { name, value: Number(value.toFixed(2)), unit: '×', peer: null, ratio: Number(value.toFixed(2)), ...judged(value, goal, '×'), runs: ratios };
}

function judged(value: number, goal: Goal | undefined, unit: string): Pick<Row, 'goal' | 'met'> {
  if (goal === undefined) return { goal: null, met: null };
  return 'atLeast' in goal ? { goal: `≥ ${goal.atLeast.toLocaleString('en')} ${unit}`, met: value >= goal.atLeast } : { goal: `≤ ${goal.atMost.toLocaleString('en')} ${unit}`, met: value <= goal.atMost };
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The smallest value that at least the share `q` of them do not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN;
}

const round = (value: number): number => value >= 1_000 ? Math.round(value) : Math.round(value * 100) / 100;
