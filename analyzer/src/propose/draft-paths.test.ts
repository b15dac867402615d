import { expect, test } from '@jest/globals';
import { systemOf } from '../model/sample-system.ts';
import { cluster } from '../cluster/cluster.ts';
import { measure } from '../measure/measure.ts';
import { propose } from './propose.ts';

test('a long path that no pattern can say is left out of the draft at once', () => {
  const path = `/books/${'a-very-long-segment-of-a-path/'.repeat(8)}(chapter)`;
  const model = systemOf({ modules: { 'books.ts': ['list'], 'pages.ts': ['page'] }, calls: ['books.ts#list > pages.ts#page'], tables: ['books: id, title'], accesses: ['books.ts#list reads books'], endpoints: [`GET ${path} > books.ts#list`] });
  const measures = measure(model);
  const { draft } = propose(model, measures, cluster(model, measures, { without: [], seed: 1, pins: { contexts: { books: { modules: ['*.ts'] } } } }), { without: [], seed: 1 });
  expect(draft).toContain(`// Left out: GET ${path}: no pattern of method and path can say it.`);
});
