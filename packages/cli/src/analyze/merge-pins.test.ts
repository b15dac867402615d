import { describe, expect, test } from '@jest/globals';
import { mergePins } from './merge-pins.ts';

const FILE = `# decided in March
contexts:
  orders: {modules: ['orders/**', 'tax.ts'], not: ['rates.ts']} # Ada
  catalog:
    modules:
      - 'books.ts'
shared: ['log.ts']
`;

describe('merging pins into what a team wrote', () => {
  test('comments and everything else stay', () => {
    expect(mergePins(FILE, { contexts: { catalog: { modules: ['authors.ts'], tables: ['authors'] } } })).toBe(FILE.replace("      - 'books.ts'\n", "      - 'books.ts'\n      - authors.ts\n    tables: [authors]\n"));
  });

  test('what moves is pinned to one context only, a ban against it goes, and a list left empty goes, too', () => {
    const merged = mergePins(FILE, { contexts: { catalog: { modules: ['tax.ts', 'log.ts'] }, orders: { modules: ['rates.ts'] } } });
    expect(merged).not.toMatch(/shared|not:/);
    expect(merged).toContain("orders: {modules: ['orders/**', rates.ts]} # Ada");
    expect(merged.match(/tax\.ts/g)).toHaveLength(1);
  });

  test('a file that is not there yet begins with them', () => {
    expect(mergePins('', { contexts: { tax: { modules: ['orders/tax.ts'] } }, shared: ['log.ts'] })).toBe('contexts:\n  tax:\n    modules: [orders/tax.ts]\nshared: [log.ts]\n');
  });

  test('merging twice is merging once', () => {
    const pins = { contexts: { catalog: { modules: ['tax.ts'] } }, shared: ['x.ts'] };
    expect(mergePins(mergePins(FILE, pins), pins)).toBe(mergePins(FILE, pins));
  });
});
