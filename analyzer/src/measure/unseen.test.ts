import { expect, test } from '@jest/globals';
import { bookshop } from '../model/sample-system.ts';
import { traceEndpoints } from './traces.ts';
import { unseenAccesses } from './unseen.ts';

test('what traces saw and the source did not tell is a gap at the endpoint; what both tell is none', () => {
  const access = (table: string, mode: 'read' | 'write'): { endpoint: string; table: string; mode: 'read' | 'write'; times: number } => ({ endpoint: 'POST /orders', table, mode, times: 3 });
  const model = { ...bookshop(), traffic: { sources: [], endpoints: [], unmatched: [], accesses: [access('orders', 'write'), access('orders', 'read'), access('books', 'read')] } };
  expect(unseenAccesses(model, traceEndpoints(model)).map(({ what, evidence }) => [what, evidence.file])).toEqual([['POST /orders reads orders', 'orders/routes.ts'], ['POST /orders reads books', 'orders/routes.ts']]);
  expect(unseenAccesses(bookshop(), traceEndpoints(bookshop()))).toEqual([]);
});
