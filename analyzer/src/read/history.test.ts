import { describe, expect, test } from '@jest/globals';
import { coChangesOf, parseLog } from './history.ts';

const YEAR = 365 * 86_400;
const modules = new Set(['a.ts', 'b.ts', 'c.ts']);

describe('what changes together', () => {
  test('a log is commits with their time and files', () => {
    expect(parseLog('\u0001100\n\na.ts\nb.ts\n\u000190\n\nc.ts\n')).toEqual([{ seconds: 100, files: ['a.ts', 'b.ts'] }, { seconds: 90, files: ['c.ts'] }]);
  });

  test('a commit a year before the newest counts half, whatever the clock says', () => {
    const commits = [{ seconds: 2 * YEAR, files: ['b.ts', 'a.ts', 'README.md'] }, { seconds: YEAR, files: ['a.ts', 'b.ts'] }];
    expect(coChangesOf(commits, modules)).toEqual([{ a: 'a.ts', b: 'b.ts', weight: 1.5, commits: 2 }]);
  });

  test('commits of more than thirty files say nothing', () => {
    const sweeping = Array.from({ length: 30 }, (_, index) => `x${String(index)}.ts`);
    expect(coChangesOf([{ seconds: 0, files: ['a.ts', 'b.ts', ...sweeping] }], modules)).toEqual([]);
  });
});
