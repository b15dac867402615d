import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { emitMarker, tablesBeingCopied, waitForCheckpoint, type RunningReplication } from '@strangler/migrations';
import { requireNotRewound } from '../capture/slot.ts';
import { contents, databasePair, type Pair } from '../../test/support/pair.ts';

/** What the source would let pass without a word. */
const FILMS = { films: { key: ['id'] } };
let pair: Pair;
let running: RunningReplication | undefined;
beforeEach(async () => {
  pair = await databasePair('silence');
  for (const side of [pair.source, pair.target]) await side.query('CREATE TABLE films (id int PRIMARY KEY)');
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await pair.close();
});

const publication = (): string => `strangler_${pair.name.replaceAll('-', '_')}`;
const start = async (): Promise<RunningReplication> => {
  running = await pair.start(FILMS);
  running.failed.catch(() => undefined);
  return running;
};
const settled = async (): Promise<void> => { await waitForCheckpoint(pair.targetUrl, pair.name, await emitMarker(pair.sourceUrl, 'now'), { deadlineMs: 30_000 }); };
const failure = ({ failed }: RunningReplication): Promise<unknown> => Promise.race([failed.catch((error: unknown) => error), delay(30_000, 'nothing failed', { ref: false })]);

describe('a table that is taken out of the publication', () => {
  test('while the replication streams, stops it', async () => {
    const streaming = await start();
    await settled();
    await pair.source.query(`ALTER PUBLICATION ${publication()} DROP TABLE films`);
    expect(await failure(streaming)).toMatchObject({ code: 'STR_TABLES_CHANGED', message: expect.stringContaining('public.films'), remedy: expect.stringContaining('--again public.films') });
  });

  test('is copied again in place, put back or not', async () => {
    await pair.source.query('INSERT INTO films VALUES (1), (2)');
    const first = await start();
    await settled();
    await first.stop();
    await pair.source.query(`ALTER PUBLICATION ${publication()} DROP TABLE films`);
    await pair.source.query('INSERT INTO films VALUES (3); DELETE FROM films WHERE id = 1');
    running = await pair.start(FILMS, { changes: { again: ['films'] } });
    while ((await tablesBeingCopied(`${pair.logDirectory}/${pair.name}`)).length > 0) await Promise.race([delay(20), running.failed]);
    await pair.source.query('INSERT INTO films VALUES (4)');
    await Promise.race([settled(), running.failed]);
    expect(await contents(pair.target, 'films')).toEqual(['(2)', '(3)', '(4)']);
  });

  test('and put back while it is stopped, does not let it start: what was written in between was not sent', async () => {
    const first = await start();
    await settled();
    await first.stop();
    await pair.source.query(`ALTER PUBLICATION ${publication()} DROP TABLE films`);
    await pair.source.query('INSERT INTO films VALUES (1)');
    await pair.source.query(`ALTER PUBLICATION ${publication()} ADD TABLE films`);
    expect(await failure(await start())).toMatchObject({ code: 'STR_TABLES_CHANGED', message: expect.stringContaining('set back'), remedy: expect.stringContaining('--again') });
  });
});

test('a source whose WAL ends before what was received is refused', async () => {
  const { rows: [row] } = await pair.source.query<{ bytes: string }>("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS bytes");
  const now = BigInt(row?.bytes ?? '0');
  await expect(requireNotRewound(pair.source, now as never)).resolves.toBeUndefined();
  await expect(requireNotRewound(pair.source, (now + 100_000_000_000n) as never)).rejects.toMatchObject({ code: 'STR_SOURCE_REWOUND', exitCode: 3 });
});
