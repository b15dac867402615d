import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { MigrationConfig } from '@strangler/kernel';
import { prepareReplication, removeReplication, replicate } from '@strangler/migrations';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { requireReader } from './way-back.ts';

const NAME = `loans-back-${String(process.pid)}`;
const mapping = { from: 'lending', to: 'monolith', tables: { loans: { key: ['id'] } } } as const;
let service: TestDatabase;
let monolith: TestDatabase;
let directory: string;

beforeEach(async () => {
  [service, monolith] = [await testDatabase('lending'), await testDatabase('library')];
  directory = await mkdtemp(join(tmpdir(), 'strangler-way-back-'));
  for (const { url } of [service, monolith]) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE TABLE loans (id int PRIMARY KEY)');
    await client.end();
  }
});
afterEach(async () => {
  await removeReplication({ name: NAME, sourceUrl: service.url, targetUrl: monolith.url, logDirectory: directory });
  await Promise.all([service.close(), monolith.close()]);
  await rm(directory, { recursive: true, force: true });
});

const config = (): MigrationConfig => ({
  monolith: { source: '.', url: 'http://127.0.0.1', database: monolith.url }, routes: {}, compare: { promoteWhen: { minSamples: 1, maxMismatchRate: 0, maxLatencyRatio: 1 } },
  services: { lending: { context: 'Lending', url: 'http://127.0.0.1', database: service.url, owns: { modules: [], tables: ['loans'] } } }, replication: { [NAME]: { ...mapping, log: 'kafka' } },
});

test('a way back whose slot nobody reads is refused, with what starts its connector; one that is read is not', async () => {
  const sides = { name: NAME, mapping, sourceUrl: service.url, targetUrl: monolith.url, logDirectory: directory };
  await prepareReplication(sides);
  await expect(requireReader(config(), NAME, service.url, 0)).rejects.toMatchObject({ code: 'STR_REVERSE_NOT_READ', remedy: expect.stringContaining(`strangler connect restart ${NAME}`) });
  const reader = await replicate(sides);
  try {
    await requireReader(config(), NAME, service.url);
  } finally {
    await reader.stop();
  }
});
