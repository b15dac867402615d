import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareLsn, maxLsn, parseLsn, printLsn, type Lsn } from './lsn.ts';

const lsn = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value as Lsn);

describe('an LSN', () => {
  test('reads back as it prints', () => {
    fc.assert(fc.property(lsn, (value) => { expect(parseLsn(printLsn(value))).toBe(value); }));
  });

  test('has one order: total, and not that of its text', () => {
    fc.assert(fc.property(lsn, lsn, lsn, (a, b, c) => {
      expect(compareLsn(a, b)).toBe(-compareLsn(b, a) + 0);
      expect(compareLsn(a, b) === 0).toBe(a === b);
      if (compareLsn(a, b) <= 0 && compareLsn(b, c) <= 0) expect(compareLsn(a, c)).toBeLessThanOrEqual(0);
      expect(maxLsn(a, b)).toBe(compareLsn(a, b) < 0 ? b : a);
    }));
    expect(compareLsn(parseLsn('9/0'), parseLsn('10/0'))).toBe(-1);
  });

  test.each(['', '16', '16/', '/16', '16/B374D848/1', 'G/0', '123456789/0'])('is not %j', (text) => {
    expect(() => parseLsn(text)).toThrow(expect.objectContaining({ code: 'STR_BAD_LSN' }));
  });
});
