import { ExitCode, StranglerError, systemClock } from '@strangler/kernel';

/** Asks until the answer is there. @throws StranglerError STR_DEMO_FAILED when it is not within `withinMs`. */
export async function until<T>(what: string, withinMs: number, ask: () => Promise<T | undefined>, everyMs = 100): Promise<T> {
  const deadline = systemClock.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (systemClock.now() > deadline) throw untrue(`${what} did not come true within ${String(withinMs / 1000)} s`);
    await systemClock.sleep(everyMs);
  }
}

/** The demo checks itself: what is not true ends it with exit code 1. */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw untrue(otherwise);
}

const untrue = (message: string): StranglerError => new StranglerError({
  code: 'STR_DEMO_FAILED', message: `Not true: ${message}.`, remedy: 'Run again with --keep and look at the logs it names; it is a bug of ours.', exitCode: ExitCode.no,
});

/** While the proxy is being killed and started again, its admin API is away for a moment. */
export async function insist<T>(ask: () => Promise<T>, withinMs = 20_000): Promise<T> {
  const deadline = systemClock.now() + withinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StranglerError) || !PASSING.has(error.code) || systemClock.now() > deadline) throw error;
      await systemClock.sleep(200);
    }
  }
}

/** What a killed proxy, sink or service may cause for a moment; everything else is a failure of the demo. */
const PASSING = new Set(['STR_PROXY_UNREACHABLE', 'STR_CUTOVER_NOT_READY', 'STR_CUTOVER_DEADLINE', 'STR_CUTOVER_UNDECIDED', 'STR_CUTOVER_STUCK', 'STR_FENCE_EXPIRED', 'STR_UNKNOWN_FENCE']);
