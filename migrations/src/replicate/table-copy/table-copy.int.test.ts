import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, replicate, tablesBeingCopied, waitForCheckpoint, type ReplicateOptions, type RunningReplication } from '@strangler/migrations';
import { BANK, BANK_TABLES } from '../../../test/support/bank.ts';
import { doBusiness, openBank } from '../../../test/support/business.ts';
import { contents, databasePair, type Pair } from '../../../test/support/pair.ts';

const { accounts } = BANK_TABLES;
jest.setTimeout(240_000); // the writers do not wait, and the machine may be busy
let pair: Pair;

beforeAll(async () => {
  pair = await databasePair('bank');
  await Promise.all([pair.source.query(BANK), pair.target.query(BANK)]);
  await openBank(pair.source);
  await pair.source.query("INSERT INTO letters SELECT g % 2000, g / 2000, repeat(md5(g::text), 70), 0 FROM generate_series(0, 4999) AS g");
});
afterAll(async () => {
  await pair.source.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database() AND NOT active');
  await pair.close();
});

const directory = (): string => `${pair.logDirectory}/${pair.name}`;
const settled = async (): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'settled'), { deadlineMs: 200_000 }); };
const equal = async (tables: readonly string[]): Promise<void> => { for (const table of tables) expect(await contents(pair.target, table)).toEqual(await contents(pair.source, table)); };

async function copied(running: RunningReplication): Promise<void> {
  while ((await tablesBeingCopied(directory())).length > 0) await Promise.race([delay(20), running.failed]);
  await settled();
}

/** Runs a piece of work while the bank does business, and compares afterwards. */
async function whileBusy(seed: number, options: ReplicateOptions, work: (running: RunningReplication) => Promise<void>): Promise<void> {
  const writers = await Promise.all([1, 2].map((n) => doBusiness(pair.sourceUrl, seed + n, 5)));
  try {
    const running = await replicate(options);
    try {
      await work(running);
      await delay(200); // strict again: what the copy left wrong would stop it now
      await Promise.all(writers.map((writer) => writer.stop()));
      await Promise.race([settled(), running.failed]);
    } finally {
      await running.stop();
    }
  } finally {
    await Promise.all(writers.map((writer) => writer.stop()));
  }
}

describe('a replication that runs', () => {
  test('does not take a new table in unasked', async () => {
    const running = await pair.start({ accounts });
    await settled();
    await running.stop();
    const second = await pair.start(BANK_TABLES);
    await expect(second.failed).rejects.toMatchObject({ code: 'STR_TABLES_CHANGED', remedy: expect.stringContaining('--add-table public.letters') });
    await second.stop();
  });

  test('takes new tables in while they are written: rows that change, move, go and come during the copy are right', async () => {
    const steps: string[] = [];
    await whileBusy(11, pair.options(BANK_TABLES, { changes: { add: ['letters', 'desks'] }, onEvent: (event) => { if (event.kind === 'copying') steps.push(`${event.table} ${event.step}`); } }), copied);
    await equal(['accounts', 'letters', 'desks']);
    expect(steps).toEqual(expect.arrayContaining(['public.letters rows', 'public.letters done', 'public.desks done']));
  });

  test('goes on with a copy where an earlier run stopped', async () => {
    await pair.target.query('DELETE FROM letters WHERE id % 7 = 0');
    let begun: () => void = () => undefined;
    const some = new Promise<void>((resolve) => { begun = resolve; });
    const first = await pair.start(BANK_TABLES, { changes: { again: ['letters'] }, onEvent: (event) => { if (event.kind === 'copying' && event.step === 'rows') begun(); } });
    await some;
    await first.stop();
    const [left] = await tablesBeingCopied(directory());
    const steps: number[] = [];
    await whileBusy(29, pair.options(BANK_TABLES, { onEvent: (event) => { if (event.kind === 'copying' && event.step === 'rows') steps.push(event.rows); } }), copied);
    await equal(['accounts', 'letters', 'desks']);
    expect(left?.table).toBe('public.letters');
    expect(steps[0]).toBeGreaterThan(left?.rows ?? 0);
  });

  test('copies a damaged table again in place: rows that are missing, wrong, or of nobody\'s', async () => {
    const damage = "DELETE FROM letters WHERE id % 3 = 0; UPDATE letters SET opened = -1 WHERE id % 3 = 1; INSERT INTO letters SELECT 5000 + g, 0, 'nobody''s', 0 FROM generate_series(1, 2500) AS g";
    await pair.target.query(damage);
    await pair.source.query('UPDATE letters SET opened = opened + 1 WHERE id % 3 = 0'); // cannot be applied any more
    await whileBusy(37, pair.options(BANK_TABLES, { changes: { again: ['letters'] } }), copied);
    await equal(['accounts', 'letters', 'desks']);
  });

  test('lets a table go; what the stream still holds of it is nobody\'s business', async () => {
    const { letters } = BANK_TABLES;
    await pair.source.query('UPDATE desks SET number = number + 100');
    await whileBusy(41, pair.options({ accounts, letters }, { changes: { drop: ['desks'] } }), settled);
    await equal(['accounts', 'letters']);
    await whileBusy(43, pair.options({ accounts, letters }), settled);
    await equal(['accounts', 'letters']);
  });

  test('refuses a table that is not empty, that nobody named, or that is still named', async () => {
    const running = pair.start(BANK_TABLES, { changes: { add: ['desks'] } });
    await expect(running).rejects.toMatchObject({ code: 'STR_TARGET_NOT_EMPTY' });
    await expect(pair.start({ accounts }, { changes: { add: ['unnamed'] } })).rejects.toMatchObject({ code: 'STR_UNKNOWN_TABLE' });
    await expect(pair.start({ accounts }, { changes: { drop: ['accounts'] } })).rejects.toMatchObject({ code: 'STR_UNKNOWN_TABLE' });
  });
});
