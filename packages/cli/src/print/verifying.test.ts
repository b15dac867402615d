import { describe, expect, test } from '@jest/globals';
import { verifyingLines } from './verifying.ts';

describe('while tables are compared', () => {
  const at = { ms: 0 };
  const lines = (): ReturnType<typeof verifyingLines> => { at.ms = 0; return verifyingLines(() => at.ms); };

  test('a short one passes without a word', () => {
    const line = lines();
    const said = [line({ table: 'films', step: 'dividing', chunks: 0, of: 0, rows: 0 })];
    at.ms = 1_900;
    said.push(line({ table: 'films', step: 'comparing', chunks: 9, of: 10, rows: 9_000 }), line({ table: 'films', step: 'done', chunks: 10, of: 10, rows: 10_000 }));
    expect(said).toEqual([undefined, undefined, undefined]);
  });

  test('a long one tells how far it is, how fast, and how long it may take, every two seconds', () => {
    const line = lines();
    line({ table: 'films', step: 'dividing', chunks: 0, of: 0, rows: 0 });
    at.ms = 4_000;
    expect(line({ table: 'films', step: 'comparing', chunks: 0, of: 100, rows: 0 })).toBe('verifying films: 0 rows, 0 %');
    at.ms = 5_000;
    expect(line({ table: 'films', step: 'comparing', chunks: 10, of: 100, rows: 200_000 })).toBeUndefined();
    at.ms = 8_000;
    expect(line({ table: 'films', step: 'comparing', chunks: 25, of: 100, rows: 500_000 })).toBe('verifying films: 500000 rows at 125000/s, 25 %, about 12 s to go');
    at.ms = 20_000;
    expect(line({ table: 'films', step: 'settling', chunks: 100, of: 100, rows: 2_000_000 })).toBe('verifying films: 2000000 rows compared, those that differ are looked at again');
    expect(line({ table: 'films', step: 'done', chunks: 100, of: 100, rows: 2_000_000 })).toBe('verifying films: done, 2000000 rows');
  });

  test('the next one begins anew', () => {
    const line = lines();
    line({ table: 'films', step: 'comparing', chunks: 1, of: 2, rows: 100 });
    at.ms = 2_500;
    expect(line({ table: 'seats', step: 'comparing', chunks: 1, of: 2, rows: 100 })).toBeUndefined();
    at.ms = 4_600;
    expect(line({ table: 'seats', step: 'comparing', chunks: 1, of: 2, rows: 100 })).toBe('verifying seats: 100 rows at 48/s, 50 %, about 3 s to go');
  });
});
