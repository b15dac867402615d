import { expect, test } from '@jest/globals';
import { cutoverTrial } from './support/cutover-trial.ts';

/** Long series: `npm run nightly:data`. */
test('a cut-over that is killed with -9 and run again ends well, and no acknowledged write is lost', async () => {
  const trial = await cutoverTrial(4, 20_261);
  expect(trial).toMatchObject({ kills: 4, lost: [], duplicated: [], verdict: 'Verified' });
  expect(trial.acknowledged).toBeGreaterThan(100);
}, 120_000);
