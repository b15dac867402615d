import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, waitForCheckpoint, type RunningReplication } from '@strangler/migrations';
import { startDebezium, type Debezium } from '../../test/support/debezium.ts';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';
import { spareSlotName } from '../capture/spare-slot.ts';
import { kafkaClient, withAdmin } from '../log/kafka-client.ts';
import { follow } from '../log/kafka-fetch.ts';

/** Enough that the connector takes some seconds, and Connect stores its place several times meanwhile. */
const ROWS = 20_000;
const COPIED = 150_000;
const QUICKLY = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
/** A row or two a request, one request at a time: however fast the machine or slow the kill, there is a middle to be ended in. */
const SLOWLY = { 'producer.override.batch.size': '1000', 'producer.override.max.in.flight.requests.per.connection': '1' };
const SHIP = { berths: { key: ['id'] }, cabins: { key: ['id'] } };

let debezium: Debezium;
let pair: Pair;
let running: RunningReplication | undefined;

beforeAll(async () => {
  debezium = await startDebezium({ 'group.min.session.timeout.ms': '500' }, undefined, { worker: { 'offset.flush.interval.ms': '100', 'offset.flush.timeout.ms': '500', 'session.timeout.ms': '2000', 'heartbeat.interval.ms': '500' }, jvm: [QUICKLY, QUICKLY] });
}, 240_000);
afterAll(async () => { await debezium.stop(); }, 60_000);
beforeEach(async () => {
  pair = await databasePair('ship');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE berths (id int PRIMARY KEY, cabin int, guest text); CREATE TABLE cabins (id int PRIMARY KEY, deck int)');
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await debezium.unregister(pair);
  await pair.close();
}, 60_000);

async function start(reading: 'transactions' | 'keys', more: Readonly<Record<string, string>> = SLOWLY): Promise<void> {
  const options = pair.options(SHIP, { kafka: debezium.access });
  running = await pair.start(SHIP, { ...options, mapping: { ...options.mapping, log: 'kafka', reading } });
  running.failed.catch(() => undefined);
  await debezium.register(pair, SHIP, more, reading);
  await debezium.streams(pair);
  await settled();
}
const settled = async (): Promise<void> => {
  const arrived = waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 150_000 });
  arrived.catch(() => undefined);
  await Promise.race([arrived, running?.failed ?? arrived]);
};
const equal = async (): Promise<void> => { for (const table of Object.keys(SHIP)) expect(await contents(pair.target, table)).toEqual(await contents(pair.source, table)); };

/** Rows of both tables by turns, then changes of some of them. */
const voyage = (): Promise<unknown> => pair.source.query(`BEGIN;
  INSERT INTO cabins SELECT g, g % 9 FROM generate_series(1, ${String(ROWS / 10)}) AS g; INSERT INTO berths SELECT g, g % 7, md5(g::text) FROM generate_series(1, ${String(ROWS / 2)}) AS g;
  UPDATE cabins SET deck = deck + 1; INSERT INTO berths SELECT g, 0, 'late' FROM generate_series(${String(ROWS / 2 + 1)}, ${String(ROWS)}) AS g;
  UPDATE berths SET id = -id WHERE id % 50 = 0; DELETE FROM cabins WHERE id % 10 = 0; COMMIT`);

/** Until so many of the events are in Kafka. */
async function sent(events: number): Promise<void> {
  await withAdmin(kafkaClient(debezium.access), async (admin) => {
    for (let there = 0; there < events;) {
      await delay(5);
      const ends = await Promise.all(Object.keys(SHIP).map((table) => admin.fetchTopicOffsets(`${pair.name}.public.${table}`)));
      there = ends.flat().reduce((sum, { high }) => sum + Number(high), 0);
    }
  });
}

describe('a connector that ends in the middle of a transaction', () => {
  test.each([['transactions', 0.2], ['transactions', 0.8], ['keys', 0.5]] as const)('killed, and read by %s, at %d of it: the transaction arrives whole', async (reading, share) => {
    await start(reading);
    await voyage();
    await sent(ROWS * share);
    await debezium.connect.kill('SIGKILL');
    await debezium.connect.restart();
    await debezium.streams(pair);
    await settled();
    await equal();
    expect(await runs()).toBeGreaterThan(1);
  }, 300_000);

  test('stopped and started again, between rows that were written one by one: the transaction arrives whole', async () => {
    await start('transactions');
    await voyage();
    await sent(ROWS / 3);
    await restarted();
    await settled();
    await equal();
    expect(await runs()).toBeGreaterThan(1);
  }, 300_000);

  test('stopped and started again within a COPY: the rest of a WAL record is in no topic, and the transaction is read from the source', async () => {
    await start('transactions', {});
    // As pg_dump's do: many rows in one WAL record.
    await pair.source.query(`COPY berths FROM PROGRAM 'seq -f "%.0f,1,guest" ${String(COPIED)}' (FORMAT csv)`);
    await sent(COPIED / 10);
    await restarted();
    await settled();
    await equal();
  }, 300_000);
});

/**
 * What Debezium takes for the place it knows is the row behind the commit that Connect has stored: with it, or with all before it, it would pass over the transaction. In `ended` the connector
 * ends while that transaction is open.
 */
async function endedBehindCommit(ended: () => Promise<void>, late: string, reading: 'transactions' | 'keys' = 'transactions'): Promise<void> {
  await start(reading, {});
  const open = new pg.Client(pair.sourceUrl);
  await open.connect();
  try {
    await open.query("BEGIN; INSERT INTO berths VALUES (1, 1, 'first')");
    await pair.source.query('INSERT INTO cabins VALUES (1, 1)');
    await open.query("INSERT INTO berths VALUES (2, 1, 'behind the commit')");
    await stored(reading === 'keys' ? 'INSERT' : 'COMMIT');
    await ended();
    await open.query(`${late}; COMMIT`);
  } finally {
    await open.end();
  }
}

/** Until Connect has stored a place of that kind: of the cabin's transaction, and no earlier one. */
async function stored(kind: string): Promise<void> {
  for (const until = performance.now() + 20_000; performance.now() < until;) {
    await delay(50);
    const { offsets } = await (await fetch(`${debezium.connect.url}/connectors/${pair.name}/offsets`)).json() as { offsets?: { offset: Record<string, unknown> }[] };
    const { messageType, ...counts } = offsets?.[0]?.offset ?? {};
    if (messageType === kind && (kind === 'INSERT' || counts['transaction_data_collection_order_public.cabins'] !== undefined)) return;
  }
  throw new Error(`no ${kind} was stored`);
}

describe('a connector that begins again at a commit', () => {
  const LATE = "INSERT INTO berths VALUES (3, 1, 'late')";
  const worker = { name: 'its worker is killed', end: () => debezium.connect.kill('SIGKILL'), begin: () => debezium.connect.restart() };
  const within = { name: 'its session is ended', end: async () => { await pair.source.query("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active"); }, begin: () => Promise.resolve() };
  test.each([{ ...worker, late: 'SELECT 1' }, { ...worker, late: LATE }, { ...within, late: LATE }])('$name while a transaction is open that wrote right behind that commit, and then does $late: it arrives whole', async ({ end, begin, late }) => {
    await endedBehindCommit(end, late);
    await begin();
    await debezium.streams(pair);
    await settled();
    await equal();
  }, 300_000);

  test('read by key, it keeps no place at a commit: it arrives whole', async () => {
    await endedBehindCommit(worker.end, LATE, 'keys');
    await worker.begin();
    await debezium.streams(pair);
    await settled();
    await equal();
  }, 300_000);

  test('and when the WAL is no longer kept that tells what it began with, that is said', async () => {
    await endedBehindCommit(worker.end, 'SELECT 1');
    await pair.source.query(`SELECT pg_drop_replication_slot('${spareSlotName(pair.name)}')`);
    await worker.begin();
    await debezium.streams(pair);
    await expect(running?.failed).rejects.toMatchObject({ code: 'STR_TRANSACTION_UNPROVEN' });
    expect(await contents(pair.target, 'berths')).toEqual([]);
  }, 300_000);
});

/** A worker that is asked to end stores the last place first, so that no event is sent twice. */
async function restarted(): Promise<void> {
  await debezium.connect.restart();
  await debezium.streams(pair);
}

/** How many runs of the connector have sent rows of the berths' transaction. */
async function runs(): Promise<number> {
  const producers = new Set<string | undefined>();
  for await (const fetched of follow(kafkaClient(debezium.access), [{ topic: `${pair.name}.public.berths`, partition: 0, offset: 0n }], { signal: AbortSignal.timeout(60_000) })) {
    for (const { records } of fetched) for (const { producer } of records) producers.add(producer);
    if (fetched.length === 0) break;
  }
  return producers.size;
}
