import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { testDatabase, type TestDatabase } from './postgres.ts';

let database: TestDatabase;
beforeAll(async () => { database = await testDatabase('bookshop'); });
afterAll(async () => { await database.close(); });

test('a test database is empty, writes logical WAL and knows replication origins', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<{ wal: string; version: number; tables: number }>(`SELECT current_setting('wal_level') AS wal,
    current_setting('server_version_num')::int AS version, (SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS tables`);
  await client.end();
  expect(rows).toEqual([{ wal: 'logical', version: expect.any(Number), tables: 0 }]);
  expect(rows[0]?.version).toBeGreaterThanOrEqual(160_000);
});

test('closing drops the database even while a slot holds it', async () => {
  const held = await testDatabase('held');
  const client = new pg.Client({ connectionString: held.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`SELECT pg_create_logical_replication_slot('${held.name}', 'pgoutput')`);
  await held.close();
  await client.end().catch(() => undefined);
  await expect(new pg.Client({ connectionString: held.url }).connect()).rejects.toThrow(/does not exist/);
});
