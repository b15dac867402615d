import { describe, expect, test } from '@jest/globals';
import { systemOf } from '../model/sample-system.ts';
import { importCycles } from './cycles.ts';

describe('import cycles', () => {
  test('modules that need one another to load are named together', () => {
    const model = systemOf({ modules: { 'a.ts': [], 'b.ts': [], 'c.ts': [], 'd.ts': [] }, imports: ['a.ts > b.ts', 'b.ts > c.ts', 'c.ts > a.ts', 'c.ts > d.ts'] });
    expect(importCycles(model)).toEqual([['a.ts', 'b.ts', 'c.ts']]);
  });

  test('a type-only import closes no cycle', () => {
    expect(importCycles(systemOf({ modules: { 'a.ts': [], 'b.ts': [] }, imports: ['a.ts > b.ts', 'b.ts ~> a.ts'] }))).toEqual([]);
  });

  test('a chain of 30,000 imports does not end the stack', () => {
    const names = Array.from({ length: 30_000 }, (_, i) => `m${String(i)}.ts`);
    const model = systemOf({ modules: Object.fromEntries(names.map((name) => [name, []])), imports: names.slice(1).map((name, i) => `${names[i] ?? ''} > ${name}`) });
    expect(importCycles(model)).toEqual([]);
  });
});
