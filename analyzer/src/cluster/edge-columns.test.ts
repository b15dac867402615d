import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addEdge, mergeColumns, type EdgeColumns } from './edge-columns.ts';
import { mergeParallel } from './weighted-graph.ts';

const edges = fc.array(fc.record({ a: fc.nat(9), b: fc.nat(9), weight: fc.double({ min: 1e-6, max: 10, noNaN: true }) }), { maxLength: 60 });

test('edges merged as columns are, to the last bit, those merged as objects', () => {
  fc.assert(fc.property(edges, (given) => {
    const columns: EdgeColumns = { a: new Int32Array(60), b: new Int32Array(60), weight: new Float64Array(60), count: 0 };
    for (const { a, b, weight } of given) addEdge(columns, a, b, weight);
    const merged = mergeColumns(10, columns);
    expect(Array.from({ length: merged.count }, (_, i) => ({ a: merged.a[i], b: merged.b[i], weight: merged.weight[i] }))).toEqual(mergeParallel(given));
  }));
});
