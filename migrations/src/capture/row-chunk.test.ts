import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fullXid, isVisible, parseVisibility } from './row-chunk.ts';

describe('what a snapshot shows', () => {
  test('is all below xmin, nothing from xmax on, and between them what has ended', () => {
    const visibility = parseVisibility('100:105:101,103');
    expect([99, 100, 101, 102, 103, 104, 105, 106].filter((xid) => isVisible(xid, visibility))).toEqual([99, 100, 102, 104]);
  });

  test('with nobody in progress is all that has ended', () => {
    expect([4, 5].map((xid) => isVisible(xid, parseVisibility('5:5:')))).toEqual([true, false]);
  });

  test('is told by 64 bits where the WAL has 32, also across a wrap', () => {
    const near = (3n << 32n) + 10n;
    expect(fullXid(5, near)).toBe((3n << 32n) + 5n);
    expect(fullXid(0xffff_fff0, near)).toBe((2n << 32n) + 0xffff_fff0n);
    fc.assert(fc.property(fc.bigInt({ min: 1n << 33n, max: 1n << 40n }), fc.bigInt({ min: 0n, max: 1n << 30n }), (now, age) => {
      const xid = now - age;
      expect(fullXid(Number(xid % (1n << 32n)), now)).toBe(xid);
    }));
  });
});
