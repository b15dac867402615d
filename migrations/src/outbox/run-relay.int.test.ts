import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { outbox, until, type Outbox } from '../../test/support/outbox.ts';
import { LSN_ZERO } from '../capture/lsn.ts';
import type { OutboundMessage, Publisher } from '../log/publisher.ts';
import { removeRelay } from './outbox-source.ts';
import { discardParked, parkedOf } from './parked.ts';
import { readEvents } from './read-events.ts';
import { relayLog, startRelay, type RelayEvent, type RelayOptions, type RunningRelay } from './run-relay.ts';

let database: Outbox;
let client: Outbox['client'];
let logDirectory: string;
let events: RelayEvent[];
let running: RunningRelay[];

beforeEach(async () => {
  database = await outbox('relay');
  ({ client, logDirectory } = database);
  [events, running] = [[], []];
});
afterEach(async () => {
  await Promise.all(running.map((relay) => relay.stop()));
  await database.close();
});

/** A broker whose conduct the test decides. */
class Broker implements Publisher {
  readonly got: OutboundMessage[] = [];
  down = false;
  tooLong = Infinity;

  publish(messages: readonly OutboundMessage[]): ReturnType<Publisher['publish']> {
    if (this.down) return Promise.reject(new Error('connection refused'));
    const refused = messages.findIndex(({ value }) => (value ?? '').length > this.tooLong);
    this.got.push(...refused < 0 ? messages : messages.slice(0, refused));
    return Promise.resolve(refused < 0 ? { delivered: messages.length } : { delivered: refused, refusal: 'too large' });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get said(): string[] {
    return this.got.map(({ key, value }) => `${key}:${String((JSON.parse(value ?? '{}') as { n: number }).n)}`);
  }
}

async function relay(publisher: Publisher | undefined, more: Partial<RelayOptions> = {}): Promise<RunningRelay> {
  const started = await startRelay({ service: 'library', url: database.url, table: 'outbox', destination: 'test', logDirectory, onEvent: (event) => { events.push(event); }, ...publisher === undefined ? {} : { publisher }, ...more });
  running.push(started);
  return started;
}

const write = async (book: string, n: number, more = {}): Promise<unknown> => client.query("INSERT INTO outbox (aggregatetype, aggregateid, type, payload) VALUES ('book', $1, 'lent', $2)", [book, { n, ...more }]);

describe('a relay', () => {
  test('delivers what the outbox held, then what is written, in the shape of the event router', async () => {
    const broker = new Broker();
    await write('emma', 1);
    await relay(broker);
    await client.query(`INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, created_at) VALUES ('0b9c8a52-95a5-4f0a-8a52-0f0d8b6ef2d1', 'book', 'emma', 'returned', '{"n": 2, "fine": 1.10, "note": null}', '2026-05-01 12:00:00.5+02')`);
    await until(() => broker.got.length === 2);
    expect(broker.said).toEqual(['emma:1', 'emma:2']);
    expect(broker.got[1]).toEqual({
      topic: 'library.book', key: 'emma', value: '{"n": 2, "fine": 1.10, "note": null}',
      headers: { id: '0b9c8a52-95a5-4f0a-8a52-0f0d8b6ef2d1', eventType: 'returned', occurredAt: '2026-05-01T10:00:00.500000Z' },
    });
  });

  test('goes on where it stopped, and takes deleted rows for housekeeping', async () => {
    const broker = new Broker();
    const first = await relay(broker);
    await write('emma', 1);
    await until(() => broker.got.length === 1);
    await first.stop();
    await write('emma', 2);
    await client.query('DELETE FROM outbox');
    await relay(broker);
    await until(() => broker.got.length === 2);
    expect(broker.said).toEqual(['emma:1', 'emma:2']);
  });

  test('waits for a broker that is away, says so, and lets the source forget its WAL meanwhile', async () => {
    const broker = new Broker();
    broker.down = true;
    await relay(broker);
    const confirmed = async (): Promise<string | undefined> => (await client.query<{ lsn: string }>("SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = 'strangler_library_outbox'")).rows[0]?.lsn;
    const before = await confirmed();
    await write('emma', 1);
    await until(() => events.some((event) => event.kind === 'trouble' && event.side === 'broker' && event.message.includes('connection refused')));
    await until(async () => await confirmed() !== before);
    broker.down = false;
    await until(() => broker.got.length === 1);
  });

  test('is the only one of its outbox', async () => {
    await relay(new Broker());
    await expect(relay(new Broker())).rejects.toMatchObject({ code: 'STR_RELAY_ACTIVE' });
  });

  test('survives the loss of its session, and is fenced off when another has taken over meanwhile', async () => {
    const broker = new Broker();
    const first = await relay(broker);
    await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    await write('emma', 1);
    await until(() => first.delivered() === 1);
    await client.query('UPDATE strangler.relay SET epoch = epoch + 1');
    await write('emma', 2);
    await expect(first.failed).rejects.toMatchObject({ code: 'STR_RELAY_ACTIVE' });
  });

  test('stops at an event that the broker refuses, and goes on with it later', async () => {
    const broker = new Broker();
    broker.tooLong = 20;
    const stopped = await relay(broker);
    await write('emma', 1);
    await write('emma', 2, { text: 'x'.repeat(50) });
    await write('emma', 3);
    await expect(stopped.failed).rejects.toMatchObject({ code: 'STR_EVENT_REFUSED' });
    expect(broker.said).not.toContain('emma:3');
    broker.tooLong = Infinity;
    await relay(broker);
    await until(() => broker.said.includes('emma:3'));
    expect([...new Set(broker.said)]).toEqual(['emma:1', 'emma:2', 'emma:3']);
  });

  test('parks it, and what follows of the same aggregate, while the others go on', async () => {
    const broker = new Broker();
    broker.tooLong = 20;
    const first = await relay(broker, { onRefusal: 'park' });
    await write('emma', 1, { text: 'x'.repeat(50) });
    await write('emma', 2);
    await write('ulysses', 1);
    await until(() => broker.said.includes('ulysses:1'));
    await until(async () => (await parkedOf(database.url, 'library')).length === 2);
    expect((await parkedOf(database.url, 'library')).map(({ aggregate, reason }) => [aggregate, reason])).toEqual([['library.book/emma', 'too large'], ['library.book/emma', null]]);
    await first.stop();

    const again = await relay(broker, { onRefusal: 'park' }); // refused again: nothing overtakes it
    await write('emma', 3);
    await write('ulysses', 2);
    await until(() => broker.said.includes('ulysses:2'));
    await again.stop();
    expect(broker.said.filter((one) => one.startsWith('emma'))).toEqual([]);

    const [parked] = await parkedOf(database.url, 'library');
    await discardParked(database.url, 'library', parked?.eventId ?? '', 'ann', 'a test of ours');
    await relay(broker, { onRefusal: 'park' });
    await until(() => broker.said.includes('emma:3'));
    expect(broker.said.filter((one) => one.startsWith('emma'))).toEqual(['emma:2', 'emma:3']);
    expect(await parkedOf(database.url, 'library')).toEqual([]);
  });

  test('without its log refuses to go on, and removed begins again with the table', async () => {
    const broker = new Broker();
    const first = await relay(broker);
    await write('emma', 1);
    await until(() => broker.got.length === 1);
    await first.stop();
    await rm(relayLog(logDirectory, 'library'), { recursive: true });
    await expect(relay(broker)).rejects.toMatchObject({ code: 'STR_RELAY_LOG_GONE' });
    expect((await removeRelay(database.url, 'library', relayLog(logDirectory, 'library'))).map(({ what }) => what)).toEqual(['slot', 'publication', 'place', 'log']);
    await relay(broker);
    await until(() => broker.got.length === 2);
    expect(broker.said).toEqual(['emma:1', 'emma:1']);
  });

  test('names everything that an outbox lacks', async () => {
    await client.query('ALTER TABLE outbox DROP COLUMN type, DROP COLUMN payload');
    await expect(relay(new Broker())).rejects.toMatchObject({ code: 'STR_OUTBOX_UNUSABLE', message: expect.stringMatching(/no column type; .*no column payload/) as unknown });
  });

  test('leaves a slot alone that somebody else may read', async () => {
    await client.query("SELECT pg_create_logical_replication_slot('strangler_library_outbox', 'pgoutput')");
    await expect(relay(new Broker())).rejects.toMatchObject({ code: 'STR_SLOT_EXISTS' });
  });

  test('deletes rows that were delivered long ago when it is told how long to keep them', async () => {
    const broker = new Broker();
    await write('emma', 1);
    const first = await relay(broker);
    await until(() => broker.got.length === 1);
    await first.stop();
    await client.query("UPDATE outbox SET created_at = now() - interval '3 days'");
    await write('emma', 2);
    await relay(broker, { keepMs: 24 * 3_600_000 });
    await until(async () => (await client.query('SELECT FROM outbox')).rowCount === 1);
    expect((await client.query<{ payload: { n: number } }>('SELECT payload FROM outbox')).rows[0]?.payload.n).toBe(2);
  });

  test('without a broker keeps the events in its log, where readers find them by transaction', async () => {
    await relay(undefined);
    await client.query('BEGIN');
    await write('emma', 1);
    await write('emma', 2);
    await client.query('COMMIT');
    await write('emma', 3);
    const read = async (): Promise<string[][]> => {
      const found: string[][] = [];
      for await (const { messages } of readEvents({ service: 'library', table: 'outbox', logDirectory, afterLsn: LSN_ZERO })) found.push(messages.map(({ value }) => value ?? ''));
      return found;
    };
    await until(async () => (await read()).length === 2);
    expect(await read()).toEqual([['{"n": 1}', '{"n": 2}'], ['{"n": 3}']]);
  });
});
