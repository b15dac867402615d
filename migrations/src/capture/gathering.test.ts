import { describe, expect, test } from '@jest/globals';
import { Gathering } from './gathering.ts';

/** Messages of `bytes` each at `perMs`, read as they are there: after each rest, or every millisecond. @returns the rests of the last ten reads */
function rests(perMs: number, bytes: number): number[] {
  const gathering = new Gathering(0);
  const found: number[] = [];
  let [now, come] = [0, 0];
  for (let read = 0; read < 200; read += 1) {
    now += Math.max(1, found.at(-1) ?? 0);
    let asked = false;
    for (; come < Math.floor(now * perMs); come += 1) asked = gathering.count(bytes) || asked;
    found.push(asked ? gathering.rest(now) : 0);
  }
  return found.slice(-10);
}

describe('a stream is read seldom when it is busy', () => {
  test('and at once while it is not', () => {
    expect(rests(3.9, 100).every((ms) => ms === 0)).toBe(true);
  });

  test.each([[6, 100, 5], [15, 100, 7.5], [30, 100, 15], [75, 100, 25], [200, 150, 13.3]])('%p messages of %p bytes a millisecond rest %p ms', (perMs, bytes, ms) => {
    const settled = Math.max(...rests(perMs, bytes));
    expect(Math.abs(settled - ms)).toBeLessThan(1);
  });

  test('but not while a read does not take all there is', () => {
    expect(rests(500, 1_000)).toEqual(Array(10).fill(0));
  });
});
