import { describe, expect, test } from '@jest/globals';
import { parseLog, type Commit } from './git-log.ts';
import { coChangesOf, historyOf } from './history.ts';

const YEAR = 365 * 86_400;
const modules = new Set(['a.ts', 'b.ts', 'c.ts']);
const commit = (seconds: number, files: readonly string[], more: Partial<Commit> = {}): Commit => ({ seconds, author: 'Ada', files, grafted: false, ...more });

describe('a log', () => {
  test('is commits with their time, author and files', () => {
    expect(parseLog('\u0001100\u0002Ada\u0002\0\nM\0a.ts\0A\0b.ts\0\u000190\u0002Grace\u0002grafted\0\nM\0c.ts\0')).toEqual([commit(100, ['a.ts', 'b.ts']), commit(90, ['c.ts'], { author: 'Grace', grafted: true })]);
  });

  test('follows a renamed file into its past, over two renames', () => {
    const renamed = '\u00014\u0002Ada\u0002\0\nM\0tax.ts\0\u00013\u0002Ada\u0002\0\nR090\0vat.ts\0tax.ts\0\u00012\u0002Ada\u0002\0\nR100\0old.ts\0vat.ts\0\u00011\u0002Ada\u0002\0\nM\0old.ts\0';
    expect(parseLog(renamed).map(({ files }) => files)).toEqual([['tax.ts'], ['tax.ts'], ['tax.ts'], ['tax.ts']]);
  });

  test('two files that swapped names keep their pasts', () => {
    const swapped = '\u00012\u0002Ada\u0002\0\nR100\0a.ts\0b.ts\0R100\0b.ts\0a.ts\0\u00011\u0002Ada\u0002\0\nM\0a.ts\0';
    expect(parseLog(swapped).map(({ files }) => files)).toEqual([['b.ts', 'a.ts'], ['b.ts']]);
  });

  test('prints nobody\'s e-mail address', () => {
    expect(parseLog('\u00011\u0002ada@example.org\u0002\0\u00011\u0002Grace <grace@example.org>\u0002\0').map(({ author }) => author)).toEqual(['ada', 'Grace']);
  });
});

describe('what changes together', () => {
  test('a commit a year before the newest counts half, whatever the clock says', () => {
    expect(coChangesOf([commit(2 * YEAR, ['b.ts', 'a.ts', 'README.md']), commit(YEAR, ['a.ts', 'b.ts'])], modules)).toEqual([{ a: 'a.ts', b: 'b.ts', weight: 1.5, commits: 2 }]);
  });

  test('commits of more than thirty files say nothing, nor does the border of a shallow clone', () => {
    const sweeping = Array.from({ length: 30 }, (_, index) => `x${String(index)}.ts`);
    expect(coChangesOf([commit(0, ['a.ts', 'b.ts', ...sweeping]), commit(0, ['a.ts', 'b.ts'], { grafted: true })], modules)).toEqual([]);
  });
});

describe('who knows what', () => {
  test('churn is commits by age, and its authors are named by their share of it', () => {
    const past = historyOf([commit(2 * YEAR, ['a.ts']), commit(YEAR, ['a.ts', 'b.ts'], { author: 'Grace' }), commit(YEAR, ['a.ts'], { author: 'Grace' })], modules);
    expect(past).toEqual([
      { module: 'a.ts', commits: 3, churn: 2, authors: [{ name: 'Grace', commits: 2, share: 0.5 }, { name: 'Ada', commits: 1, share: 0.5 }] },
      { module: 'b.ts', commits: 1, churn: 0.5, authors: [{ name: 'Grace', commits: 1, share: 1 }] },
    ]);
  });

  test('a bot changes code and knows none', () => {
    expect(historyOf([commit(0, ['a.ts'], { author: 'renovate[bot]' })], modules)).toEqual([{ module: 'a.ts', commits: 1, churn: 1, authors: [] }]);
  });
});
