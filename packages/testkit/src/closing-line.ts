import type { AggregatedResult, Reporter } from '@jest/reporters';

/** jest's last word in the plainest form, for whoever reads the log by machine; and where CI is set, a skipped test is a failed run. */
export default class ClosingLine implements Reporter {
  #skippedInCi = 0;

  onRunComplete(_contexts: unknown, { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites }: AggregatedResult): void {
    const skipped = numPendingTests + numTodoTests;
    // A file that could not even start counts as one failure: zero failed tests must not read as success.
    process.stdout.write(`\n${String(numPassedTests)} passed, ${String(numFailedTests + numRuntimeErrorTestSuites)} failed${skipped === 0 ? '' : `, ${String(skipped)} skipped`}\n`);
    if (process.env['CI'] !== undefined) this.#skippedInCi = skipped;
  }

  getLastError(): Error | undefined {
    return this.#skippedInCi === 0 ? undefined : new Error(`${String(this.#skippedInCi)} tests were skipped; here everything must run.`);
  }
}
