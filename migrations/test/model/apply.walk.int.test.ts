import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import { ApplyWorld, LEDGER, type ApplyMutant, type ApplyState } from './apply-world.ts';
import { stateGraph, type ModelState } from './state-graph.ts';
import { followModel, walksOf, type Followed } from './walk.ts';

jest.setTimeout(3_600_000); // as many walks as asked for
let database: TestDatabase;
let admin: pg.Client;
let first: ModelState<ApplyState>;

beforeAll(async () => {
  first = await stateGraph<ApplyState>('Apply', { Transactions: 2, Crashes: 2, Sinks: ['a', 'b'], Mutant: 'none' });
  database = await testDatabase('walk');
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(LEDGER);
});
afterAll(async () => {
  await admin.query("SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin WHERE roname = 'strangler_walk'").catch(() => undefined);
  await admin.end();
  await database.close();
});

/** The code syncs what it finds as it opens: after a crash that left something unsynced the model has to do that first. */
const syncsAtOnce = (from: ApplyState, action: string, _to: ApplyState, before: string | undefined): boolean => before !== 'ReaderCrashes' || from.synced === from.log.length || action === 'Sync';

const follow = (mutant?: ApplyMutant): Promise<Followed> => followModel<ApplyState>({
  first, ...walksOf(24), longest: 36, shrink: mutant === undefined, open: () => ApplyWorld.open(admin, database.url, mutant), allowed: syncsAtOnce,
  name: (from, { action, to }) => action !== 'Next' ? action : to.state.crashes > from.crashes ? 'Abort' : 'Commit',
});

describe('log, sinks and target along the walks of Apply.tla', () => {
  test('show after every step what the model has', async () => {
    const { taken, steps } = await follow();
    expect([...taken.keys()].sort()).toEqual(['Abort', 'Commit', 'Confirm', 'LosesLock', 'Open', 'ReaderCrashes', 'Receive', 'Send', 'SinkCrashes', 'SourceCommits', 'Sync']);
    expect(steps).toBeGreaterThan(200);
  });

  test.each<ApplyMutant>(['no-epoch', 'checkpoint-apart', 'confirmed-before-fsync'])('would not, were it %s', async (mutant) => {
    await expect(follow(mutant)).rejects.toThrow(/the model has/);
  });
});
