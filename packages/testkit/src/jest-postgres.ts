import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type LocalPostgres } from '@strangler/local-postgres';

/** jest loads set-up and tear-down apart from each other; the process is what they share. */
const shared = globalThis as { stranglerTestServer?: LocalPostgres };

/** jest's globalSetup: one server for the whole run, unless TEST_DATABASE_URL names one. fsync is off: no test here asks what survives a power cut. */
export default async function setUp(): Promise<void> {
  if (process.env['TEST_DATABASE_URL'] !== undefined) return;
  const directory = await mkdtemp(join(tmpdir(), 'strangler-test-'));
  shared.stranglerTestServer = await startPostgres({ directory, settings: { fsync: 'off', max_connections: '300' } });
  process.env['TEST_DATABASE_URL'] = shared.stranglerTestServer.url();
}

export async function stopShared(): Promise<void> {
  const server = shared.stranglerTestServer;
  if (server === undefined) return;
  delete shared.stranglerTestServer;
  await server.stop();
  await rm(server.directory, { recursive: true, force: true });
}
