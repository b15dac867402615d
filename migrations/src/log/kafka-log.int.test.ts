import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { toEnvelopes } from '../capture/envelope-print.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';
import type { ChangeLog, LogPosition } from './change-log.ts';
import { openKafkaLog } from './kafka-log.ts';

/** librdkafka's mock cluster inside kcat (Debian package kcat): a broker without Java. */
const kcat = spawnSync('kcat', ['-V']).status === 0;
if (!kcat && process.env['CI'] !== undefined) throw new Error('kcat is missing: apt-get install kcat');
if (!kcat) process.stderr.write('Kafka log: skipped, install kcat (apt-get install kcat) for its mock broker\n');
const suite = kcat ? describe : describe.skip;

const tables = new Map([['public.beds', ['id']], ['public.wards', ['id']]]);
let broker: ChildProcess;
let brokers: string[];
const logs: ChangeLog[] = [];

beforeAll(async () => {
  if (!kcat) return;
  broker = spawn('kcat', ['-P', '-t', 'unused', '-b', 'unused', '-X', 'test.mock.num.brokers=1'], { stdio: ['pipe', 'ignore', 'pipe'] });
  brokers = [await new Promise<string>((resolve) => {
    let text = '';
    broker.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const address = /127\.0\.0\.1:\d+/.exec(text)?.[0];
      if (address !== undefined) resolve(address);
    });
  })];
});
afterAll(async () => {
  if (!kcat) return;
  await Promise.all(logs.map((log) => log.close()));
  broker.kill('SIGKILL'); // it would go on waiting for its input
  await once(broker, 'exit');
});

const open = async (prefix: string): Promise<ChangeLog> => {
  const log = await openKafkaLog({ brokers, prefix, tables });
  logs.push(log);
  return log;
};

const transaction = (number: number, events = 3): ChangeTransaction => ({
  commitLsn: (LSN_ZERO + BigInt(number) * 100n) as Lsn, xid: 1_000 + number, committedAtMs: 1_700_000_000_000 + number * 1_000,
  events: Array.from({ length: events }, (_, index) => ({ schema: 'public', table: index % 2 === 0 ? 'beds' : 'wards', op: 'create' as const, after: { id: String(number * 10 + index), note: `n${String(index)}` } })),
});

async function all(log: ChangeLog, from: LogPosition): Promise<ChangeTransaction[]> {
  const found: ChangeTransaction[] = [];
  for await (const batch of log.read(from)) found.push(...batch);
  return found;
}

suite('the change log on Kafka', () => {
  test('gives back whole transactions in commit order, from several topics and partitions', async () => {
    const log = await open('clinic');
    const written = Array.from({ length: 20 }, (_, index) => transaction(index + 1));
    await log.append(written.slice(0, 12));
    await log.append(written.slice(12));
    expect(await all(log, 'start')).toEqual(written);
    expect(await all(log, { afterLsn: (LSN_ZERO + 1_800n) as Lsn })).toEqual(written.slice(18));
    expect(await all(log, { fromTimeMs: 1_700_000_000_000 + 15_000 })).toEqual(written.slice(14));
    expect(await log.extent()).toEqual({ tail: { lsn: 100n, timeMs: 1_700_000_001_000 }, head: { lsn: 2_000n, timeMs: 1_700_000_020_000 } });
  });

  test('drops what it has already, also when another process opens it', async () => {
    await (await open('wing')).append([transaction(1), transaction(2)]);
    const again = await open('wing');
    await again.append([transaction(1), transaction(2), transaction(3)]);
    await again.append([transaction(3)]);
    expect((await all(again, 'start')).map(({ commitLsn }) => commitLsn)).toEqual([100n, 200n, 300n]);
  });

  test('is empty before anything was written', async () => {
    const log = await open('empty');
    expect(await log.extent()).toEqual({});
    expect(await all(log, 'start')).toEqual([]);
  });

  test('follows until it is told to stop', async () => {
    const log = await open('follow');
    const stop = new AbortController();
    const found: Lsn[] = [];
    const reading = (async () => {
      for await (const batch of log.read('start', { follow: true, signal: stop.signal })) {
        found.push(...batch.map(({ commitLsn }) => commitLsn));
        if (found.length === 3) stop.abort();
      }
    })();
    await log.append([transaction(1)]);
    await log.append([transaction(2), transaction(3)]);
    await reading;
    expect(found).toEqual([100n, 200n, 300n]);
  });

  test('keeps markers, moved keys and empty transactions', async () => {
    const log = await open('odd');
    const written: ChangeTransaction[] = [
      { ...transaction(1, 0), marker: 'cut 1' },
      { ...transaction(2), events: [{ schema: 'public', table: 'beds', op: 'update', after: { id: '8' }, keyBefore: { id: '7' } }, { schema: 'public', table: 'wards', op: 'truncate' }, { schema: 'public', table: 'beds', op: 'delete', keyBefore: { id: '8' } }] },
      transaction(3, 0),
    ];
    await log.append(written);
    expect(await all(log, 'start')).toEqual(written);
  });
});

suite('what Kafka may bring', () => {
  test('messages that Connect sends twice after a crash, and a transaction that is not whole yet, are read past', async () => {
    const log = await open('twice');
    const [first, second, half] = [transaction(1), transaction(2), transaction(3)].map((one) => toEnvelopes(one, { prefix: 'twice', keys: tables }));
    const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    for (const { topic, key, value } of [...first ?? [], ...first?.slice(1) ?? [], ...second ?? [], ...first ?? [], ...half?.slice(0, 2) ?? []]) {
      await producer.send({ topic, messages: [{ key: JSON.stringify(key), value: JSON.stringify(value), ...(topic.endsWith('.transaction') ? { partition: 0 } : {}) }] });
    }
    await producer.disconnect();
    expect(await all(log, 'start')).toEqual([transaction(1), transaction(2)]);
  });

  test('a message that is not understood stops the reader instead of being lost', async () => {
    const log = await open('strange');
    const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic: 'strange.public.beds', messages: [{ value: '{"id": 1, "flattened": true}' }] });
    await producer.disconnect();
    await expect(all(log, 'start')).rejects.toMatchObject({ code: 'STR_BAD_ENVELOPE' });
  });

  test('a broker that cannot be reached is an error of the environment', async () => {
    await expect(openKafkaLog({ brokers: ['127.0.0.1:1'], prefix: 'none', tables })).rejects.toMatchObject({ code: 'STR_KAFKA_UNREACHABLE', exitCode: 3 });
  });
});
