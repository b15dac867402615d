import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { command } from '../src/commands/analyze.ts';
import type { Outcome } from '../src/command.ts';

let root: string;
let database: TestDatabase;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'live-'));
  await writeFile(join(root, 'films.js'), "const db = require('knex')({}); exports.shown = () => db('programme').where({ shown: 1 });");
  database = await testDatabase('analyze_database');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TABLE films (id int PRIMARY KEY, title text); CREATE VIEW programme AS SELECT title, 1 AS shown FROM films');
  await client.end();
});
afterAll(async () => {
  await database.close();
  await rm(root, { recursive: true });
});

const analyze = (given: string, environment: Record<string, string> = {}): Promise<Outcome> => command.run({
  positionals: ['.'], values: { without: 'history', json: true, database: given },
  io: { out: () => undefined, err: () => undefined, interactive: false, environment, cwd: root, signal: new AbortController().signal },
});

describe('analyze --database', () => {
  test('a table that only the database knows, behind a view that code reads, is in the report; the URL is in none', async () => {
    const outcome = await analyze('env:CINEMA', { CINEMA: database.url });
    const { tables, views } = outcome.json as { tables: { name: string; columns: string[]; declared: boolean }[]; views: { name: string; reads: string[] }[] };
    expect(tables.find(({ name }) => name === 'films')).toMatchObject({ columns: ['id', 'title'], declared: true });
    expect(views).toMatchObject([{ name: 'programme', reads: ['films'] }]);
    expect(`${outcome.text}${JSON.stringify(outcome.json)}`).not.toContain(new URL(database.url).host);
  });

  test('a setting that is not there is asked wrongly; a database that is not there is something outside', async () => {
    await expect(analyze('env:CINEMA')).rejects.toMatchObject({ code: 'STR_USAGE' });
    const gone = analyze('postgres://usher:popcorn@127.0.0.1:1/cinema');
    await expect(gone).rejects.toMatchObject({ code: 'STR_DATABASE_UNREACHABLE', exitCode: 3 });
    await expect(gone).rejects.not.toMatchObject({ message: expect.stringContaining('popcorn') as unknown });
  });
});
