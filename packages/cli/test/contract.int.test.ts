import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { main } from '../src/main.ts';

let directory: string;
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strangler-contract-'));
  database = await testDatabase('garden');
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`CREATE TABLE plants (id int PRIMARY KEY); CREATE TABLE seeds (id int PRIMARY KEY, plant int REFERENCES plants); CREATE TABLE beds (id int PRIMARY KEY, plant int REFERENCES plants);
    CREATE SCHEMA strangler; CREATE FUNCTION strangler.refuse_write() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''fenced''; END'; CREATE TABLE strangler.checkpoint (replication text)`);
  await writeFile(join(directory, 'strangler.config.yaml'), `monolith: { source: ., url: 'http://m', database: '${database.url}' }
services:
  botany: { context: Botany, url: 'http://b', database: '${database.url}', owns: { modules: [], tables: [plants, seeds] } }
routes: {}
compare: { promoteWhen: { minSamples: 1, maxMismatchRate: 1, maxLatencyRatio: 1 } }
replication:
  botany-back: { from: botany, to: monolith, tables: { flora: { key: [id], into: plants } } }
`);
});
afterAll(async () => {
  await client.end();
  await database.close();
  await rm(directory, { recursive: true, force: true });
});

async function contract(...more: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const said = { out: '', err: '' };
  const code = await main(['migrate', 'monolith', 'contract', ...more], {
    interactive: false, environment: {}, cwd: directory, signal: new AbortController().signal, out: (text) => { said.out += text; }, err: (text) => { said.err += text; },
  });
  return { code, ...said };
}

test('a contraction says what goes, what stays and why, and how it is taken back', async () => {
  expect(await contract()).toMatchObject({ code: 1, err: expect.stringContaining('STR_NOT_CUT_OVER — plants, seeds are still written here: there is no fence.') });
  await client.query("CREATE TRIGGER strangler_fence BEFORE INSERT ON plants FOR EACH STATEMENT EXECUTE FUNCTION strangler.refuse_write('botany'); INSERT INTO strangler.checkpoint VALUES ('botany-back')");
  expect(await contract()).toEqual({ code: 0, err: '', out: `monolith, contract:
  drop the foreign key beds_plant_fkey on public.beds, to public.plants
  drop the foreign key seeds_plant_fkey on public.seeds, to public.plants
plants: not archived while botany-back writes there. When nobody goes back any more: strangler replicate botany-back --remove --execute, then this once more.
seeds: left alone, still written here (no cut-over yet).
Nothing was changed; --execute runs them.
` });
  await client.query('DELETE FROM strangler.checkpoint');
  expect((await contract('--execute')).out).toMatch(/archive public\.plants as strangler_archive\.plants\n[^]*Done\.\nundo: strangler migrate monolith contract --down --execute\n/);
  expect((await contract('--execute')).out).toBe('monolith: nothing to contract.\nseeds: left alone, still written here (no cut-over yet).\n');
  expect((await contract('--down')).out).toMatch(/bring strangler_archive\.plants back to public\.plants\n.*add the foreign key seeds_plant_fkey on public\.seeds: FOREIGN KEY[^]*Nothing was changed/);
  expect((await contract('--down', '--execute')).code).toBe(0);
  expect((await client.query("SELECT count(*)::int AS keys FROM pg_constraint WHERE contype = 'f' AND convalidated AND conrelid IN ('beds'::regclass, 'seeds'::regclass)")).rows).toEqual([{ keys: 2 }]);
  expect((await contract('--down')).out).toBe('monolith: nothing to take back of contract.\n');
});
