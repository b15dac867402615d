/**
 * A sink as a process of its own, to be killed: runs the replication given as JSON in its first argument, or where there is none as the first line of stdin (its code is loaded by
 * then, which is most of what a start takes), until somebody ends it. Says `running` on stdout once it does;
 * on stderr a line for every trouble it rides out, and last, if it gives up, why and what to do. `STRANGLER_CLOCK_JUMPS=N` makes its wall clock jump by a day, there
 * and back, every N milliseconds.
 */
import { createInterface } from 'node:readline';
import { StranglerError } from '@strangler/kernel';
import { replicate, type ReplicateOptions } from '@strangler/migrations';

const jumpMs = Number(process.env['STRANGLER_CLOCK_JUMPS'] ?? '0');
if (jumpMs > 0) {
  const [real, started, day] = [Date.now, performance.now(), 86_400_000];
  Date.now = () => real() + ([0, day, -day][Math.floor((performance.now() - started) / jumpMs) % 3] ?? 0);
}

const giveUp = (error: unknown): never => {
  const { code, remedy } = error instanceof StranglerError ? error : { code: 'no code', remedy: 'no remedy' };
  process.stderr.write(`gave up: ${code}: ${error instanceof Error ? error.message : String(error)} ${remedy}\n`);
  process.exit(1);
};
const onEvent: NonNullable<ReplicateOptions['onEvent']> = (event) => {
  if (event.kind === 'trouble') process.stderr.write(`trouble: ${event.side}: ${event.message}\n`);
};
async function firstLine(): Promise<string> {
  for await (const line of createInterface({ input: process.stdin })) return line;
  return process.exit(0); // whoever held it in readiness is gone
}

const options = JSON.parse(process.argv[2] ?? await firstLine()) as ReplicateOptions;
const running = await replicate({ ...options, onEvent }).catch(giveUp);
process.on('SIGTERM', () => { void running.stop().then(() => process.exit(0)); });
process.stdout.write('running\n');
await running.failed.catch(giveUp);
