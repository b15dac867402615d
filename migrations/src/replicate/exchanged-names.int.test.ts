import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { TableMapping } from '@strangler/kernel';
import { emitMarker, pausedTables, replicate, tablesBeingCopied, waitForCheckpoint, type ReplicateOptions, type RunningReplication } from '@strangler/migrations';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

const TABLES: Record<string, TableMapping> = { films: { key: ['id'] }, films_rebuilt: { key: ['id'] }, seats: { key: ['id'] } };
const EXCHANGE = 'ALTER TABLE films RENAME TO t; ALTER TABLE films_rebuilt RENAME TO films; ALTER TABLE t RENAME TO films_rebuilt';
let pair: Pair;
let running: RunningReplication | undefined;
let warnings: string[];

beforeEach(async () => {
  pair = await databasePair('exchanged');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE films (id int PRIMARY KEY, title text); CREATE TABLE films_rebuilt (id int PRIMARY KEY, title text); CREATE TABLE seats (id int PRIMARY KEY)');
  await pair.source.query("INSERT INTO films SELECT g, 'Film ' || g FROM generate_series(1, 50) AS g; INSERT INTO films_rebuilt SELECT g, 'Rebuilt ' || g FROM generate_series(1, 60) AS g");
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await pair.close();
});

async function start(onRefusal: 'park' | 'stop', more: Partial<ReplicateOptions> = {}, tables = TABLES): Promise<void> {
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
const copied = async (): Promise<void> => {
  while ((await tablesBeingCopied(directory())).length > 0) await Promise.race([delay(20), running?.failed]);
  await settled();
  for (const table of Object.keys(TABLES)) expect(await contents(pair.target, table)).toEqual(await contents(pair.source, table));
};
const paused = async (): Promise<string[]> => (await pausedTables(directory())).map(({ table }) => table).sort();
const BOTH = ['public.films', 'public.films_rebuilt'];
/** As the copies were before the names were exchanged. */
const untouched = async (): Promise<void> => {
  expect(await contents(pair.target, 'films')).toHaveLength(50);
  expect(await contents(pair.target, 'films_rebuilt')).toHaveLength(60);
};
/** One row of each, told apart: under the same name as ever it would be the other copy's. */
const WRITE = "INSERT INTO films VALUES (1001, 'of the rebuilt'); UPDATE films_rebuilt SET title = 'of the first' WHERE id = 7";

describe.each(['whose rows have flowed', 'that were silent since the start'])('two tables %s exchange their names', (before) => {
  test('while it streams: both are paused before a row goes astray, and copied again they are right', async () => {
    await start('park');
    await settled();
    if (before === 'whose rows have flowed') await pair.source.query("UPDATE films SET title = 'x' WHERE id = 1; UPDATE films_rebuilt SET title = 'y' WHERE id = 1");
    await settled();
    await pair.source.query(EXCHANGE);
    await pair.source.query(`${WRITE}; INSERT INTO seats VALUES (1)`);
    await settled();
    await untouched();
    expect(await contents(pair.target, 'seats')).toEqual(['(1)']);
    expect(await paused()).toEqual(BOTH);
    expect(warnings).toEqual(['STR_TABLES_CHANGED public.films', 'STR_TABLES_CHANGED public.films_rebuilt']);
    await start('park');
    await pair.source.query("INSERT INTO films VALUES (1002, 'passed over'), (1003, 'too')");
    await settled();
    await untouched();
    await start('park', { changes: { again: ['films', 'films_rebuilt'] } });
    await pair.source.query("UPDATE films SET title = 'meanwhile' WHERE id = 60; INSERT INTO films_rebuilt VALUES (2000, 'meanwhile')");
    await copied();
    await pair.source.query('DELETE FROM films WHERE id > 1000');
    await copied();
    expect(await paused()).toEqual([]);
  }, 60_000);

  test('and nothing may be paused: it stops before a row goes astray, also when it is started again', async () => {
    await start('stop');
    await settled();
    if (before === 'whose rows have flowed') await pair.source.query("UPDATE films SET title = 'x' WHERE id = 1; UPDATE films_rebuilt SET title = 'y' WHERE id = 1");
    await settled();
    await pair.source.query(EXCHANGE);
    await pair.source.query(WRITE);
    await expect(running?.failed).rejects.toMatchObject({ code: 'STR_TABLES_CHANGED', message: expect.stringContaining('public.films'), remedy: expect.stringMatching(/--again public\.films.* --again public\.films/) });
    await untouched();
    await start('stop');
    await expect(running?.failed).rejects.toMatchObject({ code: 'STR_TABLES_CHANGED' });
    await untouched();
    await expect(start('stop', { changes: { again: ['films'] } })).rejects.toMatchObject({ code: 'STR_TABLES_CHANGED' }); // half of it would leave the other copy wrong
    await start('stop', { changes: { again: ['films', 'films_rebuilt'] } });
    await copied();
  }, 60_000);
});

describe('while nobody reads', () => {
  const exchange = async (): Promise<void> => {
    await running?.stop();
    await pair.source.query("INSERT INTO films VALUES (900, 'unread, under the earlier name'); DELETE FROM films WHERE id = 3; UPDATE films_rebuilt SET title = 'unread' WHERE id < 4");
    await pair.source.query(EXCHANGE);
    await pair.source.query(WRITE);
  };

  test('both are paused at the start', async () => {
    await start('park');
    await settled();
    await exchange();
    await start('park');
    await settled();
    await untouched();
    expect(await paused()).toEqual(BOTH);
    await start('park', { changes: { again: ['films', 'films_rebuilt'] } });
    await copied();
  }, 60_000);

  test('it is refused where nothing may be paused; copied again, what was unread from before goes into neither copy', async () => {
    await start('stop');
    await settled();
    await exchange();
    await start('stop');
    await expect(running?.failed).rejects.toMatchObject({ code: 'STR_TABLES_CHANGED' });
    await untouched();
    await start('stop', { changes: { again: ['films', 'films_rebuilt'] } });
    await copied();
    expect(await contents(pair.target, 'films')).not.toContain('(900,"unread, under the earlier name")');
  }, 60_000);

  test('one is copied again, the other stays paused', async () => {
    await start('park');
    await settled();
    await exchange();
    await start('park', { changes: { again: ['films'] } });
    while ((await tablesBeingCopied(directory())).length > 0) await delay(20);
    await pair.source.query("INSERT INTO films VALUES (1004, 'flows'); INSERT INTO films_rebuilt VALUES (1004, 'does not')");
    await settled();
    expect(await contents(pair.target, 'films')).toEqual(await contents(pair.source, 'films'));
    expect(await contents(pair.target, 'films_rebuilt')).toHaveLength(60);
    expect(await paused()).toEqual(['public.films_rebuilt']);
  }, 60_000);

  test('exchanged and exchanged back, what was written in between is noticed in the stream', async () => {
    await start('park');
    await settled();
    await exchange();
    await pair.source.query(EXCHANGE);
    await start('park');
    await settled();
    expect(await contents(pair.target, 'films')).toHaveLength(50); // one more, one less, from before
    expect(await paused()).toEqual(BOTH);
    await start('park', { changes: { again: ['films', 'films_rebuilt'] } });
    await copied();
  }, 60_000);

  test.each(['park', 'stop'] as const)('one takes the place of the other, which goes by a third name (%s)', async (onRefusal) => {
    await start(onRefusal);
    await settled();
    await running?.stop();
    await pair.source.query('ALTER TABLE films RENAME TO films_before; ALTER TABLE films_rebuilt RENAME TO films');
    await pair.source.query("INSERT INTO films VALUES (1001, 'of the rebuilt'); INSERT INTO films_before VALUES (1002, 'of the first'); INSERT INTO seats VALUES (1)");
    if (onRefusal === 'stop') await expect(start(onRefusal)).rejects.toMatchObject({ code: 'STR_PREFLIGHT', findings: [{ code: 'STR_TABLE_MISSING' }] });
    else { await start(onRefusal); await settled(); }
    await untouched();
    expect(await paused()).toEqual(onRefusal === 'park' ? BOTH : []);
  }, 60_000);

  test('one takes the place of the other, which the config and the publication let go', async () => {
    await start('stop');
    await settled();
    await running?.stop();
    await pair.source.query(EXCHANGE);
    const { films_rebuilt: gone, ...rest } = TABLES;
    expect(gone).toBeDefined();
    await expect(start('stop', { changes: { drop: ['films_rebuilt'] } }, rest)).rejects.toMatchObject({ code: 'STR_TABLES_CHANGED' });
    await start('stop', { changes: { drop: ['films_rebuilt'], again: ['films'] } }, rest);
    while ((await tablesBeingCopied(directory())).length > 0) await Promise.race([delay(20), running?.failed]);
    await settled();
    expect(await contents(pair.target, 'films')).toEqual(await contents(pair.source, 'films'));
  }, 60_000);
});
