import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type LocalPostgres } from '@strangler/local-postgres';
import { KEEPER } from './shared-stack.ts';

/** jest loads set-up and tear-down apart from each other; the process is what they share. */
const shared = globalThis as { stranglerTestServer?: LocalPostgres; stranglerTestStack?: ChildProcess };

/** jest's globalSetup: one server for the whole run, unless TEST_DATABASE_URL names one. fsync is off: no test here asks what survives a power cut. */
export default async function setUp(): Promise<void> {
  await startKeeper();
  if (process.env['TEST_DATABASE_URL'] !== undefined) return;
  const directory = await mkdtemp(join(tmpdir(), 'strangler-test-'));
  shared.stranglerTestServer = await startPostgres({ directory, settings: { fsync: 'off', max_connections: '300' } });
  process.env['TEST_DATABASE_URL'] = shared.stranglerTestServer.url();
}

/** Kafka and Connect take seconds to start, and most runs need neither: their keeper waits until a test asks. */
async function startKeeper(): Promise<void> {
  if (process.env[KEEPER] !== undefined) return;
  const keeper = fork(join(import.meta.dirname, 'stack-keeper.ts'), { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  shared.stranglerTestStack = keeper;
  const [port] = await once(keeper, 'message') as [number];
  process.env[KEEPER] = `http://127.0.0.1:${String(port)}`;
}

async function stopKeeper(): Promise<void> {
  const keeper = shared.stranglerTestStack;
  delete shared.stranglerTestStack;
  if (keeper?.exitCode !== null) return;
  const gone = once(keeper, 'exit');
  keeper.disconnect();
  await gone;
}

export async function stopShared(): Promise<void> {
  await stopKeeper();
  const server = shared.stranglerTestServer;
  if (server === undefined) return;
  delete shared.stranglerTestServer;
  await server.stop();
  await rm(server.directory, { recursive: true, force: true });
}
