import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, replay, verify, waitForCheckpoint, type ReplayOptions, type RunningReplication } from '@strangler/migrations';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

let pair: Pair;
let running: RunningReplication;
let noon: Date;
const RECORDS = { records: { key: ['id'] } };

beforeAll(async () => {
  pair = await databasePair('record_shop');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE records (id int PRIMARY KEY, artist text, price numeric(8,2), sleeve text)');
  await pair.source.query("INSERT INTO records SELECT g, 'Artist ' || g, g, repeat('sleeve ', 2000) FROM generate_series(1, 3000) AS g");
  running = await pair.start(RECORDS);
  await settled();
  await pair.source.query("UPDATE records SET price = price + 1 WHERE id <= 100");
  await delay(30);
  noon = new Date();
  await delay(30);
  await pair.source.query("UPDATE records SET artist = 'afternoon' WHERE id <= 50");
  await pair.source.query('DELETE FROM records WHERE id > 2990');
  await pair.source.query("INSERT INTO records SELECT g, 'New', 1, NULL FROM generate_series(5001, 5010) AS g");
  await settled();
});
afterAll(async () => { await running.stop(); await pair.close(); });

const settled = async (): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 20_000 }); };
const options = (more: Partial<ReplayOptions> = {}): ReplayOptions => ({ ...pair.options(RECORDS), from: { time: noon }, execute: true, ...more });

test('a plan says what a replay would do, and does nothing', async () => {
  const plan = await replay(options({ execute: false, intoSchema: 'afternoon' }));
  expect(plan).toMatchObject({ executed: false, onto: 'a copy of the target', fromSnapshot: false, tables: [{ table: 'public.records', snapshotReads: 0, creates: 10, updates: 50, deletes: 10, truncates: 0 }] });
  expect(plan.events).toBe(70);
  expect((await pair.target.query("SELECT 1 FROM pg_namespace WHERE nspname = 'afternoon'")).rowCount).toBe(0);
});

test('from a chosen time into a fresh copy, beside the running sink: the copy verifies against the source', async () => {
  const report = await replay(options({ intoSchema: 'afternoon' }));
  expect(report).toMatchObject({ executed: true, onto: 'a copy of the target' });
  const verdict = await verify({ mapping: { from: 'monolith', to: 'catalog', tables: { records: { key: ['id'], into: 'afternoon.records' } } }, sourceUrl: pair.sourceUrl, targetUrl: pair.targetUrl });
  expect(verdict).toMatchObject({ kind: 'Verified' });
});

test('from the start into a fresh copy: the log alone rebuilds the table', async () => {
  const report = await replay(options({ from: 'start', intoSchema: 'rebuilt' }));
  expect(report).toMatchObject({ onto: 'empty tables', fromSnapshot: true, tables: [{ snapshotReads: 3000 }] });
  expect(await contents(pair.target, 'rebuilt.records')).toEqual(await contents(pair.source, 'records'));
});

test('is not made from Kafka, whatever the range begins with, and says why', async () => {
  const base = options();
  for (const from of ['start', { offset: 12n }] as const) {
    await expect(replay({ ...base, from, execute: false, mapping: { ...base.mapping, log: 'kafka' } })).rejects.toMatchObject({ code: 'STR_REPLAY_ON_KAFKA', exitCode: 3, remedy: expect.stringContaining('strangler verify') });
  }
  await expect(replay({ ...base, from: { offset: 12n }, execute: false })).rejects.toMatchObject({ code: 'STR_USAGE' });
});

test('into a schema that exists is refused', async () => {
  await expect(replay(options({ intoSchema: 'public' }))).rejects.toMatchObject({ code: 'STR_SCHEMA_EXISTS', exitCode: 1 });
});

test('in place is refused while the sink runs; when it does not, nothing changes', async () => {
  await expect(replay(options())).rejects.toMatchObject({ code: 'STR_SINK_ACTIVE' });
  await running.stop();
  const before = await contents(pair.target, 'records');
  const report = await replay(options());
  expect(report).toMatchObject({ onto: 'the target itself', executed: true });
  expect(await contents(pair.target, 'records')).toEqual(before);
  running = await pair.start(RECORDS);
  await pair.source.query("UPDATE records SET artist = 'evening' WHERE id = 7");
  await settled();
  expect(await contents(pair.target, 'records')).toEqual(await contents(pair.source, 'records'));
});
