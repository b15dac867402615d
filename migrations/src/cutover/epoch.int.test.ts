import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock, type ReplicationConfig } from '@strangler/kernel';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { fencedTables } from './fence.ts';
import { postgresOwners, type Owners } from './owners.ts';
import { planCutover } from './plan.ts';

/** The trace that TLC found without epochs (migrations/model/CutOver.two.no-epoch.cfg), on real databases. */
const mapping: ReplicationConfig = { from: 'monolith', to: 'library', tables: { books: { key: ['id'] } } };
let databases: TestDatabase[];
let clients: [pg.Client, pg.Client];
const opened: Owners[] = [];

beforeEach(async () => {
  databases = [await testDatabase('epoch_monolith'), await testDatabase('epoch_library')];
  clients = await Promise.all(databases.map(async ({ url }) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE TABLE books (id int PRIMARY KEY)');
    return client;
  })) as [pg.Client, pg.Client];
});
afterEach(async () => {
  for (const owners of opened.splice(0)) await owners.close().catch(() => undefined);
  for (const client of clients) await client.end();
  for (const database of databases) await database.close();
});

function process(): Owners {
  const [source, target] = databases;
  const owners = postgresOwners({
    plan: planCutover({ name: 'books', direction: 'forward', tables: ['books'], mapping, deadlineMs: 5_000 }), mapping,
    sourceUrl: source?.url ?? '', targetUrl: target?.url ?? '', sequenceGap: 1, clock: systemClock,
  });
  opened.push(owners);
  return owners;
}

const fenced = async (): Promise<number[]> => Promise.all(clients.map(async (client) => (await fencedTables(client, ['books'])).size));

test('a process that lost its lock without noticing cannot lift a fence that its successor relies on', async () => {
  const sleeper = process();
  await sleeper.open();
  await sleeper.fence('new', 5_000);
  await sleeper.fence('old', 5_000);
  await clients[0].query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");

  const successor = process(); // undoes what it finds: fence the new side, then open the old one
  for (let attempt = 0; ; attempt += 1) {
    const open = await successor.open().then(() => true, () => false);
    if (open) break;
    if (attempt > 50) throw new Error('the lock was not given away');
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  await successor.fence('new', 5_000);
  await expect(sleeper.lift('new', 5_000)).rejects.toMatchObject({ code: 'STR_CUTOVER_SUPERSEDED' });
  await successor.lift('old', 5_000);
  await expect(sleeper.fence('old', 5_000)).rejects.toMatchObject({ code: 'STR_CUTOVER_SUPERSEDED' });
  expect(await fenced()).toEqual([0, 1]);

  await successor.close();
  await expect(sleeper.claim()).rejects.toMatchObject({ code: 'STR_CUTOVER_SUPERSEDED' });
});
