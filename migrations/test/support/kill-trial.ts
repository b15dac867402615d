import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { emitMarker, waitForCheckpoint } from '@strangler/migrations';
import type { Pair } from './pair.ts';

/** A sink as a process of its own; @param waitForIt until it runs, or else it may be killed while it starts */
export async function startSink(options: string, waitForIt = true): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sink-child.ts'), options], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
  if (waitForIt) await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(([code]) => { throw new Error(`the sink ended with ${String(code)}`); })]);
  return child;
}

/** kill -9. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`the sink had ended by itself with ${String(child.exitCode)}`);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Lets it apply all that was committed until now, and ends it. */
export async function finish(pair: Pair, child: ChildProcess): Promise<void> {
  await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'finish'), { deadlineMs: 60_000 });
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
