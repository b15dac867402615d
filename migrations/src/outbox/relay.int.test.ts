import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import knex from 'knex';
import pg from 'pg';
import type { DomainEvent } from './domain-event.ts';
import { inboxTable, outboxTable } from './outbox-table.ts';
import { consumeOnce, relayFromTable } from './relay.ts';

let database: TestDatabase;
let clients: pg.Client[];

beforeAll(async () => {
  database = await testDatabase('outbox');
  const service = knex({ client: 'pg', connection: database.url });
  await outboxTable(service);
  await inboxTable(service);
  await service.schema.createTable('shelf', (table) => { table.text('title'); });
  await service.destroy();
  clients = [1, 2, 3].map(() => new pg.Client({ connectionString: database.url }));
  await Promise.all(clients.map((client) => client.connect()));
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await database.close();
});
beforeEach(async () => { await client(0).query('TRUNCATE outbox, inbox, shelf'); });

const client = (index: number): pg.Client => clients[index] ?? new pg.Client();
const write = (from: number, to: number): Promise<unknown> => client(0).query(
  `INSERT INTO outbox (aggregatetype, aggregateid, type, payload, created_at) SELECT 'book', g % 3, 'book.lent', jsonb_build_object('n', g), now() + g * interval '1 ms' FROM generate_series($1::int, $2::int) g`, [from, to]);
const numbers = (events: readonly DomainEvent[]): number[] => events.map(({ payload }) => (payload as { n: number }).n);

describe('a relay from the table', () => {
  test('publishes every event in order and leaves none behind', async () => {
    await write(1, 25);
    const published: DomainEvent[] = [];
    const publish = (event: DomainEvent): Promise<void> => { published.push(event); return Promise.resolve(); };
    const batches: number[] = [];
    for (let shipped = -1; shipped !== 0;) { shipped = await relayFromTable({ client: client(0), publish, batchSize: 10 }); batches.push(shipped); }
    expect(batches).toEqual([10, 10, 5, 0]);
    expect(numbers(published)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    expect(published[0]).toMatchObject({ aggregateType: 'book', aggregateId: '1', type: 'book.lent' });
  });

  test('that fails in the middle publishes the batch again, and the consumer notices nothing', async () => {
    await write(1, 5);
    let calls = 0;
    const publish = async (event: DomainEvent): Promise<void> => {
      calls += 1;
      if (calls === 4) throw new Error('the broker is gone');
      await consumeOnce(client(1), event, async (own) => { await own.query('INSERT INTO shelf VALUES ($1)', [String((event.payload as { n: number }).n)]); });
    };
    await expect(relayFromTable({ client: client(0), publish })).rejects.toThrow('the broker is gone');
    expect(await relayFromTable({ client: client(0), publish })).toBe(5);
    expect((await client(0).query('SELECT title FROM shelf ORDER BY title')).rows.map(({ title }: { title: string }) => title)).toEqual(['1', '2', '3', '4', '5']);
  });

  test('shares the work with another one, and never doubles it', async () => {
    await write(1, 200);
    const published: DomainEvent[] = [];
    const publish = async (event: DomainEvent): Promise<void> => { published.push(event); await Promise.resolve(); };
    const relay = async (own: pg.Client): Promise<void> => { while (await relayFromTable({ client: own, publish, batchSize: 7 }) > 0); };
    await Promise.all([relay(client(0)), relay(client(1)), relay(client(2))]);
    expect(numbers(published).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });
});

test('a consumer that fails has not consumed, and may try again', async () => {
  const event = { id: '0b9c8a52-95a5-4f0a-8a52-0f0d8b6ef2d1' };
  await expect(consumeOnce(client(0), event, () => Promise.reject(new Error('no shelf')))).rejects.toThrow('no shelf');
  expect(await consumeOnce(client(0), event, () => Promise.resolve())).toBe(true);
  expect(await consumeOnce(client(0), event, () => Promise.reject(new Error('never called')))).toBe(false);
});
