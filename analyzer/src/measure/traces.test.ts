import { expect, test } from '@jest/globals';
import { systemOf } from '../model/sample-system.ts';
import { shortenedTraces, traceEndpoints } from './traces.ts';

const shelves = Array.from({ length: 150 }, (_, i) => `shelf${String(i)}`);
/** Every endpoint walks along all shelves. */
const warehouse = systemOf({
  modules: Object.fromEntries([['routes.ts', ['walk']], ...shelves.map((shelf): [string, string[]] => [`${shelf}.ts`, ['count']])]),
  calls: ['routes.ts#walk > shelf0.ts#count', ...shelves.slice(1).map((shelf, i) => `shelf${String(i)}.ts#count > ${shelf}.ts#count`), 'shelf149.ts#count > shelf0.ts#count'],
  endpoints: ['GET /walk > routes.ts#walk', 'POST /walk > routes.ts#walk'],
  tables: shelves.map((shelf) => `${shelf}: id`),
  accesses: shelves.map((shelf, i) => `${shelf}.ts#count ${i === 149 ? 'writes' : 'reads'} ${shelf}`),
});

test('a request is followed through a circle of calls once, a call that stands first before the query below it', () => {
  const [trace] = traceEndpoints(warehouse);
  expect(trace?.steps.map(({ table }) => table)).toEqual([...shelves].reverse());
  expect(trace?.modules).toEqual(['routes.ts', ...shelves.map((shelf) => `${shelf}.ts`)]);
  expect(trace?.writes).toEqual(['shelf149']);
  expect(shortenedTraces(traceEndpoints(warehouse))).toEqual([]);
});

test('where traces are too long to list, their steps are shortened, their tables are not, and it is said once', () => {
  const traces = traceEndpoints(warehouse, 100);
  expect(traces.map(({ steps, reads, writes }) => [steps.length, reads.length, writes])).toEqual([[100, 149, ['shelf149']], [100, 149, ['shelf149']]]);
  expect(shortenedTraces(traces)).toEqual([{ kind: 'call', what: '2 endpoints', why: 'reach more than can be listed: the first 100 steps and modules of each are, and all of its tables', evidence: traces[0]?.endpoint.evidence }]);
});
