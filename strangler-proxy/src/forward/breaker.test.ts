import { describe, expect, test } from '@jest/globals';
import { Breaker } from './breaker.ts';

const failing = (times: number, now = 0): Breaker => {
  const breaker = new Breaker({ failures: 3, openMs: 1_000 });
  for (let i = 0; i < times; i += 1) breaker.failed(now);
  return breaker;
};

describe('a breaker', () => {
  test('opens after so many failures in a row, not before', () => {
    expect(failing(2).admits(0)).toBe(true);
    expect(failing(3).admits(999)).toBe(false);
    const mended = failing(2);
    mended.succeeded();
    mended.failed(0);
    expect(mended.state(0)).toBe('closed');
  });

  test('lets one request try after a while, and closes when it succeeds', () => {
    const breaker = failing(3);
    expect(breaker.state(1_000)).toBe('half-open');
    expect(breaker.admits(1_000)).toBe(true);
    expect(breaker.admits(1_000)).toBe(false);
    breaker.succeeded();
    expect(breaker.admits(1_000)).toBe(true);
  });

  test('opens again when that request fails', () => {
    const breaker = failing(3);
    breaker.admits(1_000);
    breaker.failed(1_500);
    expect(breaker.admits(2_400)).toBe(false);
    expect(breaker.admits(2_500)).toBe(true);
  });

  test('does not wait for a trial whose client has left', () => {
    const breaker = failing(3);
    breaker.admits(1_000);
    breaker.undecided();
    expect(breaker.admits(1_001)).toBe(true);
  });
});
