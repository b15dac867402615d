import { describe, expect, test } from '@jest/globals';
import { Matcher } from './match.ts';

const endpoint = (text: string): { method: string; path: string } => ({ method: text.split(' ')[0] ?? '', path: text.split(' ')[1] ?? '' });
const shop = new Matcher(['GET /books', 'GET /books/:id', 'GET /books/new', 'POST /books/:id/reviews', 'ANY /admin/*', 'GET /files/:path*', 'GET /', 'QUERY books'].map(endpoint));
const find = (text: string): string | undefined => shop.find(endpoint(text));

describe('which endpoint answers a request', () => {
  test.each([
    ['GET /books', 'GET /books'], ['GET /books/', 'GET /books'], ['GET /books/7?edition=2', 'GET /books/:id'], ['GET /books/new', 'GET /books/new'], ['POST /books/7/reviews', 'POST /books/:id/reviews'],
    ['DELETE /admin/users/3', 'ANY /admin/*'], ['GET /files/a/b.pdf', 'GET /files/:path*'], ['HEAD /books/7', 'GET /books/:id'], ['GET //books//7', 'GET /books/:id'], ['get /Books', 'GET /books'], ['GET /', 'GET /'],
  ])('%s is answered by %s', (asked, answered) => {
    expect(find(asked)).toBe(answered);
  });

  test.each(['POST /books', 'GET /authors', 'GET /books/7/reviews'])('%s is answered by none', (asked) => {
    expect(find(asked)).toBeUndefined();
  });

  test('a route as a framework names it is found, whatever its parameters are called', () => {
    expect(find('GET /books/:bookId')).toBe('GET /books/:id');
    expect(find('GET /books/{id}')).toBe('GET /books/:id');
  });
});
