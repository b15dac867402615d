import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FindingsError, type EndpointPattern, type RouteConfig } from '@strangler/kernel';
import { compileRoutes, type RouteTable } from './route-table.ts';

const table = (...patterns: string[]): RouteTable => compileRoutes({ routes: Object.fromEntries(patterns.map((match) => [nameOf(match), route(match)])) });
const route = (match: string): RouteConfig => ({ match: match as EndpointPattern, to: 'catalog', stage: 'monolith' });
const nameOf = (pattern: string): string => pattern.replaceAll(/[^A-Za-z*]+/g, '.').replaceAll('*', 'rest');
const overlaps = (...patterns: string[]): string[] => {
  try {
    table(...patterns);
    return [];
  } catch (error) {
    if (!(error instanceof FindingsError)) throw error;
    expect(error.code).toBe('STR_OVERLAPPING_ROUTES');
    return error.findings.map(({ message }) => message);
  }
};

describe('a route table', () => {
  test('prefers a literal to a parameter and a parameter to the rest', () => {
    const { match } = table('GET /products/search', 'GET /products/:id', 'GET /products/*');
    expect(match('GET', '/products/search')?.id).toBe('GET.products.search');
    expect(match('GET', '/products/7')?.id).toBe('GET.products.id');
    expect(match('GET', '/products/7/reviews')?.id).toBe('GET.products.rest');
    expect(match('GET', '/products')).toBeUndefined();
  });

  test('steps back from a literal that leads nowhere', () => {
    const { match } = table('GET /shops/main/hours', 'GET /shops/:id');
    expect(match('GET', '/shops/main')?.id).toBe('GET.shops.id');
  });

  test('lets the path decide and the method only filter', () => {
    const { match } = table('GET /files/:name', 'ANY /files/*');
    expect(match('GET', '/files/plan')?.id).toBe('GET.files.name');
    expect(match('PUT', '/files/plan')?.id).toBe('ANY.files.rest');
  });

  test('answers HEAD by the GET route unless there is one for HEAD', () => {
    expect(table('GET /menu').match('HEAD', '/menu')?.id).toBe('GET.menu');
    expect(table('GET /menu', 'HEAD /menu').match('HEAD', '/menu')?.id).toBe('HEAD.menu');
  });

  test('leaves what no route names to the monolith', () => {
    expect(table('GET /menu').match('POST', '/menu')).toBeUndefined();
    expect(table('GET /menu').match('GET', '/menus')).toBeUndefined();
  });

  test('does not decode: an encoded slash stays inside its segment', () => {
    expect(table('GET /files/:name').match('GET', '/files/a%2Fb')?.id).toBe('GET.files.name');
    expect(table('GET /files/a/b').match('GET', '/files/a%2Fb')).toBeUndefined();
  });

  test('cannot be slipped past by a trailing slash or capitals, which Express takes for the same path', () => {
    expect(table('POST /orders').match('POST', '/Orders/')?.id).toBe('POST.orders');
  });

  test('takes the root for a path of its own', () => {
    expect(table('GET /').match('GET', '/')?.id).toBe('GET.');
    expect(table('GET /:page').match('GET', '/')).toBeUndefined();
    expect(table('ANY /*').match('GET', '/')?.id).toBe('ANY.rest');
  });

  test.each([
    ['GET /books/:id', 'GET /books/:isbn'],
    ['ANY /books', 'GET /books'],
    ['GET /books', 'GET /Books/'],
    ['GET /:shelf/new', 'GET /books/:id'],
    ['ANY /shelves/:id/books', 'POST /shelves/main/*'],
  ])('refuses %s beside %s, naming both', (first, second) => {
    const [message = ''] = overlaps(first, second);
    expect(message).toContain(`'${nameOf(first)}'`);
    expect(message).toContain(`'${nameOf(second)}'`);
  });

  test('reports every overlap at once', () => {
    expect(overlaps('GET /a/:x', 'GET /a/:y', 'POST /b', 'ANY /b')).toHaveLength(2);
  });

  test.each([['GET /books/:id', 'POST /books/:id'], ['GET /books/:id', 'GET /books/new'], ['GET /books', 'GET /books/*'], ['GET /books/:id', 'ANY /books/*']])('allows %s beside %s', (first, second) => {
    expect(overlaps(first, second)).toEqual([]);
  });
});

const segment = fc.constantFrom('a', 'b', ':x', ':y');
const pattern = fc.tuple(fc.constantFrom('GET', 'POST', 'ANY'), fc.array(segment, { maxLength: 3 }), fc.boolean()).map(([method, parts, rest]) => `${method} /${[...parts, ...(rest ? ['*'] : [])].join('/')}`);
const path = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);

/** The specification, slow and plain: does the pattern match at all? */
function fits(text: string, method: string, requested: string): boolean {
  const [wanted = '', shape = ''] = text.split(' ');
  const source = shape === '/' ? '' : shape.slice(1).split('/').map((part) => part === '*' ? '(?:/.*)' : part.startsWith(':') ? '/[^/]+' : `/${part}`).join('');
  return (wanted === 'ANY' || wanted === method) && new RegExp(`^${source === '' ? '/' : source}$`).test(requested);
}

describe('laws of the route table', () => {
  test('the order of declaration does not matter', () => {
    fc.assert(fc.property(fc.uniqueArray(pattern, { maxLength: 6 }), path, fc.constantFrom('GET', 'POST', 'PUT'), (patterns, requested, method) => {
      const [forwards, backwards] = [named(patterns), named(patterns.toReversed())];
      expect(backwards === undefined).toBe(forwards === undefined);
      expect(backwards?.match(method, requested)?.config.match).toBe(forwards?.match(method, requested)?.config.match);
    }), { numRuns: 2_000 });
  });

  test('a request finds a route if and only if some pattern matches it', () => {
    fc.assert(fc.property(fc.uniqueArray(pattern, { maxLength: 5 }), path, fc.constantFrom('GET', 'POST', 'PUT'), (patterns, requested, method) => {
      const compiled = named(patterns);
      if (compiled === undefined) return;
      const found = compiled.match(method, requested)?.config.match;
      const fitting = patterns.filter((each) => fits(each, method, requested));
      if (found === undefined) expect(fitting).toEqual([]);
      else expect(fitting).toContain(found);
    }), { numRuns: 2_000 });
  });

  const named = (patterns: readonly string[]): RouteTable | undefined => {
    try {
      return compileRoutes({ routes: Object.fromEntries(patterns.map((match) => [match.replaceAll(/\W/g, '_'), route(match)])) });
    } catch {
      return undefined;
    }
  };
});
