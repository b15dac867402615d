import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { killDuringSnapshot, killTrial } from './support/kill-trial.ts';
import { databasePair, type Pair } from './support/pair.ts';

/** `test/nightly/kill.ts` runs hundreds. */
const ROUNDS = Number(process.env['STRANGLER_KILL_ROUNDS'] ?? '12');
const SEED = Number(process.env['STRANGLER_KILL_SEED'] ?? '4711');

let pair: Pair;
beforeEach(async () => { pair = await databasePair('bank'); });
afterEach(async () => { await pair.close(); });

test('a sink that is killed again and again loses and doubles no transaction', async () => {
  const result = await killTrial(pair, ROUNDS, SEED);
  expect(result).toMatchObject({ kills: ROUNDS, equal: true });
  expect(result.sourceTransactions).toBeGreaterThan(100);
  expect(result.appliedTransactions).toBe(result.sourceTransactions);
}, 60_000 + ROUNDS * 5_000);

test('a sink that is killed while it copies starts the copy anew', async () => {
  const result = await killDuringSnapshot(pair, 5);
  expect(result.equal).toBe(true);
  expect(result.killedDuringSnapshot).toBeGreaterThan(0);
}, 120_000);
