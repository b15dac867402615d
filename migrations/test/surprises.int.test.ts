import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ReplicationConfig } from '@strangler/kernel';
import { emitMarker, preflight, replicate, verify, waitForCheckpoint, type RunningReplication } from '@strangler/migrations';
import { testDatabase } from '@strangler/testkit';
import pg from 'pg';
import { orSayWhoIsWaitedFor } from '../src/capture/slot.ts';
import { contents, databasePair, type Pair } from './support/pair.ts';

/** Databases as they are found: with settings, policies and habits that nobody thought of when the replication was planned. */
let pair: Pair;
let running: RunningReplication | undefined;
beforeEach(async () => { pair = await databasePair('surprise'); });
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await pair.close();
});

const TABLES = { notes: { key: ['id'] } };
const both = (sql: string): Promise<unknown> => Promise.all([pair.source.query(sql), pair.target.query(sql)]);
const start = async (): Promise<RunningReplication> => {
  running = await pair.start(TABLES);
  running.failed.catch(() => undefined);
  return running;
};
const settled = async (): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'now'), { deadlineMs: 20_000 }); };
const found = async (): Promise<string[]> => (await preflight({ ...pair.options(TABLES) })).filter(({ severity }) => severity !== 'note').map(({ code, where }) => `${code} ${where ?? ''}`);

describe('nothing is lost in silence', () => {
  test('when a replicated table is renamed while it streams: the replication stops and names it', async () => {
    await both('CREATE TABLE notes (id int PRIMARY KEY, body text)');
    const { failed } = await start();
    await settled();
    await pair.source.query(`ALTER TABLE notes RENAME TO remarks`);
    await pair.source.query(`INSERT INTO remarks VALUES (1, 'where does this go?')`);
    await expect(failed).rejects.toMatchObject({ code: 'STR_TABLES_CHANGED', message: expect.stringMatching(/public\.remarks/) });
  });

  test('when the target gives a column a domain that is too narrow: the value is refused, not cut', async () => {
    await pair.source.query(`CREATE TABLE notes (id int PRIMARY KEY, body varchar(10)); INSERT INTO notes VALUES (1, 'abcdefgh')`);
    await pair.target.query('CREATE DOMAIN short AS varchar(3); CREATE DOMAIN shorter AS short; CREATE TABLE notes (id int PRIMARY KEY, body shorter)');
    const { failed } = await start();
    await expect(failed).rejects.toMatchObject({ code: 'STR_APPLY_FAILED', message: expect.stringMatching(/too long/) });
  });

  test('when a row policy hides rows from the copying role: it is told before anything is copied', async () => {
    const role = `reader_${pair.name.replaceAll('-', '_')}`;
    await both('CREATE TABLE notes (id int PRIMARY KEY, body text)');
    await pair.source.query(`CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'x'; ALTER TABLE notes OWNER TO ${role}; ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;
      DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO ${role}', current_database()); END $$; INSERT INTO notes VALUES (1, 'a')`);
    const url = new URL(pair.sourceUrl);
    [url.username, url.password] = [role, 'x'];
    const refused = replicate({ ...pair.options(TABLES), sourceUrl: url.href });
    await expect(refused).rejects.toMatchObject({ code: 'STR_PREFLIGHT', findings: [{ code: 'STR_ROW_SECURITY' }] });
    await pair.source.query(`DROP TABLE notes; DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM ${role}', current_database()); END $$; DROP ROLE ${role}`);
  });

  test('where a table is of a kind the log does not tell', async () => {
    await pair.source.query('CREATE UNLOGGED TABLE notes (id int PRIMARY KEY)');
    await pair.target.query('CREATE UNLOGGED TABLE notes (id int PRIMARY KEY)');
    expect(await found()).toEqual(['STR_TABLE_UNLOGGED public.notes', 'STR_TABLE_UNLOGGED public.notes']);
    await both('DROP TABLE notes; CREATE TABLE notes (id int PRIMARY KEY); CREATE TABLE letters (sender text) INHERITS (notes)');
    expect(await found()).toEqual(['STR_TABLE_INHERITED public.notes']);
    await both('DROP TABLE notes CASCADE; CREATE TABLE notes (id int PRIMARY KEY) PARTITION BY RANGE (id)');
    expect(await found()).toEqual(['STR_TABLE_PARTITIONED public.notes']);
  });

  test('when a copy is asked of a side that no longer owns the rows: nobody is told to empty the owner\'s tables', async () => {
    await both('CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1)');
    await pair.source.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'; CREATE TRIGGER strangler_fence BEFORE INSERT ON notes FOR EACH STATEMENT EXECUTE FUNCTION refuse('catalog')`);
    expect(await found()).toEqual(['STR_SOURCE_NOT_OWNER public.notes']);
  });
});

describe('a team\'s own settings', () => {
  test('for the application\'s short statements do not end a copy or a verification', async () => {
    await both('CREATE TABLE notes (id int PRIMARY KEY, body text)');
    await pair.source.query(`INSERT INTO notes SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 40000) AS g`);
    await both(`DO $$ DECLARE setting text; BEGIN FOREACH setting IN ARRAY ARRAY['statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout'] LOOP
      EXECUTE format('ALTER DATABASE %I SET %I = 60', current_database(), setting); END LOOP; EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`);
    await start();
    await settled();
    expect(await contents(pair.target, 'notes')).toHaveLength(40_000);
    await pair.source.query(`UPDATE notes SET body = 'late' WHERE id = 7`);
    await settled();
    const mapping: ReplicationConfig = pair.options(TABLES).mapping;
    expect(await verify({ mapping, sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl })).toMatchObject({ kind: 'Verified' });
  });
});

describe('two environments on one server', () => {
  test('with a replication of the same name are told apart, and neither takes the other\'s slot', async () => {
    await both('CREATE TABLE notes (id int PRIMARY KEY)');
    await start();
    await settled();
    const [from, to] = [await testDatabase('other_source'), await testDatabase('other_target')];
    for (const { url } of [from, to]) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('CREATE TABLE notes (id int PRIMARY KEY)');
      await client.end();
    }
    const other = { ...pair.options(TABLES), sourceUrl: from.url, targetUrl: to.url };
    expect((await preflight(other)).filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'STR_SLOT_FOREIGN' }]);
    await expect(replicate(other)).rejects.toMatchObject({ code: 'STR_ORIGIN_TAKEN' });
    await pair.source.query('INSERT INTO notes VALUES (1)');
    await settled();
    expect(await contents(pair.target, 'notes')).toEqual(['(1)']);
    await Promise.all([from.close(), to.close()]);
  });
});

test('a forgotten transaction that a slot waits for is named', async () => {
  await pair.target.query('CREATE TABLE notes (id int PRIMARY KEY)');
  await pair.target.query('BEGIN; INSERT INTO notes VALUES (1)');
  const slot = `waits_${pair.name.replaceAll('-', '_')}`;
  const waiting = orSayWhoIsWaitedFor(pair.source, pair.source, () => pair.source.query(`SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput')`), '300ms');
  await expect(waiting).rejects.toMatchObject({ code: 'STR_SLOT_WAITS', message: expect.stringMatching(/idle in transaction/) });
  await pair.target.query('ROLLBACK');
});
