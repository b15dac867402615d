import { describe, expect, test } from '@jest/globals';
import { analysisProgress } from './progress.ts';

const share = { resolved: 9, total: 10 };
const TOTALS = { modules: 2, lines: 100, gaps: 1, recall: { imports: share, calls: share, queries: { resolved: 0, total: 0 }, endpoints: share } };

function said({ interactive = false, quiet = false, json = false }): string {
  let text = '';
  let clock = 0;
  const progress = analysisProgress({ interactive, err: (part) => { text += part; } }, { quiet, json }, () => (clock += 1_500));
  for (const done of [0, 1, 2]) progress.show({ step: 'files', done, total: 2 });
  progress.show({ step: 'cluster', done: 0, total: 1 });
  progress.end(TOTALS);
  return text;
}
const TOTAL = 'read 2 modules, 100 lines; resolved 90 % of 10 imports, 90 % of 10 calls, – of 0 queries, 90 % of 10 endpoints; 1 gap listed, in 1.5 s\n';

describe('progress', () => {
  test('in a log is a line per step and the total', () => {
    expect(said({})).toBe(`[1/7] files 2\n[6/7] cluster\n${TOTAL}`);
  });

  test('in a terminal redraws one line, wipes it, and leaves the total', () => {
    const text = said({ interactive: true });
    expect(text).toMatch(/^\r\u001b\[2K\[1\/7\] files 0\/2/);
    expect(text.endsWith(`\r\u001b[2K${TOTAL}`)).toBe(true);
    expect(text.match(/\n/g)).toHaveLength(1);
  });

  test('says nothing when asked to be quiet, or when a program asked and nobody watches', () => {
    expect([said({ quiet: true, interactive: true }), said({ json: true })]).toEqual(['', '']);
    expect(said({ json: true, interactive: true })).toContain('read 2 modules');
  });
});
