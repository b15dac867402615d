import { expect, test } from '@jest/globals';
import { evenly } from './pace.ts';

test('rows come no faster than they may, and what was slow anyway is not slowed down', async () => {
  let now = 1_000;
  const slept: number[] = [];
  const clock = { now: () => now, sleep: (ms: number) => { slept.push(ms); now += ms; return Promise.resolve(); } };
  const pace = evenly(100, clock, new AbortController().signal);
  await pace(50);
  now += 2_000;
  await pace(50);
  await pace(300);
  expect(slept).toEqual([500, 1_500]);
  await evenly(undefined, clock, new AbortController().signal)(1_000_000);
  expect(slept).toHaveLength(2);
});
