import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { emitMarker, listDeadLetters, replicate, waitForCheckpoint, type RunningReplication } from '@strangler/migrations';
import { setTimeout as delay } from 'node:timers/promises';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

let pair: Pair;
let running: RunningReplication | undefined;
const TABLES = { films: { key: ['id'] }, seats: { key: ['id'] } };

beforeEach(async () => {
  pair = await databasePair('shapes');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE films (id int PRIMARY KEY, title text, rating int); CREATE TABLE seats (id int PRIMARY KEY, code text)');
  await pair.source.query("INSERT INTO films SELECT g, 'Film ' || g, g FROM generate_series(1, 3) AS g");
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await pair.close();
});

const options = (onRefusal: 'park' | 'stop' = 'park') => { const base = pair.options(TABLES); return { ...base, mapping: { ...base.mapping, onRefusal } }; };
const start = async (onRefusal: 'park' | 'stop' = 'park'): Promise<void> => {
  running = await replicate(options(onRefusal));
  running.failed.catch(() => undefined);
};
const settled = async (): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 20_000 }); };
const letters = () => listDeadLetters({ name: pair.name, mapping: options().mapping, targetUrl: pair.targetUrl });
const write = async (...transactions: readonly string[]): Promise<void> => { for (const transaction of transactions) await pair.source.query(transaction); };
const resumed = async (): Promise<void> => {
  for (const until = Date.now() + 30_000; (await letters()).length > 0 && Date.now() < until;) await delay(100);
  expect(await letters()).toEqual([]);
  for (const table of Object.keys(TABLES)) expect(await contents(pair.target, table)).toEqual(await contents(pair.source, table));
};

describe('a table whose schema changes pauses alone, says what mends it, and goes on by itself', () => {
  test.each([
    ['a column that the target lacks', 'INSERT INTO films (id) VALUES (10); ALTER TABLE films ADD COLUMN city text', "UPDATE films SET city = 'Rome' WHERE id = 1", /city is new/, 'ALTER TABLE films ADD COLUMN city text'],
    ['a column that is gone, after rows that had it', 'INSERT INTO films (id, rating) VALUES (10, 1); ALTER TABLE films DROP COLUMN rating', "UPDATE films SET title = 'x' WHERE id = 1", /rating is gone/, 'ALTER TABLE films DROP COLUMN rating'],
    ['a column under another name', 'ALTER TABLE films RENAME COLUMN title TO name', "UPDATE films SET name = 'x' WHERE id = 1", /name is new.*title is gone/, 'ALTER TABLE films RENAME COLUMN title TO name'],
    ['a column of another type', 'INSERT INTO films (id) VALUES (10); ALTER TABLE films ALTER COLUMN rating TYPE bigint', 'UPDATE films SET rating = 5000000000 WHERE id = 1', /rating has another type.*still integer/, 'ALTER TABLE films ALTER COLUMN rating TYPE bigint'],
  ])('%s', async (_, change, use, reason, mend) => {
    await start();
    await settled();
    await write(`${change}; ${use}`, "INSERT INTO seats VALUES (1, 'free')", 'INSERT INTO films (id) VALUES (11)', "INSERT INTO films (id) VALUES (12); INSERT INTO seats VALUES (2, 'with a film')", "UPDATE seats SET code = 'waits for it' WHERE id = 2");
    await settled();
    expect((await letters()).map(({ as, table }) => [as, table])).toEqual([['schema', 'public.films'], ['behind', ''], ['behind', ''], ['behind', '']]);
    expect((await letters())[0]).toMatchObject({ code: 'STR_SCHEMA_CHANGED', reason: expect.stringMatching(reason) });
    expect(await contents(pair.target, 'seats')).toEqual(['(1,free)']);
    await pair.target.query(mend);
    await resumed();
  });

  test('also before the first row, and across a restart', async () => {
    await start();
    await settled();
    await running?.stop();
    await write('ALTER TABLE films DROP COLUMN rating', "UPDATE films SET title = 'x' WHERE id = 1");
    await start();
    await settled();
    expect(await letters()).toHaveLength(1);
    await pair.target.query('ALTER TABLE films DROP COLUMN rating');
    await running?.stop();
    await start();
    await resumed();
  });
});

test('what the target already has flows: a column added there first, a wider type', async () => {
  await start();
  await settled();
  await pair.target.query('ALTER TABLE films ADD COLUMN city text, ALTER COLUMN rating TYPE numeric');
  await write('ALTER TABLE films ADD COLUMN city text', "UPDATE films SET city = 'Rome' WHERE id = 1", 'ALTER TABLE films ALTER COLUMN rating TYPE bigint', 'UPDATE films SET rating = 5000000000 WHERE id = 2');
  await settled();
  await resumed();
});

test('where nothing is parked the replication stops and says what mends it', async () => {
  await start('stop');
  await settled();
  await write('ALTER TABLE films DROP COLUMN rating', "UPDATE films SET title = 'x' WHERE id = 1");
  await expect(running?.failed).rejects.toMatchObject({ code: 'STR_SCHEMA_CHANGED', exitCode: 3, remedy: expect.stringContaining('DROP COLUMN') });
  await pair.target.query('ALTER TABLE films DROP COLUMN rating');
  await start('stop');
  await settled();
  await resumed();
});
