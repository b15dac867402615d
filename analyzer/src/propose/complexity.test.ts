import { describe, expect, test } from '@jest/globals';
import type { EndpointTrace, TraceStep } from '../measure/traces.ts';
import { complexities, localTransactions } from './complexity.ts';
import type { Territory } from './territory.ts';

const OWNERS: Readonly<Record<string, string>> = { orders: 'ordering', lines: 'ordering', shelves: 'stock', books: 'catalog' };
const where: Territory = { ofModule: () => undefined, ofTable: (table) => OWNERS[table] };
const evidence = { file: 'a.ts', line: 1 };
const steps = (text: string): TraceStep[] => text.split(', ').map((step) => ({ table: step.slice(2), mode: step.startsWith('w') ? 'write' : 'read', module: 'a.ts', evidence }));
const traceOf = (path: string, text: string): EndpointTrace => ({ endpoint: { method: 'POST', path, module: 'a.ts', handlers: [], framework: 'express', evidence }, steps: steps(text), reads: [], writes: [], modules: [] });

describe('local transactions', () => {
  test('are stretches of one owner; a read after a write of the same table is no access of its own', () => {
    const found = localTransactions(steps('r orders, w orders, r lines, w shelves, r shelves, r orders'), where);
    expect(found.map(({ reads, writes }) => [[...reads], [...writes]])).toEqual([[['orders', 'lines'], ['orders']], [[], ['shelves']], [['orders'], []]]);
  });
});

describe('complexity of a functionality (Santos & Rito Silva 2020)', () => {
  test('adds up, per local transaction, the other distributed functionalities that touch its tables the other way round', () => {
    const traces = [
      traceOf('/checkout', 'w orders, w shelves'), // {list reads orders, audit reads orders}; {audit reads shelves}
      traceOf('/list', 'r orders, r books'), // {checkout writes orders}; {}
      traceOf('/audit', 'r shelves, r orders'), // {checkout writes shelves}; {checkout writes orders}
      traceOf('/rename', 'w books'), // one context: neither complex nor in anybody's way
      traceOf('/ship', 'r orders, r lines'), // one context
    ];
    expect(complexities(traces, where)).toEqual([3, 1, 2, 0, 0]);
  });

  test('more functionalities than a machine word has bits are all counted', () => {
    const readers = Array.from({ length: 70 }, (_, i) => traceOf(`/read${String(i)}`, 'r orders, r books'));
    expect(complexities([traceOf('/checkout', 'w orders, w shelves'), ...readers], where)[0]).toBe(70);
  });
});
