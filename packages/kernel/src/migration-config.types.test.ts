import { expect, test } from '@jest/globals';
import { defineMigration } from './migration-config.ts';
import type { MigrationConfig } from './migration-config.ts';

const rest = {
  monolith: { source: 'src', url: 'http://127.0.0.1:1', database: 'postgres://127.0.0.1/m' },
  services: { orders: { context: 'Ordering', url: 'http://127.0.0.1:2', database: 'postgres://127.0.0.1/o', owns: { modules: [], tables: [] } } },
  compare: { promoteWhen: { minSamples: 1, maxMismatchRate: 0, maxLatencyRatio: 1 } },
} as const;

test('a route to an undeclared service and a misspelt method do not compile', () => {
  const made: MigrationConfig[] = [
    // @ts-expect-error there is no service ordres
    defineMigration({ ...rest, routes: { 'orders.read': { match: 'GET /orders/:id', to: 'ordres', stage: 'monolith' } } }),
    // @ts-expect-error POTS is no method
    defineMigration({ ...rest, routes: { 'orders.create': { match: 'POTS /orders', to: 'orders', stage: 'monolith' } } }),
    // @ts-expect-error a route at the monolith has no percent
    defineMigration({ ...rest, routes: { 'orders.read': { match: 'GET /orders/:id', to: 'orders', stage: { monolith: { percent: 5 } } } } }),
    defineMigration({ ...rest, routes: { 'orders.read': { match: 'GET /orders/:id', to: 'orders', stage: 'monolith' } } }),
  ];
  expect(made).toHaveLength(4);
});
