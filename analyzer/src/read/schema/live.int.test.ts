import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { readText } from '../../../test/read-text.ts';
import { readCatalog } from './live-catalog.ts';

const CINEMA = `
  CREATE SCHEMA archive;
  CREATE TABLE halls (id int PRIMARY KEY, name text);
  CREATE TABLE films (id int PRIMARY KEY, hall_id int REFERENCES halls ON DELETE CASCADE, title text, gone text);
  ALTER TABLE films DROP COLUMN gone;
  CREATE TABLE archive.films (id int, noted timestamptz);
  CREATE TABLE takings (day date, amount int) PARTITION BY RANGE (day);
  CREATE TABLE takings_2026 PARTITION OF takings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE VIEW programme AS SELECT f.title, h.name FROM films f JOIN halls h ON h.id = f.hall_id;
  CREATE MATERIALIZED VIEW week AS SELECT title FROM programme;
  CREATE FUNCTION note_film() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO archive.films VALUES (OLD.id, now()); RETURN OLD; END $$;
  CREATE TRIGGER film_noted AFTER DELETE ON films FOR EACH ROW EXECUTE FUNCTION note_film();
  INSERT INTO halls SELECT n, 'hall ' || n FROM generate_series(1, 7) n; ANALYZE halls;`;

const code = async (url: string, error: (thrown: unknown) => unknown = (thrown) => (thrown as { code: string }).code): Promise<unknown> => readCatalog(url).then(() => 'read', error);

describe('a live database', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await testDatabase('live_schema');
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(CINEMA);
  });
  afterAll(async () => {
    await client.end();
    await database.close();
  });

  test('says its tables, columns, keys, views, triggers and about how many rows there are', async () => {
    const { tables, keys, views, triggers } = await readCatalog(database.url);
    expect(tables.map(({ name, columns }) => `${name}: ${columns.join(', ')}`)).toEqual([
      'archive.films: id, noted', 'films: id, hall_id, title', 'halls: id, name', 'programme: title, name', 'takings: day, amount', 'week: title',
    ]);
    expect(tables.find(({ name }) => name === 'halls')?.rows).toBe(7);
    expect(keys).toEqual([{ from: 'films', columns: ['hall_id'], to: 'halls', references: ['id'], onDelete: 'CASCADE' }]);
    expect(views).toEqual([{ name: 'programme', reads: ['films', 'halls'] }, { name: 'week', reads: ['programme'] }]);
    expect(triggers.map(({ name, table }) => `${name} on ${table}`)).toEqual(['film_noted on films']);
  });

  test('completes what the source says: views are read through, triggers write for whoever fires them', async () => {
    const model = await readText({ 'app.js': "exports.a = (pool) => pool.query('SELECT title FROM week');\nexports.b = (pool) => pool.query('DELETE FROM films WHERE id = 1');" }, { database: database.url });
    expect(model.accesses.map(({ mode, table, through, evidence: { line } }) => `${String(line)} ${mode} ${table}${through === undefined ? '' : ` through ${through}`}`)).toEqual([
      '1 read films through week', '1 read halls through week', '1 read week', '2 write archive.films through film_noted', '2 write films',
    ]);
    expect(model.views.map(({ name, reads }) => [name, reads])).toEqual([['programme', ['films', 'halls']], ['week', ['films', 'halls']]]);
    expect(model.triggers.map(({ name, table, writes }) => [table, name, writes])).toEqual([['films', 'film_noted', ['archive.films']]]);
    expect(model.tables.find(({ name }) => name === 'halls')).toMatchObject({ rows: 7, declared: true, evidence: { file: '(database)' } });
  });

  test('is not written to: neither before nor while it is read does a row change', async () => {
    const count = async (): Promise<unknown> => {
      for (const sql of ['SELECT pg_stat_force_next_flush()', 'SELECT pg_stat_clear_snapshot()']) await client.query(sql);
      return (await client.query('SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::int AS changed FROM pg_stat_user_tables')).rows[0];
    };
    const before = await count();
    await readCatalog(database.url);
    expect(await count()).toEqual(before);
  });

  test('a role that may only connect is enough', async () => {
    await client.query(`DO $$ BEGIN CREATE ROLE usher LOGIN PASSWORD 'popcorn'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
    const url = new URL(database.url);
    [url.username, url.password] = ['usher', 'popcorn'];
    expect((await readCatalog(url.href)).tables).toHaveLength(6);
  });

  test('one that is not there is said by name, without the password', async () => {
    const url = new URL(database.url);
    [url.pathname, url.password] = ['/no_such_cinema', 'popcorn'];
    const problem = await code(url.href, (thrown) => thrown) as { code: string; exitCode: number; message: string };
    expect(problem).toMatchObject({ code: 'STR_DATABASE_UNREACHABLE', exitCode: 3 });
    expect(problem.message).toContain('no_such_cinema');
    expect(problem.message).not.toContain('popcorn');
  });
});

describe('what is no PostgreSQL database', () => {
  test('a port where nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => { server.once('listening', resolve); });
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => { server.close(resolve); });
    expect(await code(`postgres://usher:popcorn@127.0.0.1:${String(port)}/cinema`)).toBe('STR_DATABASE_UNREACHABLE');
  });

  test.each(['mysql://root@localhost/cinema', 'cinema', ''])('%p is asked wrongly', async (url) => {
    expect(await code(url)).toBe('STR_USAGE');
  });
});
