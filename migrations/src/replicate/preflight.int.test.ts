import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ReplicationConfig } from '@strangler/kernel';
import { preflight, replicate } from '@strangler/migrations';
import { testServer } from '@strangler/testkit';
import pg from 'pg';
import { databasePair, type Pair } from '../../test/support/pair.ts';

let pair: Pair;
beforeAll(async () => { pair = await databasePair('clinic'); });
afterAll(async () => { await pair.close(); });

const mapping = (tables: ReplicationConfig['tables']): ReplicationConfig => ({ from: 'monolith', to: 'patients', tables });

test('everything that is wrong with the tables is reported at once, each with what mends it', async () => {
  await pair.source.query(`
    CREATE TABLE patients (id int PRIMARY KEY, name text, born date);
    CREATE TABLE visits (id int PRIMARY KEY, at timestamptz);
    CREATE TABLE log_lines (line text);
    CREATE TABLE doctors (id int PRIMARY KEY, pager text);
    CREATE TABLE rooms (id int PRIMARY KEY); ALTER TABLE rooms REPLICA IDENTITY NOTHING;
    CREATE TABLE beds (id int PRIMARY KEY, room int)`);
  await pair.target.query(`
    CREATE TABLE patients (id int PRIMARY KEY, name text, insured boolean NOT NULL);
    CREATE TABLE visits (id int, at timestamptz); 
    CREATE TABLE doctors (id int PRIMARY KEY, pager varchar(20));
    CREATE TABLE rooms (id int PRIMARY KEY);
    CREATE TABLE beds (id int PRIMARY KEY, room int); INSERT INTO beds VALUES (1, 1)`);
  const tables = { patients: { key: ['id'] }, visits: { key: ['at'] }, log_lines: { key: ['line'] }, doctors: { key: ['id'] }, rooms: { key: ['id'] }, beds: { key: ['id'] }, nurses: { key: ['id'], omit: ['pin'] } };
  const found = await preflight({ name: pair.name, mapping: mapping(tables), sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl });
  expect(found.filter(({ severity }) => severity === 'error').map(({ code, where }) => `${code} ${where ?? ''}`).sort()).toEqual([
    'STR_KEY_MISMATCH public.log_lines', 'STR_KEY_MISMATCH public.visits', 'STR_REPLICA_IDENTITY public.log_lines', 'STR_REPLICA_IDENTITY public.rooms', 'STR_REPLICA_IDENTITY public.visits',
    'STR_TABLE_MISSING public.nurses', 'STR_TARGET_COLUMN_MISSING public.patients', 'STR_TARGET_COLUMN_UNFILLED public.patients', 'STR_TARGET_KEY_MISSING public.visits',
    'STR_TARGET_NOT_EMPTY public.beds', 'STR_TARGET_TABLE_MISSING public.log_lines', 'STR_TARGET_TABLE_MISSING public.nurses',
  ]);
  expect(found.every(({ remedy }) => remedy !== undefined && remedy !== '')).toBe(true);
  expect(found.find(({ code, where }) => code === 'STR_REPLICA_IDENTITY' && where === 'public.rooms')?.remedy).toBe('ALTER TABLE "public"."rooms" REPLICA IDENTITY DEFAULT;');
});

test('a replication that cannot run is refused before anything is created, with all findings', async () => {
  const refused = replicate(pair.options({ rooms: { key: ['id'] }, beds: { key: ['id'] } }));
  await expect(refused).rejects.toMatchObject({ code: 'STR_PREFLIGHT', exitCode: 3, findings: [{ code: 'STR_REPLICA_IDENTITY' }, { code: 'STR_TARGET_NOT_EMPTY' }] });
  expect((await pair.source.query("SELECT 1 FROM pg_publication WHERE pubname LIKE 'strangler%'")).rowCount).toBe(0);
});

test('types that do not fit are found where the target cannot read what the source prints', async () => {
  await pair.source.query('CREATE TABLE kinds (id int PRIMARY KEY, a int, b timestamptz, c text, d int)');
  await pair.target.query('CREATE TABLE kinds (id bigint PRIMARY KEY, a text, b uuid, c jsonb, d numeric)');
  const found = await preflight({ name: pair.name, mapping: mapping({ kinds: { key: ['id'] } }), sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl });
  expect(found.filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'STR_TYPE_MISMATCH', where: 'public.kinds.b' }]);
});

test('a user without the rights is told each grant', async () => {
  const role = `clerk_${pair.name.replaceAll('-', '_')}`;
  await pair.source.query(`CREATE ROLE ${role} LOGIN PASSWORD 'clerk'`);
  await pair.source.query('CREATE TABLE forms (id int PRIMARY KEY)');
  await pair.target.query('CREATE TABLE forms (id int PRIMARY KEY)');
  const as = (url: string): string => { const changed = new URL(url); changed.username = role; changed.password = 'clerk'; return changed.href; };
  const found = await preflight({ name: pair.name, mapping: mapping({ forms: { key: ['id'] } }), sourceUrl: as(pair.sourceUrl), targetUrl: as(pair.targetUrl) });
  expect(found.filter(({ severity }) => severity === 'error').map(({ code }) => code).sort()).toEqual([
    'STR_NOT_TABLE_OWNER', 'STR_NO_CHECKPOINT_PRIVILEGE', 'STR_NO_CREATE_PRIVILEGE', 'STR_NO_ORIGIN_PRIVILEGE', 'STR_NO_REPLICATION_PRIVILEGE', 'STR_NO_REPLICA_ROLE', 'STR_TARGET_UNREADABLE',
  ]);
  await pair.source.query(`DROP ROLE ${role}`);
});

test('a source whose log does not hold the changes, or has no slot left, is named', async () => {
  await using server = await testServer({ wal_level: 'replica', max_replication_slots: '0', max_wal_senders: '0' });
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  await client.query('CREATE TABLE forms (id int PRIMARY KEY)');
  await client.end();
  const found = await preflight({ name: pair.name, mapping: mapping({ forms: { key: ['id'] } }), sourceUrl: server.url(), targetUrl: pair.targetUrl });
  expect(found.filter(({ severity }) => severity === 'error').map(({ code }) => code).sort()).toEqual(['STR_NO_FREE_SLOT', 'STR_NO_FREE_WAL_SENDER', 'STR_WAL_LEVEL']);
  expect(found.find(({ code }) => code === 'STR_WAL_LEVEL')?.remedy).toContain('ALTER SYSTEM SET wal_level = logical');
});

test('a source that is not there is named without its password', async () => {
  await expect(preflight({ name: pair.name, mapping: mapping({ forms: { key: ['id'] } }), sourceUrl: 'postgres://me:secret@127.0.0.1:1/shop', targetUrl: pair.targetUrl }))
    .rejects.toMatchObject({ code: 'STR_DATABASE_UNREACHABLE', exitCode: 3, message: expect.stringMatching(/^The source database 127\.0\.0\.1:1\/shop (?!.*secret)/) });
});
