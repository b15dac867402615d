/**
 * `node migrations/test/nightly/copy-kill.ts [KILLS] [SEED] [ROWS]`: sinks killed at random while they make the first copy of three tables of so many rows each, and while two of them join a
 * replication that runs; a line of figures for each trial, exit 1 when the two sides differ.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@strangler/local-postgres';
import { copyTrial, type CopyTrialOptions, type CopyTrialResult } from '../support/copy-trial.ts';
import { databasePair } from '../support/pair.ts';

const [kills = 20, seed = 4711, rows = 100_000] = process.argv.slice(2).map(Number);

async function trial(options: CopyTrialOptions): Promise<CopyTrialResult> {
  const pair = await databasePair('copies');
  try {
    return await copyTrial(pair, options);
  } finally {
    await pair.close();
  }
}

/** Of one copy: the first kill of a first copy ends its snapshot, so that many copies are needed to see many of them. */
const KILLS_EACH = 4;

/** One copy after another, until there were so many kills. */
async function trials(copy: string, more: Pick<CopyTrialOptions, 'joining'>): Promise<boolean> {
  let [left, right] = [kills, true];
  for (let run = 0; left > 0 && run < 2 * kills; run += 1) {
    const result = await trial({ kills: Math.min(left, KILLS_EACH), rows, seed: seed + run, ...more });
    process.stdout.write(`${JSON.stringify({ copy, ...result })}\n`);
    left -= result.kills.snapshot + result.kills.joining;
    right &&= result.unequal.length === 0;
  }
  return right && left <= 0;
}

async function main(): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-copy-kill-'));
  const server = await startPostgres({ directory, settings: { fsync: 'off' } });
  process.env['TEST_DATABASE_URL'] = server.url();
  try {
    const first = await trials('first', {});
    return await trials('added', { joining: ['letters', 'visits'] }) && first;
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main() ? 0 : 1;
