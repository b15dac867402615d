import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, replay, tablesBeingCopied, waitForCheckpoint, type ReplicateOptions, type ReplicationEvent, type RunningReplication } from '@strangler/migrations';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

const ROWS = 20_000;
const TABLES = { films: { key: ['id'] }, reels: { key: ['id'] } };
const SLOWLY = { maxRowsPerSecond: ROWS, partBlocks: 16 };

let pair: Pair;
let running: RunningReplication | undefined;
let seen: ReplicationEvent[];

beforeEach(async () => {
  pair = await databasePair('resumed');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE films (id int PRIMARY KEY, title text); CREATE TABLE reels (id int PRIMARY KEY, frames text)');
  for (const table of ['films', 'reels']) await pair.source.query(`INSERT INTO ${table} SELECT g, repeat(md5(g::text), 6) FROM generate_series(1, ${String(ROWS)}) AS g; ANALYZE ${table}`);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await pair.close();
});

async function start(more: Partial<ReplicateOptions> = {}): Promise<RunningReplication> {
  seen = [];
  running = await pair.start(TABLES, { onEvent: (event) => { seen.push(event); }, ...more });
  return running;
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => { while (!await holds()) await Promise.race([delay(5), running?.failed]); };
const rowsOf = (kind: 'snapshot' | 'copying', table: string): number => Math.max(0, ...seen.map((event) => (event.kind === kind && event.table === table ? event.rows : 0)));

/** A copy that is stopped when the first table is there and the second one is begun. */
async function halfACopy(): Promise<void> {
  const first = await start({ snapshot: SLOWLY });
  await until(() => rowsOf('snapshot', 'public.reels') > ROWS / 4);
  await first.stop();
}

async function settled(): Promise<void> {
  await until(async () => (await tablesBeingCopied(`${pair.logDirectory}/${pair.name}`)).length === 0);
  await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 60_000 });
  for (const table of Object.keys(TABLES)) expect(await contents(pair.target, table)).toEqual(await contents(pair.source, table));
}

let fresh = ROWS;
const meanwhile = (): Promise<unknown> => pair.source.query(`DELETE FROM reels WHERE id % 50 = 0; UPDATE reels SET frames = 'cut' WHERE id % 50 = 1; UPDATE reels SET id = -id WHERE id > 0 AND id % 50 = 2;
  UPDATE films SET title = 'renamed' WHERE id % 50 = 3; INSERT INTO reels VALUES (${String(fresh += 1)}, 'new')`);

describe('a first copy that is interrupted', () => {
  test('goes on: a table that is there is not read again, of the other one only what is missing', async () => {
    await halfACopy();
    await meanwhile();
    const second = await start();
    await settled();
    expect(seen.some((event) => event.kind === 'snapshot')).toBe(false);
    expect(rowsOf('copying', 'public.films')).toBe(0);
    expect(second.status().rowsSnapshotted).toBeLessThan(2 * ROWS * 1.1);
    await second.stop();
    // The log tells the whole story, halves and all.
    await replay({ ...pair.options(TABLES), from: 'start', intoSchema: 'again', execute: true });
    for (const table of Object.keys(TABLES)) expect(await contents(pair.target, `again.${table}`)).toEqual(await contents(pair.source, table));
  }, 120_000);

  test('goes on wherever it is interrupted again', async () => {
    await halfACopy();
    await meanwhile();
    const second = await start({ snapshot: { maxRowsPerSecond: 8_000 } });
    await until(() => seen.some((event) => event.kind === 'copying' && event.step === 'rows'));
    await second.stop();
    expect(await tablesBeingCopied(`${pair.logDirectory}/${pair.name}`)).toMatchObject([{ table: 'public.reels' }]);
    await meanwhile();
    await start();
    await settled();
  });

  test('reads a table from its beginning where it was rewritten meanwhile: its rows lie elsewhere now', async () => {
    await halfACopy();
    await meanwhile();
    await pair.source.query('VACUUM FULL reels');
    await start();
    await settled();
    expect(rowsOf('copying', 'public.reels')).toBeGreaterThan(ROWS * 0.9);
  });

  test.each([
    ['the mapping has changed: what is there was made by another one', async () => { await pair.target.query('ALTER TABLE films RENAME COLUMN title TO name'); }, { films: { key: ['id'], columns: { title: 'name' } }, reels: { key: ['id'] } }],
    ['the slot is gone: what came after it will not be sent', async () => { await pair.source.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()'); }, TABLES],
  ])('begins anew where %s', async (_, change, tables) => {
    await halfACopy();
    await change();
    await meanwhile();
    seen = [];
    running = await pair.start(tables, { onEvent: (event) => { seen.push(event); } });
    await settled();
    expect(rowsOf('snapshot', 'public.films')).toBe(ROWS);
  });
});

test('a copy gives its snapshot back when the slot keeps too much WAL, and the rest is copied while changes flow', async () => {
  const base = pair.options(TABLES);
  const mapping = { ...base.mapping, copy: { pauseAbove: { walMegabytes: 40 } } };
  await pair.source.query('CREATE TABLE noise (text text)'); // nobody's business, but WAL all the same
  await start({ mapping, snapshot: { ...SLOWLY, maxRowsPerSecond: 1_500 } });
  await until(() => rowsOf('snapshot', 'public.films') > 0);
  await pair.source.query("INSERT INTO noise SELECT repeat(md5(g::text), 40) FROM generate_series(1, 40000) AS g");
  await until(() => seen.some((event) => event.kind === 'streaming'));
  expect(rowsOf('snapshot', 'public.films')).toBeLessThan(ROWS);
  await meanwhile();
  const moving = setInterval(() => { pair.source.query('SELECT pg_log_standby_snapshot()').catch(() => undefined); }, 500); // else a quiet slot moves every 15 s
  await settled().finally(() => { clearInterval(moving); });
  expect(rowsOf('copying', 'public.films')).toBeGreaterThan(0);
}, 120_000);
