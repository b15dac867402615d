import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type LocalPostgres } from '@strangler/local-postgres';
import { emitMarker, readCheckpoint, replicate, waitForCheckpoint, type ReplicationEvent } from '@strangler/migrations';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { contents } from '../../test/support/pair.ts';

let directory: string;
let server: LocalPostgres;
let target: TestDatabase;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strangler-restart-'));
  await chmod(directory, 0o755); // the server runs as another user when we are root
  server = await startPostgres({ directory: join(directory, 'data') });
  target = await testDatabase('restart');
});
afterAll(async () => {
  await server.stop();
  await target.close();
  await rm(directory, { recursive: true, force: true });
});

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

test('a source server that is killed and comes back is followed on, with nothing lost and nothing twice', async () => {
  const name = `restart-${target.name.slice(-8)}`;
  for (const url of [server.url(), target.url]) await withClient(url, (client) => client.query('CREATE TABLE films (id int PRIMARY KEY, title text)'));
  const seen: ReplicationEvent[] = [];
  const running = await replicate({
    name, mapping: { from: 'monolith', to: 'catalog', tables: { films: { key: ['id'] } } }, sourceUrl: server.url(), targetUrl: target.url, logDirectory: join(directory, 'log'),
    onEvent: (event) => { seen.push(event); },
  });
  await waitForCheckpoint(target.url, name, await emitMarker(server.url(), 'copied'), { deadlineMs: 30_000 });
  for (let round = 1; round <= 3; round += 1) {
    await withClient(server.url(), (client) => client.query("INSERT INTO films SELECT g, 'Film' FROM generate_series($1::int, $2::int) AS g", [round * 1_000, round * 1_000 + 99]));
    await server.kill();
    server = await startPostgres({ directory: join(directory, 'data'), port: server.port });
    await withClient(server.url(), (client) => client.query('UPDATE films SET title = title || $1', [` ${String(round)}`]));
    await waitForCheckpoint(target.url, name, await emitMarker(server.url(), 'settled'), { deadlineMs: 30_000 });
  }
  const [source, copied] = [await withClient(server.url(), (client) => contents(client, 'films')), await withClient(target.url, (client) => contents(client, 'films'))];
  expect(copied).toEqual(source);
  expect(copied).toHaveLength(300);
  expect((await readCheckpoint(target.url, name))?.transactionsApplied).toBe(6);
  expect(seen.some((event) => event.kind === 'trouble' && event.side === 'source')).toBe(true);
  await running.stop();
}, 120_000);

test('a source server that is killed during the copy is copied on: what is in the log is not read again', async () => {
  const name = `copy-${target.name.slice(-8)}`;
  for (const url of [server.url(), target.url]) await withClient(url, (client) => client.query('CREATE TABLE reels (id int PRIMARY KEY, frames text)'));
  await withClient(server.url(), (client) => client.query("INSERT INTO reels SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 60000) AS g"));
  const seen: ReplicationEvent[] = [];
  const running = await replicate({
    name, mapping: { from: 'monolith', to: 'catalog', tables: { reels: { key: ['id'] } } }, sourceUrl: server.url(), targetUrl: target.url, logDirectory: join(directory, 'log'),
    onEvent: (event) => { seen.push(event); }, snapshot: { partBlocks: 64, maxRowsPerSecond: 60_000 },
  });
  while (!seen.some((event) => event.kind === 'snapshot' && event.rows > 20_000)) await new Promise((resolve) => { setTimeout(resolve, 5); });
  await server.kill();
  server = await startPostgres({ directory: join(directory, 'data'), port: server.port });
  await withClient(server.url(), (client) => client.query("DELETE FROM reels WHERE id % 100 = 0; UPDATE reels SET frames = 'cut' WHERE id % 100 = 1; UPDATE reels SET id = -id WHERE id % 100 = 2"));
  while (!seen.some((event) => event.kind === 'copying' && event.step === 'done')) await Promise.race([new Promise((resolve) => { setTimeout(resolve, 5); }), running.failed]);
  await waitForCheckpoint(target.url, name, await emitMarker(server.url(), 'copied'), { deadlineMs: 60_000 });
  expect(seen.some((event) => event.kind === 'trouble' && event.side === 'source')).toBe(true);
  expect(running.status().phase).toBe('streaming');
  expect(running.status().rowsSnapshotted).toBeLessThan(75_000); // begun anew it would be 80,000 and more
  expect(await withClient(target.url, (client) => contents(client, 'reels'))).toEqual(await withClient(server.url(), (client) => contents(client, 'reels')));
  await running.stop();
}, 120_000);
