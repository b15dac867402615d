import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KILLS, killTrial } from './faults/kills.ts';
import { openStage, type Stage } from './faults/scene.ts';
import { killDuringSnapshot } from './support/kill-trial.ts';
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

test('a sink that is killed while it copies starts the copy anew', async () => {
  const pair = await databasePair('bank');
  const result = await killDuringSnapshot(pair, 5);
  await pair.close();
  expect(result.equal).toBe(true);
  expect(result.killedDuringSnapshot).toBeGreaterThan(0);
}, 120_000);
