import { compareText } from '../../model/evidence.ts';
import type { EndpointFact, EndpointVolume, ObservedAccess, Traffic, TrafficSource, UnmatchedRequests } from '../../model/graph.ts';
import { Matcher, type Request } from './match.ts';

/** Distinct paths kept that no endpoint answers, and of those the most frequent that are reported. */
const KEPT = 10_000;
const LISTED = 100;
const SECONDS_A_DAY = 86_400;
const A_MINUTE = 60;

/** One file's share of the counting. */
export class SourceTally {
  readonly kind: TrafficSource['kind'];
  readonly file: string;
  readonly requests = new Map<string, number>();
  readonly unmatched = new Map<string, number>();
  matched = 0;
  missed = 0;
  bad = 0;
  firstBad: number | undefined;
  from = Infinity;
  to = -Infinity;
  readonly #matcher: Matcher;

  constructor(kind: TrafficSource['kind'], file: string, matcher: Matcher) {
    this.kind = kind;
    this.file = file;
    this.#matcher = matcher;
  }

  /** Counts a request; says which endpoint answers it. */
  count(request: Request, seconds: number | undefined): string | undefined {
    if (seconds !== undefined) {
      this.from = Math.min(this.from, seconds);
      this.to = Math.max(this.to, seconds);
    }
    const endpoint = this.#matcher.find(request);
    if (endpoint === undefined) {
      this.missed += 1;
      const asked = `${request.method} ${withoutIds(request.path)}`;
      if (this.unmatched.has(asked) || this.unmatched.size < KEPT) this.unmatched.set(asked, (this.unmatched.get(asked) ?? 0) + 1);
    } else {
      this.matched += 1;
      this.requests.set(endpoint, (this.requests.get(endpoint) ?? 0) + 1);
    }
    return endpoint;
  }

  refuse(line: number): void {
    this.bad += 1;
    this.firstBad ??= line;
  }

  get source(): TrafficSource {
    return { file: this.file, kind: this.kind, requests: this.matched + this.missed, matched: this.matched, bad: this.bad, seconds: this.to > this.from ? Math.round(this.to - this.from) : 0 };
  }
}

export const matcherOf = (endpoints: readonly EndpointFact[]): Matcher => new Matcher(endpoints);

/**
 * All sources as one picture. Traces are often sampled, logs are not: where there is an access log, requests are counted from access logs only, and traces tell which tables were touched.
 */
export function trafficOf(tallies: readonly SourceTally[], accesses: ReadonlyMap<string, number>): Traffic {
  const logs = tallies.filter(({ kind }) => kind === 'access log');
  const counted = logs.length > 0 ? logs : tallies;
  const requests = summed(counted.map((tally) => tally.requests));
  const all = [...requests.values()].reduce((total, n) => total + n, 0);
  const days = covered(counted) / SECONDS_A_DAY;
  return {
    sources: tallies.map(({ source }) => source).sort((a, b) => compareText(a.kind, b.kind) || compareText(a.file, b.file)),
    endpoints: ranked(requests).map(([endpoint, n]): EndpointVolume => ({ endpoint, requests: n, share: Math.round((1e6 * n) / all) / 1e6, ...(days * SECONDS_A_DAY < A_MINUTE ? {} : { perDay: Math.round((10 * n) / days) / 10 }) })),
    accesses: [...accesses].map(([key, times]): ObservedAccess => {
      const [endpoint = '', table = '', mode = ''] = key.split('\n');
      return { endpoint, table, mode: mode === 'write' ? 'write' : 'read', times };
    }).sort((a, b) => compareText(a.endpoint, b.endpoint) || compareText(a.table, b.table) || compareText(a.mode, b.mode)),
    unmatched: ranked(summed(counted.map((tally) => tally.unmatched))).slice(0, LISTED).map(([asked, n]): UnmatchedRequests => ({ method: asked.slice(0, asked.indexOf(' ')), path: asked.slice(asked.indexOf(' ') + 1), requests: n })),
  };
}

/** Seconds that the sources cover together: overlapping ones count once. */
function covered(tallies: readonly SourceTally[]): number {
  let seconds = 0;
  let end = -Infinity;
  for (const { from, to } of tallies.filter((tally) => tally.to > tally.from).sort((a, b) => a.from - b.from)) {
    seconds += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return seconds;
}

function summed(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const counts of all) for (const [key, n] of counts) sums.set(key, (sums.get(key) ?? 0) + n);
  return sums;
}

const ranked = (counts: ReadonlyMap<string, number>): [string, number][] => [...counts].sort(([a, x], [b, y]) => y - x || compareText(a, b));

/** `/orders/7/lines` and `/orders/8/lines` are one question; an id, a key or an address in a path is nobody's business in a report. */
const withoutIds = (path: string): string => path.replace(/[?#].*$/, '').split('/').map((part) => (/^\d+$|^[\da-f]{8}-[\da-f-]{27}$|^(?=.*\d)[\w-]{16,}$|@|%40/i.test(part) ? ':id' : part.slice(0, 60))).join('/');
