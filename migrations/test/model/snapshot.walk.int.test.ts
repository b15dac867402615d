import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { systemClock } from '@strangler/kernel';
import type { ChangeTransaction } from '@strangler/migrations';
import { testServer } from '@strangler/testkit';
import pg from 'pg';
import { LSN_ZERO, maxLsn, parseLsn } from '../../src/capture/lsn.ts';
import { WalCapture } from '../../src/capture/wal.ts';
import { ITEMS, SnapshotWorld, TABLES, type SnapshotMutant, type SnapshotState, type Surroundings } from './snapshot-world.ts';
import { stateGraph, type ModelState } from './state-graph.ts';
import { followModel, walksOf, type Followed } from './walk.ts';

jest.setTimeout(3_600_000); // as many walks as asked for
let server: Awaited<ReturnType<typeof testServer>>;
let around: Surroundings;
let first: ModelState<SnapshotState>;
let capturing: Promise<void>;
const end = new AbortController();

beforeAll(async () => {
  first = await stateGraph<SnapshotState>('Snapshot', { Keys: [1, 2], Changes: 2, Crashes: 1, Kind: 'chunks', Mutant: 'none' });
  // A standby that never comes; who does not ask for it (all but the walks' writers) does not wait for it.
  server = await testServer({ synchronous_standby_names: 'nobody', synchronous_commit: 'local' });
  const [source, target] = await Promise.all(['source', 'target'].map(async (name) => databaseOf(name)));
  if (source === undefined || target === undefined) throw new Error('no databases');
  await source.query('CREATE PUBLICATION strangler_walk FOR TABLE items');
  const { rows: [slot] } = await source.query<{ lsn: string }>("SELECT lsn FROM pg_create_logical_replication_slot('strangler_walk', 'pgoutput')");
  const captured: ChangeTransaction[] = [];
  around = { source, target, sourceUrl: server.url('source'), targetUrl: server.url('target'), captured };
  let durable = parseLsn(slot?.lsn ?? '');
  capturing = new WalCapture({
    sourceUrl: around.sourceUrl, slot: 'strangler_walk', tables: TABLES, clock: systemClock, signal: end.signal,
    target: { append: (some) => { captured.push(...some); durable = maxLsn(durable, some.at(-1)?.commitLsn ?? LSN_ZERO); return Promise.resolve(); }, advance: (lsn) => { durable = maxLsn(durable, lsn); return Promise.resolve(); }, durable: () => durable },
  }).run();
});
afterAll(async () => {
  end.abort();
  await capturing;
  await Promise.all([around.source.end(), around.target.end()]);
  await server.stop();
});

async function databaseOf(name: string): Promise<pg.Client> {
  const admin = new pg.Client({ connectionString: server.url() });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`).finally(() => admin.end());
  const client = new pg.Client({ connectionString: server.url(name) });
  await client.connect();
  await client.query(ITEMS);
  return client;
}

function allowed({ wal, read, at }: SnapshotState, action: string, to: SnapshotState): boolean {
  switch (action) {
    // The mark is written once the chunk was read, so the stream has by then brought all that the chunk shows.
    case 'ApplyChunk': return read.seen.every((index) => index <= at);
    // A row that is not there cannot be deleted; the model lets it.
    case 'SourceWrites': return to.wal.at(-1)?.value !== 0 || (wal.findLast(({ key }) => key === to.wal.at(-1)?.key)?.value ?? 0) !== 0;
    default: return true;
  }
}

const follow = (mutant?: SnapshotMutant): Promise<Followed> => followModel<SnapshotState>({
  first, ...walksOf(16), longest: 16, rare: new Set(['Crash']), shrink: mutant === undefined, open: () => SnapshotWorld.open(around, mutant), allowed,
  name: (_, { action }) => action === 'Next' ? 'BecomesVisible' : action,
});

describe('a table that is added by chunks, along the walks of Snapshot.tla', () => {
  test('shows after every step what the model has', async () => {
    const { taken, steps } = await follow();
    expect([...taken.keys()].sort()).toEqual(['ApplyChunk', 'BecomesVisible', 'Begin', 'Crash', 'ReadChunk', 'SourceWrites', 'StreamMeanwhile']);
    expect(steps).toBeGreaterThan(60);
  });

  test.each<SnapshotMutant>(['newer-changes-not-looked-for', 'chunk-while-older-ones-run'])('would not, were it %s', async (mutant) => {
    await expect(follow(mutant)).rejects.toThrow(/the model has/);
  });
});
