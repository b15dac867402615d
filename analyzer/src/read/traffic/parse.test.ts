import { describe, expect, test } from '@jest/globals';
import { parseLogLine } from './access-log.ts';
import { spansOf } from './otlp.ts';

describe('a line of an access log', () => {
  const at = Date.parse('2026-03-01T12:00:05Z') / 1000;

  test.each([
    ['Common', '10.0.0.1 - - [01/Mar/2026:13:00:05 +0100] "GET /books/7?x=1 HTTP/1.1" 200 512'],
    ['Combined', '2001:db8::1 - ada [01/Mar/2026:12:00:05 +0000] "GET /books/7?x=1 HTTP/2.0" 200 - "https://shop.example/" "Mozilla/5.0 [en] \\"x\\""'],
    ['nginx JSON with the request line', '{"time_iso8601":"2026-03-01T12:00:05+00:00","request":"GET /books/7?x=1 HTTP/1.1","status":"200"}'],
    ['nginx JSON with its parts', '{"msec":"1772366405.000","request_method":"GET","request_uri":"/books/7?x=1"}'],
    ['Caddy', '{"ts":1772366405,"request":{"method":"GET","uri":"/books/7?x=1"},"status":200}'],
    ['pino', '{"level":30,"time":1772366405000,"req":{"method":"GET","url":"/books/7?x=1"},"msg":"request completed"}'],
    ['a proxy with absolute URLs', '{"timestamp":"2026-03-01T12:00:05Z","method":"get","url":"https://shop.example/books/7?x=1"}'],
  ])('%s', (_, line) => {
    expect(parseLogLine(line)).toEqual({ method: 'GET', path: '/books/7?x=1', seconds: at });
  });

  test.each(['', 'listening on 3000', '{"level":30,"msg":"started"}', '{"method":"GET"', '10.0.0.1 - - [01/Mar/2026:13:00:05 +0100] "\\x16\\x03" 400 0'])('“%s” is none', (line) => {
    expect(parseLogLine(line)).toBeUndefined();
  });
});

describe('spans of an OTLP export', () => {
  const attribute = (key: string, value: string): unknown => ({ key, value: { stringValue: value } });
  const span = (more: object): unknown => ({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans: [{ traceId: 't', spanId: 's', ...more }] }] }] });

  test('a server span says what was asked, by the conventions of today and of yesterday', () => {
    const today = span({ kind: 2, name: 'GET', startTimeUnixNano: '1772366405000000000', attributes: [attribute('http.request.method', 'GET'), attribute('url.path', '/books/7'), attribute('http.route', '/books/:id')] });
    const yesterday = span({ kind: 'SPAN_KIND_SERVER', attributes: [attribute('http.method', 'GET'), attribute('http.target', '/books/:id')] });
    expect(spansOf(today)).toMatchObject([{ trace: 't', id: 's', parent: '', seconds: 1_772_366_405, request: { method: 'GET', path: '/books/:id' } }]);
    expect(spansOf(yesterday)).toMatchObject([{ request: { method: 'GET', path: '/books/:id' } }]);
    expect(spansOf(span({ kind: 2, name: 'POST /books' }))).toMatchObject([{ request: { method: 'POST', path: '/books' } }]);
  });

  test('a client span is no request of ours', () => {
    expect(spansOf(span({ kind: 3, name: 'GET /prices', attributes: [attribute('http.method', 'GET'), attribute('http.url', 'https://prices.example/prices')] }))?.[0]).not.toHaveProperty('request');
  });

  test('a database span tells its statement, or its table and what is done to it', () => {
    expect(spansOf(span({ attributes: [attribute('db.statement', 'select * from books')] }))).toMatchObject([{ statement: 'select * from books' }]);
    expect(spansOf(span({ attributes: [attribute('db.sql.table', 'books'), attribute('db.operation', 'INSERT')] }))).toMatchObject([{ table: { name: 'books', mode: 'write' } }]);
  });

  test.each([undefined, 1, [], {}, { data: [] }])('%j is no export', (value) => {
    expect(spansOf(value)).toBeUndefined();
  });
});
