import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { readCheckpoint } from '@strangler/migrations';
import { startDebezium, type Debezium } from '../../test/support/debezium.ts';
import { databasePair, type Pair } from '../../test/support/pair.ts';
import { throughKafka, type ThroughKafka } from '../../test/support/through-kafka.ts';
import { kafkaClient, withAdmin, type KafkaAdmin } from '../log/kafka-client.ts';

let debezium: Debezium;
let pair: Pair;
let cinema: ThroughKafka;

beforeAll(async () => { debezium = await startDebezium(); }, 180_000);
afterAll(async () => { await debezium.stop(); }, 60_000);
beforeEach(async () => {
  pair = await databasePair('cinema');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE films (id int PRIMARY KEY, title text, seats int); CREATE TABLE rooms (id int PRIMARY KEY, film int)');
  await pair.source.query("INSERT INTO films SELECT g, 'Film ' || g, g FROM generate_series(1, 10) AS g");
  cinema = throughKafka(debezium, pair, { films: { key: ['id'] }, rooms: { key: ['id'] } });
});
afterEach(async () => { await cinema.close(); }, 60_000);

describe('through Debezium and Kafka', () => {
  test('rows are copied, what is written between copy and connector arrives, and so does what comes after; a restart goes on', async () => {
    await cinema.start();
    await pair.source.query("UPDATE films SET title = 'between' WHERE id = 1");
    await cinema.connect();
    await pair.source.query("BEGIN; INSERT INTO rooms SELECT g, g FROM generate_series(1, 5) AS g; UPDATE films SET id = 100 WHERE id = 2; DELETE FROM films WHERE id = 3; COMMIT");
    await cinema.settled();
    await cinema.equal();
    expect(cinema.running?.status()).toMatchObject({ phase: 'streaming', rowsSnapshotted: 10, lag: { bytes: 0 } });
    // What was applied is not read again: its offsets went into the same transactions.
    const { rows } = await pair.target.query<{ n: number }>("SELECT count(*)::int AS n FROM strangler.kafka_offset WHERE replication = $1 AND next_offset > 0 AND place LIKE '%public%'", [pair.name]);
    expect(rows[0]?.n).toBe(2);

    await cinema.running?.stop();
    await pair.source.query("BEGIN; UPDATE films SET seats = seats + 1; TRUNCATE rooms; COMMIT; INSERT INTO rooms VALUES (1, 1)");
    await cinema.start();
    await cinema.settled();
    await cinema.equal();
    expect(await readCheckpoint(pair.targetUrl, pair.name)).toMatchObject({ transactionsApplied: 4, rowsSnapshotted: 10 });
  }, 180_000);

  test.each(['transactions', 'keys'] as const)('tables that exchange their names stop it, and keep it from starting (%s)', async (reading) => {
    for (const side of [pair.source, pair.target]) await side.query('ALTER TABLE films ADD film int; ALTER TABLE rooms ADD title text, ADD seats int'); // else the columns would tell
    await cinema.start(reading);
    await cinema.connect();
    await cinema.settled();
    const exchange = 'ALTER TABLE films RENAME TO t; ALTER TABLE rooms RENAME TO films; ALTER TABLE t RENAME TO rooms';
    await pair.source.query(exchange);
    const refused = { code: 'STR_TABLES_CHANGED', message: expect.stringContaining('public.rooms is called public.films now'), remedy: expect.stringContaining('--remove') };
    await expect(cinema.running?.failed).rejects.toMatchObject(refused);
    await expect(cinema.start(reading)).rejects.toMatchObject(refused);
    await pair.source.query(exchange);
    await cinema.start(reading);
    await pair.source.query("INSERT INTO films VALUES (77, 'after', 1)");
    await cinema.settled();
    await cinema.equal();
  }, 180_000);

  test('messages that carry their schemas are read alike', async () => {
    await cinema.start();
    await cinema.connect({ 'key.converter.schemas.enable': 'true', 'value.converter.schemas.enable': 'true' });
    await pair.source.query("BEGIN; INSERT INTO rooms SELECT g, g FROM generate_series(1, 5) AS g; UPDATE films SET id = 100, title = '\",\"payload\":' WHERE id = 2; DELETE FROM films WHERE id = 3; COMMIT; ALTER TABLE rooms ADD note text; UPDATE rooms SET note = '}'");
    await pair.target.query('ALTER TABLE rooms ADD note text');
    await cinema.settled();
    await cinema.equal();
  }, 180_000);

  test('a broker and a worker that are killed and come back lose nothing and double nothing', async () => {
    await cinema.start();
    await cinema.connect();
    await cinema.settled();
    let written = 0;
    const writer = { stopped: false };
    const writing = (async () => {
      for (; !writer.stopped; written += 1) {
        await pair.source.query('BEGIN; UPDATE films SET seats = seats + 1; INSERT INTO rooms SELECT coalesce(max(id), 0) + 1, 1 FROM rooms; COMMIT');
        await delay(20);
      }
    })();
    await delay(1_500);
    await debezium.connect.kill('SIGKILL');
    await debezium.connect.restart();
    await debezium.streams(pair);
    await debezium.kafka.kill('SIGKILL');
    await delay(500);
    await debezium.kafka.restart();
    await delay(1_500);
    writer.stopped = true;
    await writing;
    await cinema.settled();
    await cinema.equal();
    expect((await readCheckpoint(pair.targetUrl, pair.name))?.transactionsApplied).toBe(written);
  }, 300_000);

  test('records that are deleted before they were applied are missed, with partition, offsets and number', async () => {
    await cinema.start();
    await cinema.connect();
    await cinema.settled();
    await cinema.running?.stop();
    const topic = `${pair.name}.public.films`;
    const before = await ends(topic);
    await pair.source.query('UPDATE films SET seats = 0');
    while (await ends(topic) < before + 10) await delay(100);
    await asAdmin(async (admin) => {
      await admin.fetchTopicOffsets(topic); // kafkajs deletes only where it knows the leader already
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(before + 4) }] });
    });
    await cinema.start();
    await expect(cinema.running?.failed).rejects.toMatchObject({ code: 'STR_TOPIC_TRUNCATED', message: expect.stringContaining(`offsets ${String(before)} to ${String(before + 3)}: 4 records`) });
  }, 180_000);

  test('a topic that is deleted and made anew is another one, also once it has grown past the offset that was reached', async () => {
    await cinema.start();
    await cinema.connect();
    await pair.source.query('UPDATE films SET seats = 1');
    await cinema.settled();
    await cinema.running?.stop();
    await debezium.unregister(pair);
    const topic = `${pair.name}.public.films`;
    const reached = await ends(topic);
    await asAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
    for (let attempt = 0; attempt < 100 && !await asAdmin((admin) => admin.createTopics({ topics: [{ topic }] })).catch(() => false); attempt += 1) await delay(100);
    const producer = kafkaClient(debezium.access).producer();
    await producer.connect();
    await producer.send({ topic, messages: Array.from({ length: reached + 5 }, () => ({ key: '{"id":1}', value: null })) });
    await producer.disconnect();
    expect(await ends(topic)).toBe(reached + 5);
    await expect(cinema.start()).rejects.toMatchObject({ code: 'STR_TOPIC_REPLACED', message: expect.stringContaining(topic) });
  }, 180_000);

  test('by key, two sinks divide the partitions, and the checkpoint follows', async () => {
    await asAdmin((admin) => admin.createTopics({ topics: ['films', 'rooms'].map((table) => ({ topic: `${pair.name}.public.${table}`, numPartitions: 4 })) }));
    const first = await cinema.start('keys');
    await cinema.start('keys');
    try {
      await cinema.connect();
      await pair.source.query("INSERT INTO rooms SELECT g, g FROM generate_series(1, 500) AS g; UPDATE films SET id = id + 100 WHERE id < 6; DELETE FROM rooms WHERE id % 7 = 0; UPDATE rooms SET film = 9 WHERE id % 2 = 0");
      await cinema.settled();
      await cinema.equal();
    } finally {
      await first.stop();
    }
  }, 180_000);
});

const asAdmin = <T>(act: (admin: KafkaAdmin) => Promise<T>): Promise<T> => withAdmin(kafkaClient(debezium.access), act);

const ends = (topic: string): Promise<number> => asAdmin(async (admin) => Number((await admin.fetchTopicOffsets(topic))[0]?.high ?? 0));
