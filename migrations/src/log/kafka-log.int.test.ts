import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testKafka } from '@strangler/testkit';
import kafkajs from 'kafkajs';
import { all, changeLogContract } from '../../test/contracts/change-log.contract.ts';
import { at } from '../../test/support/transactions.ts';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { toEnvelopes } from '../capture/envelope-print.ts';
import type { ChangeLog } from './change-log.ts';
import { openKafkaLog } from './kafka-log.ts';

type Broker = Awaited<ReturnType<typeof testKafka>>;
let broker: Broker;
let brokers: string[];
const logs: ChangeLog[] = [];
const tables = new Map([['public.books', ['id']], ['Sales Dept.Order "Lines"', ['id']]]);

beforeAll(async () => {
  broker = await testKafka();
  brokers = [broker.bootstrap];
}, 120_000);
afterAll(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await broker.stop();
}, 60_000);

const open = async (prefix: string): Promise<ChangeLog> => {
  const log = await openKafkaLog({ brokers, prefix, tables });
  logs.push(log);
  return log;
};

let count = 0;
changeLogContract('the log on Kafka', async () => {
  count += 1;
  const prefix = `contract-${String(count)}`;
  return { log: await open(prefix), reopen: () => open(prefix), dispose: () => Promise.resolve() };
}, { runs: 2 });

const transaction = (number: number): ChangeTransaction => at(number * 100);

describe('what Kafka may bring', () => {
  test('another process that opens the log drops what it has already', async () => {
    await (await open('reopened')).append([transaction(1), transaction(2)]);
    const again = await open('reopened');
    await again.append([transaction(1), transaction(2), transaction(3)]);
    expect((await all(again, 'start')).map(({ commitLsn }) => commitLsn)).toEqual([100n, 200n, 300n]);
  });

  test('messages that Connect sends twice after a crash, and a transaction that is not whole yet, are read past', async () => {
    const log = await open('twice');
    const [first, second, half] = [transaction(1), transaction(2), transaction(3)].map((one) => toEnvelopes(one, { prefix: 'twice', keys: tables }));
    const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    for (const { topic, key, value } of [...first ?? [], ...first?.slice(1) ?? [], ...second ?? [], ...first ?? [], ...half?.slice(1) ?? []]) {
      await producer.send({ topic, messages: [{ key: JSON.stringify(key), value: JSON.stringify(value), ...(topic.endsWith('.transaction') ? { partition: 0 } : {}) }] });
    }
    await producer.disconnect();
    expect(await all(log, 'start')).toEqual([transaction(1), transaction(2)]);
  });

  test('a message that is not understood stops the reader instead of being lost', async () => {
    const log = await open('strange');
    const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic: 'strange.public.books', messages: [{ value: '{"id": 1, "flattened": true}' }] });
    await producer.disconnect();
    await expect(all(log, 'start')).rejects.toMatchObject({ code: 'STR_BAD_ENVELOPE' });
  });

  test('a broker that cannot be reached is an error of the environment', async () => {
    await expect(openKafkaLog({ brokers: ['127.0.0.1:1'], prefix: 'none', tables })).rejects.toMatchObject({ code: 'STR_KAFKA_UNREACHABLE', exitCode: 3 });
  });
});
