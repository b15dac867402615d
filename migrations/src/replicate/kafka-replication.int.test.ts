import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { emitMarker, readCheckpoint, waitForCheckpoint, type RunningReplication } from '@strangler/migrations';
import { startDebezium, type Debezium } from '../../test/support/debezium.ts';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

let debezium: Debezium;
let pair: Pair;
let running: RunningReplication | undefined;
const FILMS = { films: { key: ['id'] }, rooms: { key: ['id'] } };

beforeAll(async () => { debezium = await startDebezium(); }, 180_000);
afterAll(async () => { await debezium.stop(); }, 60_000);
beforeEach(async () => {
  pair = await databasePair('cinema');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE films (id int PRIMARY KEY, title text, seats int); CREATE TABLE rooms (id int PRIMARY KEY, film int)');
  await pair.source.query("INSERT INTO films SELECT g, 'Film ' || g, g FROM generate_series(1, 10) AS g");
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await debezium.unregister(pair);
  await pair.close();
}, 60_000);

const start = async (more: object = {}): Promise<RunningReplication> => {
  const options = pair.options(FILMS, { kafka: debezium.access });
  running = await pair.start(FILMS, { ...options, mapping: { ...options.mapping, log: 'kafka' }, ...more });
  running.failed.catch(() => undefined);
  return running;
};
const settled = async (): Promise<void> => {
  const arrived = waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 40_000 });
  await Promise.race([arrived, running?.failed ?? arrived]);
};
const equal = async (): Promise<void> => { for (const table of ['films', 'rooms']) expect(await contents(pair.target, table)).toEqual(await contents(pair.source, table)); };

describe('through Debezium and Kafka', () => {
  test('rows are copied, what is written between copy and connector arrives, and so does what comes after; a restart goes on', async () => {
    await start();
    await pair.source.query("UPDATE films SET title = 'between' WHERE id = 1");
    await debezium.register(pair, FILMS);
    await debezium.streams(pair);
    await pair.source.query("BEGIN; INSERT INTO rooms SELECT g, g FROM generate_series(1, 5) AS g; UPDATE films SET id = 100 WHERE id = 2; DELETE FROM films WHERE id = 3; COMMIT");
    await settled();
    await equal();
    expect(running?.status()).toMatchObject({ phase: 'streaming', rowsSnapshotted: 10, lag: { bytes: 0 } });

    await running?.stop();
    await pair.source.query("BEGIN; UPDATE films SET seats = seats + 1; TRUNCATE rooms; COMMIT; INSERT INTO rooms VALUES (1, 1)");
    await start();
    await settled();
    await equal();
    expect(await readCheckpoint(pair.targetUrl, pair.name)).toMatchObject({ transactionsApplied: 4, rowsSnapshotted: 10 });
  }, 180_000);
});
