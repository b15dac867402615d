import type { Difference, DifferenceKind } from './difference.ts';
import { observed, type Histogram } from './histogram.ts';
import { canonical, type Json } from './json.ts';

/** Why a comparison that was due did not take place. Counted, so that a gap in the evidence can be seen. */
export type SkipReason = 'too large' | 'busy' | 'streaming' | 'conditional' | 'incomplete' | 'control unavailable' | 'no sandbox';

/** What has been seen of one route since its candidate was last replaced. Plain data: it is written down as it is. */
export interface RouteTally {
  /** When counting began, ISO 8601. */
  readonly since: string;
  /** Pairs judged: `matched + mismatched`. */
  readonly samples: number;
  readonly matched: number;
  readonly mismatched: number;
  /** Pairs whose every difference was also one between two answers of the control: counted as matched. */
  readonly noise: number;
  /** Pairs whose every remaining difference was gone when both were asked again a moment later: replication lag, or a flicker. Counted as matched. */
  readonly settled: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** By pattern (`body:/items/*` and so on). */
  readonly paths: Readonly<Record<string, PathTally>>;
  readonly latency: { readonly control: Histogram; readonly candidate: Histogram };
}

export interface PathTally {
  /** Pairs that differed here, noise not counted. */
  readonly count: number;
  /** Pairs in which the control differed from itself here. */
  readonly noise: number;
  readonly kinds: Readonly<Partial<Record<DifferenceKind, number>>>;
  readonly examples: readonly Example[];
}

/** Both sides of one difference, as JSON text cut to 200 characters; the absent side is left out. */
export interface Example {
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly control?: string;
  readonly candidate?: string;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Patterns in which the control, asked again, differed from itself. */
  readonly noise: ReadonlySet<string>;
  /** Patterns in which both agreed when asked again a moment later. */
  readonly settled: ReadonlySet<string>;
  readonly latencyMs: { readonly control: number | undefined; readonly candidate: number | undefined };
}

const MAX_PATHS = 200;
const MAX_EXAMPLES = 3;
const MAX_TEXT = 200;

export const emptyTally = (since: string): RouteTally => ({ since, samples: 0, matched: 0, mismatched: 0, noise: 0, settled: 0, skipped: {}, paths: {}, latency: { control: {}, candidate: {} } });

export function tallied(tally: RouteTally, { differences, noise, settled, latencyMs }: Comparison): RouteTally {
  const lasting = differences.filter(({ pattern }) => !noise.has(pattern));
  const real = lasting.filter(({ pattern }) => !settled.has(pattern));
  const matched = real.length === 0;
  return {
    ...tally,
    samples: tally.samples + 1,
    matched: tally.matched + (matched ? 1 : 0),
    mismatched: tally.mismatched + (matched ? 0 : 1),
    noise: tally.noise + (lasting.length === 0 && differences.length > 0 ? 1 : 0),
    settled: tally.settled + (matched && lasting.length > 0 ? 1 : 0),
    paths: real.length === 0 && noise.size === 0 ? tally.paths : pathsWith(tally.paths, real, noise),
    latency: { control: withLatency(tally.latency.control, latencyMs.control), candidate: withLatency(tally.latency.candidate, latencyMs.candidate) },
  };
}

const withLatency = (histogram: Histogram, ms: number | undefined): Histogram => ms === undefined ? histogram : observed(histogram, ms);

export const skipped = (tally: RouteTally, reason: SkipReason): RouteTally => ({ ...tally, skipped: { ...tally.skipped, [reason]: (tally.skipped[reason] ?? 0) + 1 } });

function pathsWith(paths: RouteTally['paths'], real: readonly Difference[], noise: ReadonlySet<string>): RouteTally['paths'] {
  const next = new Map(Object.entries(paths));
  const byPattern = Map.groupBy(real, ({ pattern }) => cut(pattern));
  const noisy = new Set([...noise].map(cut));
  for (const pattern of new Set([...byPattern.keys(), ...noisy])) {
    if (!next.has(pattern) && next.size >= MAX_PATHS) continue;
    const known = next.get(pattern) ?? { count: 0, noise: 0, kinds: {}, examples: [] };
    next.set(pattern, noisy.has(pattern) && !byPattern.has(pattern) ? { ...known, noise: known.noise + 1 } : withDifferences(known, byPattern.get(pattern) ?? []));
  }
  return Object.fromEntries([...next].sort(([a], [b]) => a < b ? -1 : 1));
}

/** A pair counts once per pattern, however many array elements differ there. */
function withDifferences(known: PathTally, found: readonly Difference[]): PathTally {
  const kinds = { ...known.kinds };
  for (const kind of new Set(found.map((each) => each.kind))) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return { ...known, count: known.count + 1, kinds, examples: [...known.examples, ...found.map(example)].slice(0, MAX_EXAMPLES) };
}

const example = ({ path, kind, control, candidate }: Difference): Example => ({
  path: cut(path), kind, ...(control === undefined ? {} : { control: excerpt(control) }), ...(candidate === undefined ? {} : { candidate: excerpt(candidate) }),
});

const excerpt = (value: Json): string => cut(canonical(value));

/** Keys of a body can be as long as the body; what is kept of them is written down every second. */
const cut = (text: string): string => text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
