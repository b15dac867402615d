import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import type { Debezium } from '../../test/support/debezium.ts';
import { Dock, startQuickly } from '../../test/support/dock.ts';

const RESTARTS = 8;
const ENDED_SESSIONS = 4;
const WRITERS = 4;
/** Between two ends, so that there is always something on its way. */
const BETWEEN_MS = 400;

let debezium: Debezium;
let dock: Dock | undefined;

beforeAll(async () => { debezium = await startQuickly(); }, 240_000);
afterAll(async () => { await debezium.stop(); }, 60_000);
afterEach(async () => { await dock?.close(); }, 60_000);

/** Transactions of four rows each, that are open beside others', until told to stop. @returns how many rows */
async function writes(url: string, ids: Iterator<number, never>, signal: AbortSignal): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  let rows = 0;
  while (!signal.aborted) {
    await client.query('BEGIN');
    for (let row = 0; row < 4; row += 1, rows += 1) {
      await client.query("INSERT INTO berths VALUES ($1, 1, 'guest')", [ids.next().value]);
      await delay(2);
    }
    await client.query('COMMIT');
  }
  await client.end();
  return rows;
}

function* numbers(): Generator<number, never> {
  for (let next = 1; ; next += 1) yield next;
}

describe('a connector that begins again and again while others write', () => {
  test('every row of every transaction arrives', async () => {
    const stage = dock = await Dock.build(debezium);
    await stage.start({ 'retriable.restart.connector.wait.ms': '500' });
    const [over, ids] = [new AbortController(), numbers()];
    const writing = Promise.all(Array.from({ length: WRITERS }, () => writes(stage.pair.sourceUrl, ids, over.signal)));
    try {
      for (let again = 0; again < RESTARTS + ENDED_SESSIONS; again += 1) {
        await delay(BETWEEN_MS);
        if (again % 3 === 2) await stage.endSession();
        else await stage.whileStopped(() => Promise.resolve());
      }
    } finally {
      over.abort();
    }
    const written = (await writing).reduce((sum, rows) => sum + rows, 0);
    await stage.settled();
    expect(written).toBeGreaterThan(1_000);
    expect(await stage.differences()).toEqual({ missing: [], extra: [] });
  }, 240_000);
});
