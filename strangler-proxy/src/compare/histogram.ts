/** Latencies in buckets that grow by 5 %: enough for a median within 2.5 %, small enough to write down every second. Bucket → count. */
export type Histogram = Readonly<Record<string, number>>;

const GROWTH = Math.log(1.05);
const SMALLEST_MS = 0.01;

export function observed(histogram: Histogram, ms: number): Histogram {
  const bucket = String(Math.round(Math.log(Math.max(ms, SMALLEST_MS)) / GROWTH));
  return { ...histogram, [bucket]: (histogram[bucket] ?? 0) + 1 };
}

/** The median in milliseconds; `undefined` of nothing. */
export function median(histogram: Histogram): number | undefined {
  const buckets = Object.entries(histogram).map(([bucket, count]) => [Number(bucket), count] as const).sort(([a], [b]) => a - b);
  const half = buckets.reduce((sum, [, count]) => sum + count, 0) / 2;
  let seen = 0;
  for (const [bucket, count] of buckets) {
    seen += count;
    if (seen >= half) return Math.exp(bucket * GROWTH);
  }
  return undefined;
}
