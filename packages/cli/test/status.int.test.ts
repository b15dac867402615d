import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeReplication, replicate, spareSlotName, type RunningReplication } from '@strangler/migrations';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { main } from '../src/main.ts';

const NAME = `cinema-${randomBytes(3).toString('hex')}`;
const MAPPING = { from: 'monolith' as const, to: 'cinema', onRefusal: 'park' as const, tables: { films: { key: ['id'] }, seats: { key: ['id'] } } };
let directory: string;
let databases: readonly [TestDatabase, TestDatabase];
let source: pg.Client;
let running: RunningReplication;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strangler-paused-'));
  databases = [await testDatabase('paused_source'), await testDatabase('paused_target')];
  for (const { url } of databases) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("CREATE TABLE films (id int PRIMARY KEY, title text); CREATE TABLE seats (id int PRIMARY KEY)");
    await client.end();
  }
  source = new pg.Client({ connectionString: databases[0].url });
  await source.connect();
  await writeFile(join(directory, 'strangler.config.yaml'), `monolith: { source: ., url: 'http://127.0.0.1:1', database: '${databases[0].url}' }
services:
  cinema: { context: Cinema, url: 'http://127.0.0.1:1', database: '${databases[1].url}', owns: { modules: [], tables: [films] } }
routes: {}
compare: { promoteWhen: { minSamples: 1, maxMismatchRate: 1, maxLatencyRatio: 1 } }
replication:
  ${NAME}: { from: monolith, to: cinema, onRefusal: park, tables: { films: { key: [id] }, seats: { key: [id] } } }
`);
  running = await replicate(options());
});
afterEach(async () => {
  await running.stop();
  await source.end();
  await removeReplication(options());
  await Promise.all(databases.map((database) => database.close()));
  await rm(directory, { recursive: true, force: true });
});

const options = () => ({ name: NAME, mapping: MAPPING, sourceUrl: databases[0].url, targetUrl: databases[1].url, logDirectory: join(directory, '.strangler/log') });

async function ask(...args: readonly string[]): Promise<string> {
  let said = '';
  await main(args, { interactive: false, environment: {}, cwd: directory, signal: new AbortController().signal, out: (text) => { said += text; }, err: (text) => { said += text; } });
  return said;
}
interface Told { readonly replications: readonly { readonly paused: readonly Record<string, unknown>[] }[] }
const paused = async (): Promise<readonly Record<string, unknown>[]> => (JSON.parse(await ask('status', '--json')) as Told).replications[0]?.paused ?? [];
const untilPaused = async (): Promise<readonly Record<string, unknown>[]> => {
  for (const end = performance.now() + 30_000; performance.now() < end;) {
    const found = await paused();
    if (found.length > 0) return found;
    await delay(100);
  }
  throw new Error('nothing was paused');
};
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test('a table that has left the stream is shown by status, and warned of by doctor, which does not stumble over it', async () => {
  expect(await paused()).toEqual([]);
  expect(await ask('status')).not.toContain('Paused');
  await source.query('DROP TABLE films');
  const again = `strangler replicate ${NAME} --again public.films --execute`;
  expect(await untilPaused()).toEqual([{ kind: 'left', table: 'public.films', since: expect.stringMatching(TIME), code: 'STR_TABLES_CHANGED', reason: expect.stringContaining('was dropped'), remedy: expect.stringContaining(again) }]);
  expect(await ask('status')).toMatch(new RegExp(`Paused tables; the others go on:\n  ! ${NAME} public\\.films, since 2\\S+Z: The source's public\\.films was dropped[^\n]*\n +→ [^\n]*${again}`));
  const doctor = await ask('doctor');
  expect(doctor).toMatch(new RegExp(`! STR_TABLE_PAUSED replication\\.${NAME} public\\.films: Paused since 2\\S+Z: The source's public\\.films was dropped`));
  expect(doctor).not.toContain('STR_TABLE_MISSING');
  expect(JSON.parse(await ask('doctor', '--json'))).toMatchObject({ findings: expect.arrayContaining([expect.objectContaining({ code: 'STR_TABLE_PAUSED', severity: 'warning', remedy: expect.stringContaining(again) })]) });
}, 60_000);

test('so is one that waits for its schema', async () => {
  await source.query("ALTER TABLE films ADD COLUMN rating int; INSERT INTO films VALUES (1, 'Emma', 5)");
  expect(await untilPaused()).toMatchObject([{ kind: 'schema', table: 'public.films', since: expect.stringMatching(TIME), code: 'STR_SCHEMA_CHANGED', reason: expect.stringContaining('ADD COLUMN') }]);
  expect(await ask('status')).toMatch(/public\.films, since 2\S+Z: The source's public\.films has changed: .*\n +→ .*by itself/);
  expect(await ask('doctor')).toMatch(/STR_TABLE_PAUSED .*ADD COLUMN/);
}, 60_000);

test('a replication from Kafka has a spare slot, whose WAL is shown beside that of its own', async () => {
  await running.stop();
  const file = join(directory, 'strangler.config.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace('onRefusal: park', 'log: kafka'));
  await source.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [spareSlotName(NAME)]);
  expect(await ask('status')).toMatch(/ [KM]iB, not read; spare \d+\.?\d* [KM]iB/);
  expect(JSON.parse(await ask('status', '--json'))).toMatchObject({ replications: [{ slot: { active: false }, spareSlot: { slot: spareSlotName(NAME) } }] });
  await source.query('SELECT pg_drop_replication_slot($1)', [spareSlotName(NAME)]);
}, 60_000);
