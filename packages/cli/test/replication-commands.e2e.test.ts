import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, waitForCheckpoint } from '@strangler/migrations';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { main } from '../src/main.ts';
import { strangler, STRANGLER, type Ran } from './run.ts';

/** A dozen processes each, which may share two busy cores with others. */
jest.setTimeout(180_000);

/** Slots belong to the whole server: a name no other test uses. */
const NAME = `cinema-${randomBytes(3).toString('hex')}`;
let directory: string;
let databases: readonly [TestDatabase, TestDatabase];
let source: pg.Client;
let target: pg.Client;
let sink: ChildProcess | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strangler-commands-'));
  databases = [await testDatabase('cinema_source'), await testDatabase('cinema_target')];
  [source, target] = databases.map(({ url }) => new pg.Client({ connectionString: url })) as [pg.Client, pg.Client];
  for (const client of [source, target]) {
    await client.connect();
    await client.query('CREATE TABLE films (id int PRIMARY KEY, title text, rating int, poster text); CREATE TABLE seats (id int PRIMARY KEY, plan text); CREATE TABLE notes (id int PRIMARY KEY, note text)');
  }
  await source.query(`ALTER TABLE films ALTER poster SET STORAGE EXTERNAL; ALTER TABLE seats ALTER plan SET STORAGE EXTERNAL;
    INSERT INTO films SELECT g, 'Film ' || g, g, repeat('poster', 900) FROM generate_series(1, 5) AS g; INSERT INTO seats SELECT g, repeat('plan', 900) FROM generate_series(1, 5) AS g; INSERT INTO notes VALUES (1, 'first')`);
  await configure('films', 'seats');
});
afterAll(async () => {
  await stop();
  await run('replicate', NAME, '--remove', '--execute');
  await Promise.all([source.end(), target.end()]);
  await Promise.all(databases.map((database) => database.close()));
  await rm(directory, { recursive: true, force: true });
});

const configure = (...tables: readonly string[]): Promise<void> => writeFile(join(directory, 'strangler.config.yaml'), `monolith: { source: ., url: 'http://127.0.0.1:1', database: '${databases[0].url}' }
services:
  cinema: { context: Cinema, url: 'http://127.0.0.1:1', database: '${databases[1].url}', owns: { modules: [], tables: [films] } }
routes: {}
compare: { promoteWhen: { minSamples: 1, maxMismatchRate: 1, maxLatencyRatio: 1 } }
replication:
  ${NAME}: { from: monolith, to: cinema, onRefusal: park, tables: { ${tables.map((table) => `${table}: { key: [id] }`).join(', ')} } }
`);
const run = (...args: readonly string[]): Promise<Ran> => strangler(args, { cwd: directory });

/** The same, in this process: for plans and refusals, of which there are many. */
async function ask(...args: readonly string[]): Promise<Ran> {
  const said = { out: '', err: '' };
  const code = await main(args, { interactive: false, environment: {}, cwd: directory, signal: new AbortController().signal, out: (text) => { said.out += text; }, err: (text) => { said.err += text; } });
  return { code, ...said };
}

/** A sink as its own process, ready when it says so. */
async function start(...more: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [STRANGLER, 'replicate', NAME, ...more], { cwd: directory, env: { PATH: process.env['PATH'] ?? '' }, stdio: ['ignore', 'pipe', 'pipe'] });
  sink = child;
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  const ended = once(child, 'close').then(() => { throw new Error(`The sink ended: ${said}`); });
  ended.catch(() => undefined);
  await Promise.race([once(child.stdout, 'data'), ended]);
}
async function stop(): Promise<number | null | undefined> {
  if (sink?.exitCode !== null) return undefined; // none, or it has ended
  const closed = once(sink, 'close') as Promise<[number | null]>;
  sink.kill('SIGINT');
  return (await closed)[0];
}
const settled = async (): Promise<void> => { await waitForCheckpoint(databases[1].url, NAME, await emitMarker(databases[0].url, 'settled'), { deadlineMs: 40_000 }); };
const rows = async (client: pg.Client, table: string): Promise<string[]> => (await client.query<{ row: string }>(`SELECT t::text AS row FROM ${table} AS t ORDER BY 1`)).rows.map(({ row }) => row);

test('dead letters are counted by status, listed, shown, tried again, and thrown away only with a reason', async () => {
  await start();
  await settled();
  expect(await run('dead-letters', 'list')).toMatchObject({ code: 0, out: 'There are no dead letters.\n' });
  await target.query('ALTER TABLE films ADD CONSTRAINT rated CHECK (rating < 100)');
  for (const statement of ['UPDATE films SET rating = 500 WHERE id = 2', "UPDATE films SET title = 'behind' WHERE id = 2", 'UPDATE films SET rating = 600 WHERE id = 3']) await source.query(statement);
  await settled();

  const [status, listed, shown, refused] = await Promise.all([ask('status'), ask('dead-letters', 'list'), ask('dead-letters', 'show', NAME), run('dead-letters', 'retry', NAME, '--execute')]);
  expect(status).toMatchObject({ code: 0, out: expect.stringContaining(`3 (strangler dead-letters list ${NAME})`) });
  expect(listed).toMatchObject({ code: 1, out: expect.stringMatching(/STR_APPLY_FAILED.*rated[^]*waits behind another/) });
  expect(shown).toMatchObject({ code: 1, out: expect.stringContaining('update public.films id=2') });
  expect(refused).toMatchObject({ code: 1, out: expect.stringMatching(/0 applied, 3 left\.\n.*was refused again, and nothing after it was tried: .*rated/) });

  const ids = [...listed.out.matchAll(/\b[0-9A-F]+\/[0-9A-F]+\b/g)].map(([id]) => id);
  const last = ids.at(-1) ?? '';
  const [planned, wholesale, why, nobody] = await Promise.all([ask('dead-letters', 'retry', NAME), ask('dead-letters', 'discard', NAME), ask('dead-letters', 'discard', NAME, last, '--execute'), ask('dead-letters', 'show', NAME, '0/1')]);
  expect(planned).toMatchObject({ code: 0, out: expect.stringMatching(/Would apply[^]*Nothing was changed/) });
  expect(wholesale).toMatchObject({ code: 2, err: expect.stringContaining('Nothing is discarded wholesale') });
  expect(why).toMatchObject({ code: 2, err: expect.stringContaining('--why is missing') });
  expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('STR_NO_DEAD_LETTER') });
  const discarded = await run('dead-letters', 'discard', NAME, last, '--why', 'a typing error', '--execute');
  expect(discarded.out).toMatch(/Lost:[^]*id=3[^]*The two sides differ by this now: strangler verify/);

  await target.query('ALTER TABLE films DROP CONSTRAINT rated');
  expect(await run('dead-letters', 'retry', NAME, '--execute')).toMatchObject({ code: 0, out: expect.stringMatching(/2 applied .*, 0 left\./) });
  expect(await run('verify', NAME)).toMatchObject({ code: 1 });
  await source.query('UPDATE films SET rating = 3 WHERE id = 3');
  await settled();
  expect(await run('verify', NAME)).toMatchObject({ code: 0 });
});

test('a table joins, is copied again, and leaves; the plan touches nothing', async () => {
  const [unnamed, unknown, ours, still] = await Promise.all([ask('replicate', NAME, '--add-table', 'notes'), ask('replicate', 'cinemas', '--add-table', 'notes'), ask('replicate', NAME, '--again', 'notes'), ask('replicate', NAME, '--drop-table', 'seats')]);
  expect(unnamed).toMatchObject({ code: 2, err: expect.stringMatching(/Cannot add notes: the config does not name it\.\n.*Write it into the config first/) });
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('STR_UNKNOWN_REPLICATION') });
  expect(ours).toMatchObject({ code: 2, err: expect.stringContaining('--add-table adds one') });
  expect(still).toMatchObject({ code: 2, err: expect.stringContaining('the config still names it') });

  await configure('films', 'seats', 'notes');
  expect(await run('replicate', NAME, '--add-table', 'notes')).toMatchObject({ code: 0, out: expect.stringMatching(/add notes: [^]*undo: .*--drop-table notes[^]*Nothing was changed/) });
  expect(await rows(target, 'notes')).toEqual([]);
  expect(await run('replicate', NAME, '--add-table', 'notes', '--execute')).toMatchObject({ code: 3, err: expect.stringContaining('STR_SINK_ACTIVE') });
  expect(await stop()).toBe(130);
  await start('--add-table', 'notes', '--execute');
  while ((await rows(target, 'notes')).length === 0) await delay(50);
  await target.query("INSERT INTO notes VALUES (99, 'not from the source')");
  await stop();
  await start('--again', 'notes', '--execute');
  while ((await rows(target, 'notes')).length > 1) await delay(50);
  await stop();

  await configure('films', 'seats');
  await start('--drop-table', 'notes', '--execute');
  await source.query("INSERT INTO notes VALUES (2, 'unheard')");
  await settled();
  expect(await rows(target, 'notes')).toEqual(['(1,first)']);
});

test('a replay in place is refused with every table that forbids it; into a schema it is swapped in, and swapped out again', async () => {
  await source.query('UPDATE films SET id = id + 100 WHERE id < 3; UPDATE seats SET id = id + 100 WHERE id = 1');
  await settled();
  const [inPlace, one, planned, unknown] = await Promise.all([ask('replay', NAME, '--from', 'start'), ask('replay', NAME, '--from', 'start', '--table', 'seats'), ask('replay', NAME, '--from', 'start', '--into', 'rebuilt'), ask('replay', NAME, '--from', 'start', '--table', 'stalls')]);
  expect(inPlace).toMatchObject({ code: 1, out: expect.stringMatching(/public\.films cannot be repeated.*2 keys changed between[^]*public\.seats cannot be repeated.*a key changed at[^]*--execute would be refused/) });
  expect(one.out).not.toContain('public.films');
  expect(planned).toMatchObject({ code: 0, out: expect.stringContaining('onto empty tables in schema rebuilt') });
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('STR_UNKNOWN_TABLE') });
  expect(await run('replay', NAME, '--from', 'start', '--execute')).toMatchObject({ code: 1, err: expect.stringMatching(/STR_REPLAY_NOT_IDEMPOTENT.*films.*seats/) });

  await target.query("UPDATE films SET title = 'damaged'");
  expect(await run('replay', NAME, '--from', 'start', '--into', 'rebuilt', '--execute')).toMatchObject({ code: 0, out: expect.stringMatching(/undo: DROP SCHEMA rebuilt CASCADE\n.*--into rebuilt --swap/) });
  expect(await run('replay', NAME, '--into', 'rebuilt', '--swap', '--execute')).toMatchObject({ code: 3, err: expect.stringContaining('STR_SINK_ACTIVE') });
  await stop();
  expect(await run('replay', NAME, '--into', 'rebuilt', '--swap')).toMatchObject({ code: 0, out: expect.stringMatching(/would be kept in rebuilt_before_1[^]*Nothing was changed/) });
  const damaged = await rows(target, 'films');
  const swapped = await run('replay', NAME, '--into', 'rebuilt', '--swap', '--execute');
  expect(swapped).toMatchObject({ code: 0, out: expect.stringContaining(`undo: strangler replay ${NAME} --into rebuilt_before_1 --swap --execute`) });
  expect(await rows(target, 'films')).toEqual(await rows(source, 'films'));
  expect(await run('replay', NAME, '--into', 'rebuilt_before_1', '--swap', '--execute')).toMatchObject({ code: 0 });
  expect(await rows(target, 'films')).toEqual(damaged);
});
