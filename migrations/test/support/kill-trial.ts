import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, readCheckpoint, waitForCheckpoint } from '@strangler/migrations';
import { BANK, BANK_TABLES } from './bank.ts';
import { contents, type Pair } from './pair.ts';

export interface TrialResult {
  readonly kills: number;
  readonly killedDuringSnapshot: number;
  readonly equal: boolean;
}

/** Kills it while it copies; a restart must begin the copy anew and not double a row. */
export async function killDuringSnapshot(pair: Pair, rounds: number): Promise<TrialResult> {
  await Promise.all([pair.source.query(BANK), pair.target.query(BANK)]);
  await pair.source.query("INSERT INTO accounts SELECT g, 100, 0 FROM generate_series(1, 60000) AS g; INSERT INTO letters SELECT g, 0, repeat(md5(g::text), 30), 0 FROM generate_series(1, 5000) AS g");
  const options = JSON.stringify(pair.options(BANK_TABLES));
  let killedDuringSnapshot = 0;
  for (let round = 0; round < rounds; round += 1) {
    const sink = await startSink(options, round > 0);
    await delay(40 + round * 60);
    await kill(sink);
    const phase = (await readCheckpoint(pair.targetUrl, pair.name))?.phase;
    if (phase === 'snapshotting') killedDuringSnapshot += 1;
    await pair.source.query('UPDATE accounts SET balance = balance + 1 WHERE id % 100 = $1', [round]);
  }
  await finish(pair, await startSink(options));
  return { kills: rounds, killedDuringSnapshot, equal: await equal(pair) };
}

async function startSink(options: string, waitForIt = true): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sink-child.ts'), options], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
  if (waitForIt) await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(([code]) => { throw new Error(`the sink ended with ${String(code)}`); })]);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`the sink had ended by itself with ${String(child.exitCode)}`);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function finish(pair: Pair, child: ChildProcess): Promise<void> {
  await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'finish'), { deadlineMs: 60_000 });
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function equal(pair: Pair): Promise<boolean> {
  for (const table of Object.keys(BANK_TABLES)) {
    const [source, target] = await Promise.all([contents(pair.source, table), contents(pair.target, table)]);
    if (source.length !== target.length || source.some((row, index) => row !== target[index])) return false;
  }
  return true;
}
