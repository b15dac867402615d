import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { TableMapping } from '@strangler/kernel';
import { emitMarker, pausedTables, replicate, tablesBeingCopied, waitForCheckpoint, type ReplicateOptions, type RunningReplication } from '@strangler/migrations';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

const TABLES: Record<string, TableMapping> = { films: { key: ['id'] }, seats: { key: ['id'] } };
let pair: Pair;
let running: RunningReplication | undefined;
let warnings: string[];

beforeEach(async () => {
  pair = await databasePair('paused');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE films (id int PRIMARY KEY, title text, code text NOT NULL UNIQUE); CREATE TABLE seats (id int PRIMARY KEY)');
  await pair.source.query("INSERT INTO films SELECT g, 'Film ' || g, 'f' || g FROM generate_series(1, 50) AS g");
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await pair.close();
});

async function start(tables = TABLES, more: Partial<ReplicateOptions> = {}, onRefusal: 'park' | 'stop' = 'park'): Promise<void> {
  await running?.stop();
  warnings = [];
  const base = pair.options(tables, more);
  running = await replicate({ ...base, mapping: { ...base.mapping, onRefusal }, onEvent: (event) => { if (event.kind === 'warning') warnings.push(`${event.finding.code} ${event.finding.where ?? ''}`); } });
  running.failed.catch(() => undefined);
}
const directory = (): string => `${pair.logDirectory}/${pair.name}`;
const settled = async (): Promise<void> => {
  const marker = await emitMarker(pair.sourceUrl, 'settled');
  await Promise.race([waitForCheckpoint(pair.targetUrl, pair.name, marker, { deadlineMs: 30_000 }), running?.failed]);
};
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => { while (!await holds()) await Promise.race([delay(20), running?.failed]); };
const seatsFlow = async (id: number): Promise<void> => {
  await pair.source.query('INSERT INTO seats VALUES ($1)', [id]);
  await settled();
  expect(await contents(pair.target, 'seats')).toContain(`(${String(id)})`);
};
const copiedAgain = async (at = 'films'): Promise<void> => {
  await until(async () => (await tablesBeingCopied(directory())).length === 0);
  await settled();
  expect(await contents(pair.target, 'films')).toEqual(await contents(pair.source, at));
  expect(await pausedTables(directory())).toEqual([]);
};

describe('a table that leaves the stream pauses alone', () => {
  test.each([
    ['its changes no longer bring their key', 'ALTER TABLE films DROP CONSTRAINT films_pkey; ALTER TABLE films REPLICA IDENTITY USING INDEX films_code_key; DELETE FROM films WHERE id = 7', 'STR_NO_KEY', 'ALTER TABLE films ADD PRIMARY KEY (id); ALTER TABLE films REPLICA IDENTITY DEFAULT'],
    ['it was taken out of the publication', 'ALTER PUBLICATION OURS DROP TABLE films; DELETE FROM films WHERE id = 7', 'STR_TABLES_CHANGED', ''],
    ['it was out of the publication for a while', 'ALTER PUBLICATION OURS DROP TABLE films; DELETE FROM films WHERE id = 7; ALTER PUBLICATION OURS ADD TABLE films', 'STR_TABLES_CHANGED', ''],
    ['it was dropped and made anew', 'DROP TABLE films; CREATE TABLE films (id int PRIMARY KEY, title text, code text NOT NULL UNIQUE); INSERT INTO films VALUES (1, NULL, 1)', 'STR_TABLES_CHANGED', ''],
  ])('because %s; mended and copied again it is back', async (_, change, code, mend) => {
    await start();
    await settled();
    for (const statement of change.replaceAll('OURS', `strangler_${pair.name.replaceAll('-', '_')}`).split('; ')) await pair.source.query(statement);
    await until(() => warnings.includes(`${code} public.films`));
    await seatsFlow(1);
    await pair.source.query("UPDATE films SET title = 'passed over' WHERE id < 5");
    await start(); // it is not forgotten
    expect(await pausedTables(directory())).toMatchObject([{ table: 'public.films', code, remedy: expect.stringContaining('--again public.films') }]);
    await seatsFlow(2);
    if (mend !== '') await pair.source.query(mend);
    await start(TABLES, { changes: { again: ['films'] } });
    await copiedAgain();
    await pair.source.query("UPDATE films SET title = 'followed' WHERE id = 1");
    await copiedAgain();
  }, 60_000);

  test.each(['while it streams', 'while nobody reads'])('because it was renamed %s; under its new name it is paused until it is copied again', async (when) => {
    await start();
    await settled();
    if (when === 'while nobody reads') await running?.stop();
    await pair.source.query('ALTER TABLE films RENAME TO movies');
    await pair.source.query("UPDATE movies SET title = 'passed over' WHERE id < 5; INSERT INTO movies VALUES (99, 'too', 'x')");
    if (when === 'while nobody reads') await start();
    await until(() => warnings.includes('STR_TABLES_CHANGED public.films'));
    await seatsFlow(1);
    const renamed: Record<string, TableMapping> = { movies: { key: ['id'], into: 'films' }, seats: { key: ['id'] } };
    await start(renamed);
    await pair.source.query("UPDATE movies SET title = 'still passed over' WHERE id = 9");
    await seatsFlow(2);
    expect(await pausedTables(directory())).toMatchObject([{ table: 'public.movies' }]);
    await start(renamed, { changes: { again: ['movies'] } });
    await copiedAgain('movies');
  }, 60_000);

  test('for good: taken out of the config it is no longer missed', async () => {
    await start();
    await settled();
    await pair.source.query('DROP TABLE films');
    await until(() => warnings.includes('STR_TABLES_CHANGED public.films'));
    await start();
    await seatsFlow(1);
    await start({ seats: { key: ['id'] } });
    await seatsFlow(2);
    expect(await pausedTables(directory())).toEqual([]);
    expect(await contents(pair.target, 'films')).toHaveLength(50);
  }, 60_000);

  test('in the middle of a transaction, and of a TRUNCATE of several', async () => {
    await start();
    await seatsFlow(1);
    await pair.source.query('ALTER TABLE films DROP CONSTRAINT films_pkey; ALTER TABLE films REPLICA IDENTITY USING INDEX films_code_key');
    await pair.source.query('INSERT INTO seats VALUES (2); DELETE FROM films WHERE id = 7; INSERT INTO seats VALUES (3)');
    await until(() => warnings.includes('STR_NO_KEY public.films'));
    await settled();
    expect(await contents(pair.target, 'seats')).toEqual(['(1)', '(2)', '(3)']);
    await pair.source.query('TRUNCATE films, seats');
    await seatsFlow(4);
    expect(await contents(pair.target, 'seats')).toEqual(['(4)']);
    expect(await contents(pair.target, 'films')).toHaveLength(50);
  });
});

test('where nothing is parked, the replication stops as before', async () => {
  await start(TABLES, {}, 'stop');
  await settled();
  await pair.source.query('ALTER TABLE films RENAME TO movies');
  await pair.source.query("UPDATE movies SET title = 'x' WHERE id < 5");
  await expect(running?.failed).rejects.toMatchObject({ code: 'STR_TABLES_CHANGED' });
  expect(await pausedTables(directory())).toEqual([]);
});

test('where it stops, nothing of the transaction at which it did has gone further', async () => {
  await start(TABLES, {}, 'stop');
  await settled();
  await pair.source.query('ALTER TABLE films DROP CONSTRAINT films_pkey; ALTER TABLE films REPLICA IDENTITY USING INDEX films_code_key');
  await pair.source.query('INSERT INTO seats VALUES (2); DELETE FROM films WHERE id = 7; INSERT INTO seats VALUES (3)');
  await pair.source.query('INSERT INTO seats VALUES (4)');
  await expect(running?.failed).rejects.toMatchObject({ code: 'STR_NO_KEY' });
  await pair.source.query('ALTER TABLE films ADD PRIMARY KEY (id); ALTER TABLE films REPLICA IDENTITY DEFAULT');
  await start(TABLES, {}, 'stop'); // the change that lacked its key still does
  await expect(running?.failed).rejects.toMatchObject({ code: 'STR_NO_KEY' });
  expect(await contents(pair.target, 'seats')).toEqual([]);
});
