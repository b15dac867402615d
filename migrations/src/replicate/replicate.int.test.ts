import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { emitMarker, readCheckpoint, waitForCheckpoint } from '@strangler/migrations';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

let pair: Pair;
const BOOKS = { books: { key: ['id'] } };
const DEADLINE = { deadlineMs: 20_000 };

beforeAll(async () => {
  pair = await databasePair('bookshop');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE books (id bigint PRIMARY KEY, title text NOT NULL, price numeric(10,2), sold_at timestamptz)');
  await pair.source.query("INSERT INTO books SELECT g, 'Book ' || g, g / 100.0, now() FROM generate_series(1, 5000) AS g");
});
afterAll(async () => { await pair.close(); });

const settled = async (): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), DEADLINE); };

test('a snapshot and the stream after it make the target equal, across a restart', async () => {
  const first = await pair.start(BOOKS);
  await pair.source.query("UPDATE books SET title = 'during' WHERE id % 7 = 0");
  await settled();
  expect(await contents(pair.target, 'books')).toEqual(await contents(pair.source, 'books'));
  expect(first.status()).toMatchObject({ phase: 'streaming', rowsSnapshotted: 5000, lag: { bytes: 0, ms: 0 } });
  await first.stop();

  await pair.source.query("INSERT INTO books VALUES (6000, 'while nobody listens', NULL, NULL); DELETE FROM books WHERE id < 100; UPDATE books SET id = -id WHERE id = 200");
  const second = await pair.start(BOOKS);
  await settled();
  expect(await contents(pair.target, 'books')).toEqual(await contents(pair.source, 'books'));
  expect(await readCheckpoint(pair.targetUrl, pair.name)).toMatchObject({ phase: 'streaming', rowsSnapshotted: 5000 });
  await second.stop();
});
