import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres, type LocalPostgres } from '@strangler/local-postgres';
import { emitMarker, readCheckpoint, replicate, waitForCheckpoint, type RunningReplication } from '@strangler/migrations';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { contents } from '../../test/support/pair.ts';

/** A server that keeps for long in memory what nobody waits for: killed, it loses it. */
const FORGETFUL = { wal_writer_delay: '10s', wal_writer_flush_after: '1GB' };

let directory: string;
let server: LocalPostgres;
let source: TestDatabase;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strangler-backlog-'));
  await chmod(directory, 0o755); // the server runs as another user when we are root
  server = await startPostgres({ directory: join(directory, 'data'), settings: FORGETFUL });
  source = await testDatabase('backlog');
});
afterAll(async () => {
  await server.stop();
  await source.close();
  await rm(directory, { recursive: true, force: true });
});

async function on<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Looks at what the replication says is durable until told to end. */
async function watch(running: RunningReplication, signal: AbortSignal): Promise<bigint[]> {
  const seen: bigint[] = [];
  for (const aborted = (): boolean => signal.aborted; !aborted();) {
    const { checkpoint } = running.status();
    if (checkpoint !== seen.at(-1)) seen.push(checkpoint);
    await delay(2);
  }
  return seen;
}

const LOAD = `CREATE PROCEDURE sell(first int, total int) LANGUAGE plpgsql AS $$ BEGIN
  FOR n IN first..first + total - 1 LOOP INSERT INTO tickets VALUES (n, 'row ' || n); COMMIT; END LOOP; END $$`;

test('a target that is killed under a backlog loses nothing that was said to be applied, and gets the rest once more', async () => {
  const name = `backlog-${source.name.slice(-8)}`;
  for (const url of [source.url, server.url()]) await on(url, (client) => client.query('CREATE TABLE tickets (id int PRIMARY KEY, note text)'));
  await on(source.url, (client) => client.query(LOAD));
  const running = await replicate({ name, mapping: { from: 'monolith', to: 'catalog', tables: { tickets: { key: ['id'] } } }, sourceUrl: source.url, targetUrl: server.url(), logDirectory: join(directory, 'log') });
  await waitForCheckpoint(server.url(), name, await emitMarker(source.url, 'copied'), { deadlineMs: 30_000 });
  const end = new AbortController();
  const watching = watch(running, end.signal);
  for (let round = 0; round < 4; round += 1) {
    const load = on(source.url, (client) => client.query('CALL sell($1, $2)', [round * 1_500 + 1, 1_500]));
    await delay(150 + round * 70);
    await server.kill();
    server = await startPostgres({ directory: join(directory, 'data'), port: server.port, settings: FORGETFUL });
    await load;
    await waitForCheckpoint(server.url(), name, await emitMarker(source.url, 'settled'), { deadlineMs: 30_000 });
  }
  await running.stop();
  end.abort();
  const told = await watching;
  expect(told).toEqual(told.toSorted((a, b) => Number(a - b)));
  expect(await on(server.url(), (client) => contents(client, 'tickets'))).toEqual(await on(source.url, (client) => contents(client, 'tickets')));
  expect(await readCheckpoint(server.url(), name)).toMatchObject({ transactionsApplied: 6_000, eventsApplied: 6_000 });
  expect(running.status()).toMatchObject({ transactionsApplied: 6_000, eventsApplied: 6_000 });
}, 120_000);
