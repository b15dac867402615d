import { expect, test } from '@jest/globals';
import { readsBehind } from './reads-behind.ts';

test('names reads of the service that the monolith still answers, and neither writes nor reads of others', () => {
  const routes = [
    { id: 'loans.list', to: 'loans', write: false, stageName: 'canary', notation: 'canary:5' }, { id: 'loans.read', to: 'loans', write: false, stageName: 'service', notation: 'service' },
    { id: 'loans.lend', to: 'loans', write: true, stageName: 'monolith', notation: 'monolith' }, { id: 'books.list', to: 'books', write: false, stageName: 'monolith', notation: 'monolith' },
  ] as const;
  expect(readsBehind(routes, 'loans')).toMatchObject([{ code: 'STR_READS_BEHIND', severity: 'warning', where: 'loans.list (canary:5)' }]);
  expect(readsBehind(routes, 'nobody')).toEqual([]);
});
