/**
 * Many kills in one sitting: `node migrations/test/nightly/kill.ts [ROUNDS] [SEED]` (default 200 and the time). Starts a server of its own, prints one line, exits 1 if
 * a transaction was lost or doubled.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@strangler/local-postgres';
import { killTrial } from '../support/kill-trial.ts';
import { databasePair } from '../support/pair.ts';

const [rounds = 200, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const directory = await mkdtemp(join(tmpdir(), 'strangler-nightly-'));
await chmod(directory, 0o755); // the server runs as another user when we are root
const server = await startPostgres({ directory: join(directory, 'data') });
process.env['TEST_DATABASE_URL'] = server.url();
const pair = await databasePair('nightly');
try {
  const result = await killTrial(pair, rounds, seed);
  process.stdout.write(`${JSON.stringify({ seed, ...result })}\n`);
  process.exitCode = result.equal && result.appliedTransactions === result.sourceTransactions ? 0 : 1;
} finally {
  await pair.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
