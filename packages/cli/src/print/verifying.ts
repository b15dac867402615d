import type { VerifyProgress } from '@strangler/migrations';

/** Lines about a table that takes long to compare: at most one every `everyMs`, the first no sooner than that, so that short ones pass without a word. */
export function verifyingLines(now: () => number, everyMs = 2_000): (progress: VerifyProgress) => string | undefined {
  let begun: { readonly table: string; readonly atMs: number; saidMs: number; comparingMs?: number } | undefined;
  return ({ table, step, chunks, of, rows }) => {
    if (begun?.table !== table) begun = { table, atMs: now(), saidMs: now() };
    if (step === 'comparing') begun.comparingMs ??= now();
    const late = now() - begun.saidMs >= everyMs;
    if (step === 'done' ? begun.saidMs === begun.atMs : !late) return undefined;
    begun.saidMs = now();
    return `verifying ${table}: ${said(step, chunks, of, rows, (now() - (begun.comparingMs ?? begun.atMs)) / 1_000)}`;
  };
}

function said(step: VerifyProgress['step'], chunks: number, of: number, rows: number, seconds: number): string {
  if (step === 'dividing') return 'dividing it into chunks';
  if (step === 'settling') return `${String(rows)} rows compared, those that differ are looked at again`;
  if (step === 'done') return `done, ${String(rows)} rows`;
  const rate = seconds > 0 ? ` at ${(rows / seconds).toFixed(0)}/s` : '';
  const left = seconds > 0 && chunks > 0 ? `, about ${String(Math.ceil((of - chunks) * seconds / chunks))} s to go` : '';
  return `${String(rows)} rows${rate}, ${String(Math.floor(100 * chunks / Math.max(1, of)))} %${left}`;
}
