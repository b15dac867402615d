import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@strangler/testkit';
import pg from 'pg';
import type { CutoverState, Side } from './cutover-state.ts';
import { CutoverWorld, SHELF, type CutoverMutant } from './cutover-world.ts';
import { stateGraph, type Constants, type ModelState } from './state-graph.ts';
import { followModel, walksOf, type Followed } from './walk.ts';

jest.setTimeout(3_600_000); // as many walks as asked for
const databases = {} as Record<Side, TestDatabase>;
const clients = {} as Record<Side, pg.Client>;

beforeAll(async () => {
  for (const side of ['A', 'B'] as const) {
    databases[side] = await testDatabase(`walk_${side}`);
    clients[side] = new pg.Client({ connectionString: databases[side].url });
    await clients[side].connect();
    await clients[side].query(SHELF);
  }
});
afterAll(async () => {
  for (const side of ['A', 'B'] as const) {
    await clients[side].end();
    await databases[side].close();
  }
});

const graphs = new Map<Constants, Promise<ModelState<CutoverState>>>();
const graphOf = (bounds: Constants): Promise<ModelState<CutoverState>> => {
  const graph = graphs.get(bounds) ?? stateGraph<CutoverState>('CutOver', bounds);
  graphs.set(bounds, graph);
  return graph;
};
const THERE_AND_BACK = { Writes: [1], Processes: ['p'], Runs: 2, Faults: 1, Mutant: 'none' };
const TWO = { Writes: [1], Processes: ['p', 'q'], Runs: 1, Faults: 2, Mutant: 'none' };

const RARE = new Set(['Fails', 'Dies', 'LosesLock', 'ProxyDies', 'Expire']);

function allowed({ proc, lock, journal }: CutoverState, action: string, to: CutoverState): boolean {
  switch (action) {
    // The code has claimed the lock again before it believes a refusal; the model only as it undoes.
    case 'Start': case 'Recover': return !(lock === 'none' && Object.values(proc).some(({ pc }) => pc === 'undo'));
    case 'FlipRefused': return lock !== 'none' || Object.values(to.proc).every(({ pc }) => pc !== 'undo');
    // What is written after `closed` counts for nothing; the model forgets that for `committing`, and goes on with more than the code.
    case 'Committing': return journal.state !== 'closed';
    default: return true;
  }
}

const follow = async (bounds: Constants, mutant?: CutoverMutant): Promise<Followed> => followModel<CutoverState>({
  first: await graphOf(bounds), ...walksOf(12), longest: 50, rare: RARE, shrink: mutant === undefined, open: () => CutoverWorld.open(clients, { A: databases.A.url, B: databases.B.url }, mutant), allowed,
});

describe('two owners, journal and processes along the walks of CutOver.tla', () => {
  test('show after every step what the model has: there and back, with a fault', async () => {
    const { taken, steps } = await follow(THERE_AND_BACK);
    expect([...taken.keys()]).toEqual(expect.arrayContaining(['Close', 'Committing', 'Dies', 'Drain', 'Expire', 'Fails', 'Flip', 'FlipRefused', 'FlipUnanswered', 'Hold', 'Move', 'ProxyDies', 'Recover', 'Release', 'Undo']));
    expect(steps).toBeGreaterThan(150);
  });

  test('and with two processes, of which one sleeps through what the other does', async () => {
    const { taken, steps } = await follow(TWO);
    expect([...taken.keys()]).toEqual(expect.arrayContaining(['LosesLock', 'Recover', 'Move']));
    expect(steps).toBeGreaterThan(150);
  });

  test.each<[CutoverMutant, Constants]>([['no-epoch', TWO], ['silence-is-refusal', THERE_AND_BACK], ['undone-after-the-flip', THERE_AND_BACK]])('would not, were it %s', async (mutant, bounds) => {
    await expect(follow(bounds, mutant)).rejects.toThrow(/in the model|the model has|went on|goes on|is at/);
  });
});
