import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type pg from 'pg';
import { databasePair, type Pair } from '../../test/support/pair.ts';
import type { ChangeTransaction } from '../capture/change-event.ts';
import { isPassing } from '../capture/connect.ts';
import { LSN_ZERO, type Lsn } from '../capture/lsn.ts';
import { Applier } from './applier.ts';
import { startCheckpoint } from './checkpoint.ts';
import { openApplySession } from './session.ts';
import { tableMaps } from './table-map.ts';

const MAPS = tableMaps({ from: 'monolith', to: 'cinema', tables: { seats: { key: ['id'] } } });
let pair: Pair;
beforeAll(async () => { pair = await databasePair('applier'); });
afterAll(async () => { await pair.close(); });

const moved = (lsn: number, id: number, guest: string): ChangeTransaction =>
  ({ commitLsn: BigInt(lsn) as Lsn, xid: lsn, committedAtMs: lsn, events: [{ op: 'update', schema: 'public', table: 'seats', after: { id: String(id), guest } }] });
/** Two rows swap a unique value: their net effect is refused, one by one they go in. */
const SWAP = [moved(10, 1, 'nobody'), moved(20, 2, 'Ada'), moved(30, 1, 'Bea')];

/** The server is lost as the n-th COMMIT is sent: whether it was carried out nobody knows. */
function loseAtCommit(session: pg.Client, nth: number): void {
  const query = session.query.bind(session) as (...args: unknown[]) => unknown;
  let seen = 0;
  Object.assign(session, { query: (...args: unknown[]): unknown => {
    if (args[0] === 'COMMIT') seen += 1;
    const sent = query(...args);
    if (args[0] === 'COMMIT' && seen === nth) session.connection.stream.destroy();
    return sent;
  } });
}

test('a server that is lost in the commit of a row-by-row batch is a lost server, not a row at fault', async () => {
  await pair.target.query("CREATE TABLE seats (id int PRIMARY KEY, guest text UNIQUE); INSERT INTO seats VALUES (1, 'Ada'), (2, 'Bea')");
  const session = await openApplySession(pair.targetUrl, pair.name);
  await startCheckpoint(session, pair.name, 'streaming', undefined, LSN_ZERO);
  const options = { targetUrl: pair.targetUrl, replication: pair.name, maps: MAPS, mode: 'strict' } as const;
  const first = await Applier.open(options, session);
  loseAtCommit(session, 2); // the first is that of the whole batch, which the unique value refuses
  const error: unknown = await first.apply(SWAP).then(() => 'applied', (failure: unknown) => failure);
  await first.close();
  expect(isPassing(error)).toBe(true);
  expect(first.checkpoint).toBe(LSN_ZERO);

  const second = await Applier.open(options);
  try {
    await second.apply(SWAP);
    expect(second.checkpoint).toBe(30n);
    expect((await pair.target.query('SELECT id, guest FROM seats ORDER BY id')).rows).toEqual([{ id: 1, guest: 'Bea' }, { id: 2, guest: 'Ada' }]);
  } finally {
    await second.close();
  }
});
