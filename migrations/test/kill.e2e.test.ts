import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KILLS, killTrial } from './faults/kills.ts';
import { openStage, Scene, type Stage } from './faults/scene.ts';
import { copyTrial } from './support/copy-trial.ts';
import { databasePair } from './support/pair.ts';

/** `npm run faults:data` does hundreds. */
const ROUNDS = 3;
const SEED = 4711;

let stage: Stage;
beforeAll(async () => { stage = await openStage(); });
afterAll(async () => { await stage[Symbol.asyncDispose](); });

test.each(Object.keys(KILLS))('kill -9 of the %s, again and again: each source transaction is applied once, whole and in order', async (target) => {
  const result = await killTrial(stage, target, ROUNDS, SEED);
  expect(result).toMatchObject({ kills: ROUNDS, lost: 0, doubled: 0, otherwiseWrong: 0, forgotten: 0, findings: [] });
  expect(result.committed).toBeGreaterThan(30);
}, 180_000);

test('a sink that stands still is late: what it has not come to is not called lost', async () => {
  await using scene = await Scene.open(stage, 'late');
  process.kill(scene.sink.pid, 'SIGSTOP');
  await scene.onSource((client) => client.query("BEGIN; UPDATE accounts SET version = 1 WHERE id = 1; INSERT INTO ledger VALUES (1, 1, 'late'); COMMIT"));
  expect(await scene.settle(500)).toBeGreaterThan(0);
  process.kill(scene.sink.pid, 'SIGCONT');
  expect(await scene.judge()).toMatchObject({ late: 0, lost: [], doubled: [], applied: 2 });
}, 120_000);

test.each([
  ['the first copy', {}],
  ['tables that join', { joining: ['letters', 'visits'] as const }],
])('a sink that is killed while it copies goes on with the copy: %s', async (_, which) => {
  const pair = await databasePair('copies');
  const result = await copyTrial(pair, { kills: 3, rows: 100_000, seed: SEED, ...which });
  await pair.close();
  expect(result.unequal).toEqual([]);
  expect(result.kills.snapshot + result.kills.joining).toBe(3);
  expect(result.rowsTwice).toBeLessThan(result.rowsLogged / 4); // begun anew each time it would be most of them
}, 240_000);
