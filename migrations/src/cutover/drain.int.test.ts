import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDrain, type RunningReplication } from '@strangler/migrations';
import type pg from 'pg';
import { databasePair, type Pair } from '../../test/support/pair.ts';

let pair: Pair;
let running: RunningReplication;

beforeAll(async () => {
  pair = await databasePair('drain');
  for (const client of [pair.source, pair.target]) await client.query('CREATE TABLE books (id int PRIMARY KEY)');
  running = await pair.start({ books: { key: ['id'] } });
});

afterAll(async () => {
  await running.stop();
  await pair.source.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()');
  await pair.close();
});

/** The drain's own session on a side: what it asked last gives it away. */
async function sessions(client: pg.Client): Promise<number[]> {
  const { rows } = await client.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (query LIKE 'SELECT pg_logical_emit_message%' OR query LIKE 'SELECT replication, phase,%') ORDER BY pid`);
  return rows.map(({ pid }) => pid);
}

const books = async (): Promise<number> => (await pair.target.query('SELECT FROM books')).rowCount ?? 0;

describe('a drain', () => {
  test('has applied every write that was committed before its mark, time after time over the same two sessions', async () => {
    await using drain = await openDrain(pair);
    const seen = new Set<string>();
    for (let id = 1; id <= 20; id += 1) {
      await pair.source.query('INSERT INTO books VALUES ($1)', [id]);
      await drain.caughtUp(await drain.marker(), 20_000);
      expect(await books()).toBe(id);
      seen.add(JSON.stringify([await sessions(pair.source), await sessions(pair.target)]));
    }
    expect([...seen]).toEqual([expect.stringMatching(/^\[\[\d+\],\[\d+\]\]$/)]);
  });

  test('whose sessions were cut goes on over new ones', async () => {
    await using drain = await openDrain(pair);
    await drain.caughtUp(await drain.marker(), 20_000);
    const cut = [await sessions(pair.source), await sessions(pair.target)];
    await pair.source.query('SELECT pg_terminate_backend(pid, 5000) FROM unnest($1::int[]) AS pid', [cut[0]]);
    await pair.target.query('SELECT pg_terminate_backend(pid, 5000) FROM unnest($1::int[]) AS pid', [cut[1]]);
    await pair.source.query('INSERT INTO books VALUES (100)');
    await drain.caughtUp(await drain.marker(), 20_000);
    expect((await pair.target.query('SELECT FROM books WHERE id = 100')).rowCount).toBe(1);
    expect([await sessions(pair.source), await sessions(pair.target)]).not.toEqual(cut);
  });

  test('says at its deadline how far the target has come, and leaves no session behind', async () => {
    {
      await using drain = await openDrain({ ...pair, name: 'nobody' });
      await expect(drain.caughtUp(await drain.marker(), 50)).rejects.toMatchObject({ code: 'STR_DRAIN_TIMEOUT', message: expect.stringContaining('unknown to the target') as unknown });
    }
    expect([...await sessions(pair.source), ...await sessions(pair.target)]).toEqual([]);
  });

  test('of a database that is away is refused before anybody waits', async () => {
    const away = pair.targetUrl.replace(/:\d+\//, ':1/');
    await expect(openDrain({ ...pair, targetUrl: away })).rejects.toMatchObject({ code: 'STR_DATABASE_UNREACHABLE' });
    expect(await sessions(pair.source)).toEqual([]);
  });
});
