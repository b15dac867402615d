import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutRange, selectBlocks, withoutRange, type BlockRange } from './block-range.ts';

const FILM = { schema: 'public', table: 'films', file: '16400' };
const range = (from: number, to: number): BlockRange => ({ ...FILM, from, to });
const arbitrary = fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => range(Math.min(a, b), Math.max(a, b) + 1));
const blocksOf = (ranges: readonly BlockRange[]): number[] => ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index)).sort((a, b) => a - b);

describe('ranges of blocks', () => {
  test('without some of them are the others, each once', () => {
    fc.assert(fc.property(arbitrary, fc.array(arbitrary, { maxLength: 8 }), (whole, done) => {
      const gone = new Set(blocksOf(done));
      expect(blocksOf(done.reduce(withoutRange, [whole]))).toEqual(blocksOf([whole]).filter((block) => !gone.has(block)));
    }));
  });

  test('of another file stay, however they are numbered', () => {
    expect(withoutRange([range(0, 10)], { ...range(0, 10), file: '16999' })).toEqual([range(0, 10)]);
    expect(withoutRange([range(0, 10)], { ...range(0, 10), table: 'films_0' })).toEqual([range(0, 10)]);
  });

  test('are cut into pieces that cover them, none much larger or smaller than asked for', () => {
    fc.assert(fc.property(fc.nat(5_000), fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 400 }), (from, length, blocks) => {
      const pieces = cutRange(range(from, from + length), blocks);
      expect(pieces.reduce(withoutRange, [range(from, from + length)])).toEqual([]);
      expect(pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0)).toBe(length);
      for (const piece of pieces) expect(piece.to - piece.from).toBeLessThanOrEqual(Math.ceil(1.5 * blocks));
      if (pieces.length > 1) for (const piece of pieces) expect(piece.to - piece.from).toBeGreaterThanOrEqual(Math.floor(0.6 * blocks));
    }));
  });

  test('are read by where rows lie, in that file alone', () => {
    expect(selectBlocks(['id', 'full title'], range(5, 9))).toBe(`SELECT t."id", t."full title" FROM ONLY "public"."films" AS t WHERE t.ctid >= '(5,0)'::tid AND t.ctid < '(9,0)'::tid`);
  });
});
