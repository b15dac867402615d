import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { databasePair, type Pair } from '../../test/support/pair.ts';
import { parseLsn, type Lsn } from './lsn.ts';
import { ReplicationSession } from './replication-session.ts';
import { createSlotNow, dropSlot, ensurePublication, objectName } from './slot.ts';
import { ensureSpareSlot, SpareSlot, spareSlotName } from './spare-slot.ts';
import { capturedTables } from './table-ref.ts';

let pair: Pair;
let spare: SpareSlot;
let applied: Lsn;
const tables = capturedTables({ from: 'monolith', to: 'catalog', tables: { coats: { key: ['id'] } } });

beforeEach(async () => {
  pair = await databasePair('cloakroom');
  await pair.source.query('CREATE TABLE coats (id int PRIMARY KEY, hook int); CREATE TABLE hats (id int)');
  await ensurePublication(pair.source, objectName(pair.name), tables);
  applied = await createSlotNow(pair.source, objectName(pair.name));
  await ensureSpareSlot(pair.source, pair.name);
  spare = new SpareSlot({ sourceUrl: pair.sourceUrl, replication: pair.name, tables, applied: () => applied });
});
afterEach(async () => {
  await spare.close();
  for (const slot of [objectName(pair.name), spareSlotName(pair.name)]) await dropSlot(pair.source, slot);
  await pair.close();
}, 30_000);

/** @returns the position behind its commit, or further */
async function committed(sql: string): Promise<Lsn> {
  await pair.source.query(sql);
  const { rows } = await pair.source.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  return parseLsn(rows[0]?.lsn ?? '');
}
const read = async (after: Lsn, upTo: Lsn): Promise<unknown> => (await spare.read(after, upTo))?.map(({ events }) => events.map((event) => ('after' in event ? event.after['id'] : event.op)));

test('gives what was committed behind the one and up to the other, of our tables alone, as often as it is asked', async () => {
  const start = applied;
  const first = await committed('INSERT INTO coats VALUES (1, 1)');
  const second = await committed('BEGIN; INSERT INTO coats VALUES (2, 2); INSERT INTO hats VALUES (1); INSERT INTO coats VALUES (3, 3); COMMIT');
  const third = await committed('INSERT INTO hats VALUES (2); TRUNCATE coats');
  const all = [['1'], ['2', '3'], ['truncate']];
  expect([await read(start, third), await read(start, third)]).toEqual([all, all]);
  expect(await read(first, second)).toEqual([['2', '3']]);
  expect(await read(third, await committed('INSERT INTO hats VALUES (3)'))).toEqual([]);
});

test('what is applied the server may forget: asked for it, it says that it no longer knows', async () => {
  const start = applied;
  const first = await committed('INSERT INTO coats VALUES (1, 1)');
  const second = await committed('INSERT INTO coats VALUES (2, 2)');
  applied = first;
  await spare.advance();
  expect(await read(start, second)).toBeUndefined();
  expect(await read(first, second)).toEqual([['2']]);
  await dropSlot(pair.source, spareSlotName(pair.name));
  expect(await read(first, second)).toBeUndefined();
});

test('waits for a session that still reads it', async () => {
  const start = applied;
  const first = await committed('INSERT INTO coats VALUES (1, 1)');
  const other = await ReplicationSession.open(pair.sourceUrl);
  const streaming = other.stream(spareSlotName(pair.name), start, { proto_version: '1', publication_names: objectName(pair.name) }, { onData: () => undefined, onKeepalive: () => undefined });
  streaming.catch(() => undefined);
  while ((await pair.source.query('SELECT FROM pg_replication_slots WHERE slot_name = $1 AND active', [spareSlotName(pair.name)])).rowCount === 0) await delay(10);
  const asked = read(start, first);
  await delay(300);
  await other.close(Date.now());
  expect(await asked).toEqual([['1']]);
});
