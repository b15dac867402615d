import type { Evidence as Thresholds } from '@strangler/kernel';
import { median } from './histogram.ts';
import type { RouteTally } from './tally.ts';

export interface Evidence {
  /** `insufficient` is neither a pass nor a failure: ask again when there has been more traffic. */
  readonly verdict: 'enough' | 'insufficient' | 'failed';
  /** One sentence: what is missing, or what is wrong. */
  readonly because: string;
  readonly samples: number;
  readonly mismatched: number;
  /** Pairs that agreed only when asked again a moment later: replication lag, or a candidate that is wrong now and then. Look at it when it is high. */
  readonly settled: number;
  /** 0 to 1. */
  readonly mismatchRate: number;
  /** The true rate is below this with 95 % confidence, however often one has looked. */
  readonly mismatchRateAtMost: number;
  readonly medianMs: { readonly control: number | undefined; readonly candidate: number | undefined };
  readonly latencyRatio: number | undefined;
  readonly since: string;
}

/** Where a table is written a few times a second and followed in milliseconds, fewer pairs than this meet a row on its way. */
const MAX_SETTLED_RATE = 0.02;

/** An e-value of 20 rejects at 5 %, whenever one looks (Ville 1939: a non-negative supermartingale started at 1 ever reaches 20 with probability ≤ 1/20). */
const ENOUGH = 20;

/** What the hypothesis "the rate is p" is tested against: rates well below it, no mismatch at all weighing half. */
const BELOW = [{ factor: 0, weight: 1 / 2 }, { factor: 1 / 8, weight: 1 / 6 }, { factor: 1 / 4, weight: 1 / 6 }, { factor: 1 / 2, weight: 1 / 6 }];
const ABOVE = [{ factor: 2, weight: 1 / 3 }, { factor: 4, weight: 1 / 3 }, { factor: 8, weight: 1 / 3 }];

/**
 * Judges a tally against what the config asks. People look at a migration until it looks good, so the test must allow looking: a mixture
 * likelihood-ratio e-process (Wald 1945; Ramdas, Grünwald, Vovk & Shafer, "Game-theoretic statistics and safe anytime-valid inference",
 * Statistical Science 2023). 332 clean pairs show a rate below 1 %, 3,332 one below 0.1 %.
 */
export function judge(tally: RouteTally, thresholds: Thresholds): Evidence {
  const { samples, mismatched, settled, since } = tally;
  const medianMs = { control: median(tally.latency.control), candidate: median(tally.latency.candidate) };
  const latencyRatio = medianMs.control === undefined || medianMs.candidate === undefined ? undefined : medianMs.candidate / medianMs.control;
  const figures: Figures = { samples, mismatched, settled, since, mismatchRate: samples === 0 ? 0 : mismatched / samples, mismatchRateAtMost: upperBound(mismatched, samples), medianMs, latencyRatio };
  return { ...figures, ...verdictOn(figures, thresholds) };
}

type Figures = Omit<Evidence, 'verdict' | 'because'>;

function verdictOn({ samples, mismatched, settled, mismatchRateAtMost, latencyRatio = 0 }: Figures, { minSamples, maxMismatchRate, maxLatencyRatio, maxSettledRate = MAX_SETTLED_RATE }: Thresholds): Pick<Evidence, 'verdict' | 'because'> {
  const differ = `${String(mismatched)} of ${String(samples)} answers differ`;
  if (evidenceAbove(mismatched, samples, maxMismatchRate) >= ENOUGH) return { verdict: 'failed', because: `${differ}: more than ${percent(maxMismatchRate)}.` };
  if (samples < minSamples) return { verdict: 'insufficient', because: `${String(samples)} of ${String(minSamples)} samples.` };
  if (evidenceBelow(mismatched, samples, maxMismatchRate) < ENOUGH) return { verdict: 'insufficient', because: `${differ}: the rate may still be ${percent(mismatchRateAtMost, 3)}, allowed are ${percent(maxMismatchRate)}.` };
  if (settled / samples > maxSettledRate) {
    return { verdict: 'insufficient', because: `${String(settled)} of ${String(samples)} answers agreed only when asked again, allowed are ${percent(maxSettledRate)}: replication lags, or the candidate is wrong now and then.` };
  }
  if (latencyRatio > maxLatencyRatio) return { verdict: 'failed', because: `The candidate takes ${latencyRatio.toFixed(2)} times as long as the control; allowed is ${String(maxLatencyRatio)}.` };
  const again = settled === 0 ? '' : ` ${String(settled)} agreed only when asked again.`;
  return { verdict: 'enough', because: `${differ}: below ${percent(maxMismatchRate)} with 95 % confidence.${again}` };
}

/** How strongly the counts speak against "the rate is `p` or more". */
function evidenceBelow(k: number, n: number, p: number): number {
  if (p >= 1) return Infinity;
  if (p <= 0) return k === 0 ? Infinity : 0;
  return mixture(BELOW, k, n, p);
}

/** How strongly the counts speak against "the rate is `p` or less". */
function evidenceAbove(k: number, n: number, p: number): number {
  if (k === 0 || p >= 1) return 0;
  if (p <= 0) return Infinity;
  return mixture(ABOVE, k, n, p);
}

function mixture(against: typeof BELOW, k: number, n: number, p: number): number {
  return against.reduce((sum, { factor, weight }) => {
    const q = Math.min(p * factor, (1 + p) / 2);
    const hits = k === 0 ? 0 : k * Math.log(q / p);
    return sum + weight * Math.exp(hits + (n - k) * Math.log((1 - q) / (1 - p)));
  }, 0);
}

/** The smallest rate that the counts speak against, by bisection to four digits. */
function upperBound(k: number, n: number): number {
  let low = n === 0 ? 1 : k / n;
  let high = 1;
  for (let i = 0; i < 40 && high - low > 1e-6; i += 1) {
    const middle = (low + high) / 2;
    if (evidenceBelow(k, n, middle) >= ENOUGH) high = middle;
    else low = middle;
  }
  return high;
}

/** Two digits, or three where two would hide on which side of a limit it is. */
const percent = (rate: number, digits = 2): string => `${String(Number((rate * 100).toPrecision(digits)))} %`;
