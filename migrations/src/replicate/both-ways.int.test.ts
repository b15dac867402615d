import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { emitMarker, prepareReplication, readCheckpoint, replicate, waitForCheckpoint, type ReplicateOptions, type RunningReplication } from '@strangler/migrations';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

let pair: Pair;
let forward: RunningReplication;
let backward: RunningReplication;
const TABLES = { orders: { key: ['id'] } };
const DEADLINE = { deadlineMs: 20_000 };

const back = (): ReplicateOptions => ({ ...pair.options(TABLES), name: `${pair.name}-back`, sourceUrl: pair.targetUrl, targetUrl: pair.sourceUrl });

beforeAll(async () => {
  pair = await databasePair('shop');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE orders (id int PRIMARY KEY, placed_at text, note text)');
  await pair.source.query("INSERT INTO orders SELECT g, 'monolith', 'first' FROM generate_series(1, 50) AS g");
  forward = await pair.start(TABLES);
  await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'copied'), DEADLINE);
});
afterAll(async () => {
  await Promise.all([forward.stop(), backward.stop()]);
  await pair.close();
});

test('what is written on the service between preparing the way back and starting it is not missed', async () => {
  const from = await prepareReplication(back());
  await pair.target.query("INSERT INTO orders VALUES (1000, 'service', 'before the way back runs')");
  expect(await prepareReplication(back())).toBe(from);
  backward = await replicate({ ...back(), startFrom: 'now' });
  await waitForCheckpoint(pair.sourceUrl, back().name, await emitMarker(pair.targetUrl, 'back'), DEADLINE);
  expect(await contents(pair.source, 'orders')).toEqual(await contents(pair.target, 'orders'));
  expect(backward.status()).toMatchObject({ eventsApplied: 1, rowsSnapshotted: 0 });
});

test('both ways at once, each change crosses exactly once', async () => {
  const before = [forward.status().eventsApplied, backward.status().eventsApplied];
  for (let index = 0; index < 100; index += 1) {
    await Promise.all([
      pair.source.query("INSERT INTO orders VALUES ($1, 'monolith', 'x')", [2000 + index]),
      pair.target.query("INSERT INTO orders VALUES ($1, 'service', 'y')", [3000 + index]),
    ]);
  }
  for (let round = 0; round < 3; round += 1) { // an echo would need a moment to come back
    await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'loop'), DEADLINE);
    await waitForCheckpoint(pair.sourceUrl, back().name, await emitMarker(pair.targetUrl, 'loop'), DEADLINE);
  }
  expect([forward.status().eventsApplied, backward.status().eventsApplied]).toEqual([100 + (before[0] ?? 0), 100 + (before[1] ?? 0)]);
  expect(await contents(pair.source, 'orders')).toEqual(await contents(pair.target, 'orders'));
  expect((await readCheckpoint(pair.targetUrl, pair.name))?.transactionsApplied).toBe(100);
});
