import { describe, expect, test } from '@jest/globals';
import { FindingsError } from './errors.ts';
import { parseConfig } from './load-config.ts';
import type { MigrationConfig } from './migration-config.ts';

const bookshop = (): MigrationConfig => ({
  monolith: { source: 'src', url: { env: 'MONOLITH_URL' }, database: { env: 'MONOLITH_DATABASE_URL' } },
  services: {
    books: { context: 'Books', url: 'http://127.0.0.1:4000', database: { env: 'BOOKS_DATABASE_URL' }, owns: { modules: ['books/**'], tables: ['books'] } },
    loans: { context: 'Loans', url: 'http://127.0.0.1:4001', database: { env: 'LOANS_DATABASE_URL' }, owns: { modules: ['loans/**'], tables: ['loans'] } },
  },
  routes: {
    'books.read': { match: 'GET /books/:id', to: 'books', stage: 'monolith' },
    'books.create': { match: 'POST /books', to: 'books', stage: 'monolith', writes: ['books'] },
  },
  compare: { promoteWhen: { minSamples: 300, maxMismatchRate: 0.01, maxLatencyRatio: 2 } },
  replication: { 'books-forward': { from: 'monolith', to: 'books', tables: { books: { key: ['id'] } } } },
});

function findingsOf(raw: unknown): string[] {
  try {
    parseConfig(raw);
    return [];
  } catch (error) {
    if (error instanceof FindingsError) return error.findings.map(({ code, where }) => `${code} ${where ?? ''}`);
    throw error;
  }
}

describe('a config', () => {
  test('without mistakes is taken as it is', () => {
    expect(parseConfig(bookshop())).toEqual(bookshop());
  });

  test('of a replication may say all that its type knows, and an outbox nothing of it', () => {
    const every = { retention: { days: 7, megabytes: 500 }, log: 'kafka', reading: 'keys', onRefusal: 'park', parkAtMost: { transactions: 5, megabytes: 1 } } as const;
    const with_ = { ...bookshop(), replication: { 'books-forward': { from: 'monolith', to: 'books', tables: { books: { key: ['id'] } }, ...every } } };
    expect(parseConfig(with_)).toEqual(with_);
    const outbox = { ...bookshop().services['books'], outbox: { to: 'log', reading: 'keys' } };
    expect(findingsOf({ ...bookshop(), services: { ...bookshop().services, books: outbox } })).toEqual(['STR_BAD_CONFIG services.books.outbox']);
  });

  test('with four mistakes of four kinds reports all four, each with its place', () => {
    const config = bookshop();
    const raw = {
      ...config,
      routes: {
        'books.read': { match: 'GTE /books/:id', to: 'books', stage: 'monolith' },
        'books.list': { match: 'GET /books', to: 'boks', stage: 'monolith' },
        'books.create': { match: 'POST /books', to: 'books', stage: { shadow: { sample: 1 } }, writes: ['books'] },
      },
      replication: { 'books-forward': { from: 'monolith', to: 'books', tables: { books: { key: [] } } } },
    };
    expect(findingsOf(raw).sort()).toEqual([
      'STR_BAD_CONFIG replication.books-forward.tables.books.key',
      'STR_BAD_CONFIG routes.books.read.match',
      'STR_UNKNOWN_SERVICE routes.books.list.to',
      'STR_UNSAFE_SHADOW routes.books.create.stage',
    ]);
  });

  test('may not send some writes of a table to a service and the rest to the monolith', () => {
    const config = bookshop();
    const canary = { canary: { percent: 5, stickyBy: 'header:x-library' as const } };
    const routes = { 'books.create': { match: 'POST /books' as const, to: 'books', stage: canary, writes: ['books'] } };
    expect(findingsOf({ ...config, routes })).toEqual(['STR_SPLIT_BRAIN routes.books.create.stage']);
    const divided = { ...config.services['books'], owns: { modules: [], tables: ['books'], dividedBy: 'header:x-library' } };
    expect(findingsOf({ ...config, routes, services: { ...config.services, books: divided } })).toEqual([]);
  });

  test('gives a table one owner', () => {
    const config = bookshop();
    const routes = { ...config.routes, 'loans.create': { match: 'POST /loans' as const, to: 'loans', stage: 'monolith' as const, writes: ['loans', 'books'] } };
    expect(findingsOf({ ...config, routes })).toEqual(['STR_TWO_OWNERS routes.loans.create.writes']);
  });

  test('names the tables of a route that may write', () => {
    const config = bookshop();
    expect(findingsOf({ ...config, routes: { 'books.touch': { match: 'ANY /books/:id/touch', to: 'books', stage: 'monolith' } } })).toEqual(['STR_WRITE_SET_MISSING routes.books.touch.writes']);
  });

  test.each([[undefined], [null], [7], ['text'], [[]]])('that is %p is refused without a crash', (raw) => {
    expect(findingsOf(raw)).not.toEqual([]);
  });
});
