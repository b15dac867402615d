import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { emitMarker, prepareReplication, replicate, waitForCheckpoint, type ReplicateOptions, type RunningReplication } from '@strangler/migrations';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

jest.setTimeout(180_000);
let pair: Pair;
let both: RunningReplication[];
const TABLES = { orders: { key: ['id'] }, order_items: { key: ['order_id', 'n'] }, totals: { key: ['day'] } };
const DEADLINE = { deadlineMs: 60_000 };
/** A trigger that writes another replicated table, and a reference that deletes from one: on each side the application's own doing, and never the replication's. */
const SCHEMA = `CREATE TABLE orders (id int PRIMARY KEY, placed_at text, note text);
  CREATE TABLE order_items (order_id int REFERENCES orders ON DELETE CASCADE, n int, PRIMARY KEY (order_id, n));
  CREATE TABLE totals (day text PRIMARY KEY, n int NOT NULL);
  CREATE FUNCTION count_order() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO totals VALUES (NEW.placed_at, 1) ON CONFLICT (day) DO UPDATE SET n = totals.n + 1; RETURN NEW; END';
  CREATE TRIGGER count_order AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION count_order()`;

const back = (): ReplicateOptions => ({ ...pair.options(TABLES), name: `${pair.name}-back`, sourceUrl: pair.targetUrl, targetUrl: pair.sourceUrl });

beforeAll(async () => {
  pair = await databasePair('loop');
  for (const side of [pair.source, pair.target]) await side.query(SCHEMA);
  const forward = await pair.start(TABLES);
  await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'copied'), DEADLINE);
  await prepareReplication(back());
  both = [forward, await replicate({ ...back(), startFrom: 'now' })];
});
afterAll(async () => {
  await Promise.all(both.map((each) => each.stop()));
  await pair.close();
});

test('thousands of rows both ways at once, with triggers and cascades on both sides: each change crosses once', async () => {
  const write = async (client: Pair['source'], side: string, from: number): Promise<void> => {
    for (let low = from; low < from + 2_000; low += 50) await client.query(`INSERT INTO orders SELECT g, '${side}', 'x' FROM generate_series(${String(low)}, ${String(low + 49)}) AS g`);
    await client.query(`INSERT INTO order_items SELECT g, n FROM generate_series(${String(from)}, ${String(from + 499)}) AS g, generate_series(1, 2) AS n`);
    await client.query(`UPDATE orders SET note = 'y' WHERE id BETWEEN ${String(from)} AND ${String(from + 999)}`);
    await client.query(`DELETE FROM orders WHERE id BETWEEN ${String(from)} AND ${String(from + 249)}`);
  };
  await Promise.all([write(pair.source, 'monolith', 1), write(pair.target, 'service', 100_001)]);
  for (let round = 0; round < 4; round += 1) { // an echo would need a moment to come back
    await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'loop'), DEADLINE);
    await waitForCheckpoint(pair.sourceUrl, back().name, await emitMarker(pair.targetUrl, 'loop'), DEADLINE);
  }
  // 2,000 orders, as many counts, 1,000 items, 1,000 changes, 250 orders deleted and their 500 items: each once, each way.
  expect(both.map((each) => each.status().eventsApplied)).toEqual([6_750, 6_750]);
  for (const table of Object.keys(TABLES)) expect(await contents(pair.source, table)).toEqual(await contents(pair.target, table));
  expect(await contents(pair.source, 'totals')).toEqual(['(monolith,2000)', '(service,2000)']);
});
