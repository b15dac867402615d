import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, gzipSync } from 'node:zlib';
import type { SystemModel } from '../../model/graph.ts';
import { bookshop } from '../../model/sample-system.ts';
import { loadSqlParser } from '../tables/sql.ts';
import { withTraffic, type TrafficFiles } from './read-traffic.ts';

const beside = (file: string): string => new URL(file, import.meta.url).href;

let root: string;
beforeAll(async () => {
  await loadSqlParser();
  root = await mkdtemp(join(tmpdir(), 'traffic-'));
});
afterAll(async () => { await rm(root, { recursive: true }); });

const put = async (name: string, content: string | Buffer): Promise<string> => {
  await writeFile(join(root, name), content);
  return join(root, name);
};
const read = (files: Partial<TrafficFiles>): Promise<SystemModel> => withTraffic(bookshop(), { traces: [], accessLogs: [], hars: [], ...files });
const gaps = (model: SystemModel): string[] => model.unresolved.filter(({ kind }) => kind === 'traffic').map(({ what, why, evidence: { file, line } }) => `${file}:${String(line)} ${what}: ${why}`);
const hour = (minute: number, request: string): string => `10.0.0.1 - - [01/Mar/2026:12:${String(minute).padStart(2, '0')}:00 +0000] "${request} HTTP/1.1" 200 5\n`;

interface Written { readonly id: string; readonly parent?: string; readonly kind?: number; readonly attributes?: Record<string, string> }
const batch = (...spans: readonly Written[]): string => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: spans.map(({ id, parent = '', kind = 1, attributes = {} }) => ({
  traceId: 'one', spanId: id, parentSpanId: parent, kind, startTimeUnixNano: '1772366405000000000', attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
})) }] }] });

describe('an access log', () => {
  test('gives each endpoint its requests, its share and what a day would bring; what nobody answers is listed without ids', async () => {
    const log = [hour(0, 'GET /books'), hour(10, 'GET /books/7'), hour(20, 'GET /books/8?x=1'), 'not a line of a log\n', hour(30, 'POST /orders'), hour(40, 'GET /wp-login.php'), hour(60 - 1, 'GET /invoices/99')].join('');
    const model = await read({ accessLogs: [await put('access.log', log)] });
    expect(model.traffic).toMatchObject({
      sources: [{ file: 'access.log', kind: 'access log', requests: 6, matched: 4, bad: 1, seconds: 59 * 60 }],
      endpoints: [{ endpoint: 'GET /books/:id', requests: 2, share: 0.5 }, { endpoint: 'GET /books', requests: 1 }, { endpoint: 'POST /orders', requests: 1 }],
      unmatched: [{ method: 'GET', path: '/invoices/:id', requests: 1 }, { method: 'GET', path: '/wp-login.php', requests: 1 }],
    });
    expect(model.traffic?.endpoints[0]?.perDay).toBeCloseTo((2 * 24 * 60) / 59, 1);
    expect(gaps(model)).toEqual(['access.log:4 1 lines: could not be read; the first is named', 'access.log:1 2 of 6 requests: no endpoint of the source answers them; most often GET /invoices/:id']);
  });

  test('is read gzipped, over chunks and without a last line end', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => hour(i % 60, i % 4 === 0 ? 'POST /orders' : `GET /books/${String(i)}`)).join('').trimEnd();
    const model = await read({ accessLogs: [await put('access.log.gz', gzipSync(lines))] });
    expect(model.traffic?.endpoints.map(({ endpoint, requests }) => [endpoint, requests])).toEqual([['GET /books/:id', 15_000], ['POST /orders', 5_000]]);
  });

  test('of sixty megabytes is streamed: memory does not grow with it', async () => {
    const file = join(root, 'large.log.gz');
    const block = Array.from({ length: 20_000 }, (_, i) => hour(i % 60, `GET /books/${String(i)}`)).join('');
    await pipeline(Readable.from(Array.from({ length: 40 }, () => block)), createGzip({ level: 1 }), createWriteStream(file));
    // In a process of its own, which may keep less than half of the text: what a test's process takes meanwhile says little.
    const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=32', '--max-semi-space-size=4', '--input-type=module', '-e', `
      import { loadSqlParser } from ${JSON.stringify(beside('../tables/sql.ts'))};
      import { bookshop } from ${JSON.stringify(beside('../../model/sample-system.ts'))};
      import { withTraffic } from ${JSON.stringify(beside('./read-traffic.ts'))};
      await loadSqlParser();
      const before = process.memoryUsage().rss;
      const model = await withTraffic(bookshop(), { traces: [], accessLogs: [${JSON.stringify(file)}], hars: [] });
      console.log(JSON.stringify([model.traffic.endpoints[0].requests, process.memoryUsage().rss - before]));`]);
    const [requests, grown] = JSON.parse(stdout) as [number, number];
    expect(requests).toBe(800_000);
    expect(grown).toBeLessThan(100 << 20);
  }, 60_000);

  test('that breaks off, or is not there, is refused', async () => {
    const whole = gzipSync(hour(0, 'GET /books').repeat(1000));
    await expect(read({ accessLogs: [await put('cut.log.gz', whole.subarray(0, whole.length - 20))] })).rejects.toMatchObject({ code: 'STR_TRAFFIC_BROKEN', exitCode: 3 });
    await expect(read({ accessLogs: [join(root, 'nowhere.log')] })).rejects.toMatchObject({ code: 'STR_TRAFFIC_NOT_FOUND', exitCode: 2 });
  });

  test('that is another kind of file says so', async () => {
    expect(gaps(await read({ accessLogs: [await put('notes.txt', 'buy milk\n')] }))).toEqual(['notes.txt:1 notes.txt: no request was found: is it an access log (Common, Combined or JSON)?']);
  });
});

describe('traces', () => {
  const lines = [
    batch({ id: 'q1', parent: 'fn', attributes: { 'db.statement': 'SELECT b.* FROM books b JOIN authors a ON a.id = b.author_id WHERE b.id = $1' } }, { id: 'q2', parent: 'fn', attributes: { 'db.sql.table': 'shelves', 'db.operation': 'UPDATE' } }),
    batch({ id: 'fn', parent: 'root' }),
    batch({ id: 'root', kind: 2, attributes: { 'http.request.method': 'GET', 'http.route': '/books/:id' } }),
    batch({ id: 'job', attributes: { 'db.statement': 'delete from orders' } }),
    '{"resourceSpans": [',
  ].join('\n');

  test('lay tables under the request that asked for them, though children come first; what no request asked for is nobody\'s', async () => {
    const { traffic } = await read({ traces: [await put('traces.jsonl', lines)] });
    expect(traffic?.accesses).toEqual([
      { endpoint: 'GET /books/:id', table: 'authors', mode: 'read', times: 1 }, { endpoint: 'GET /books/:id', table: 'books', mode: 'read', times: 1 }, { endpoint: 'GET /books/:id', table: 'shelves', mode: 'write', times: 1 },
    ]);
    expect(traffic?.sources).toMatchObject([{ requests: 1, matched: 1, bad: 1 }]);
  });

  test('as one document printed for people, or with a first line that was cut, are read too', async () => {
    const pretty = JSON.stringify(JSON.parse(batch({ id: 'root', kind: 2, attributes: { 'http.method': 'GET', 'http.target': '/books/7' } })), undefined, 2);
    expect((await read({ traces: [await put('pretty.json', pretty)] })).traffic?.endpoints).toMatchObject([{ endpoint: 'GET /books/:id', requests: 1 }]);
    expect((await read({ traces: [await put('rotated.jsonl', `al":"x"}]}\n${lines}`)] })).traffic?.sources).toMatchObject([{ requests: 1, bad: 2 }]);
  });

  test('beside an access log tell tables only: they are often sampled', async () => {
    const { traffic } = await read({ traces: [await put('sampled.jsonl', lines)], accessLogs: [await put('all.log', hour(0, 'GET /books/1').repeat(9))] });
    expect(traffic?.endpoints).toEqual([{ endpoint: 'GET /books/:id', requests: 9, share: 1 }]);
    expect(traffic?.accesses).toHaveLength(3);
  });
});

describe('a HAR file', () => {
  test('counts its entries; one without a request is a finding', async () => {
    const entry = (method: string, url: string): unknown => ({ startedDateTime: '2026-03-01T12:00:00Z', request: { method, url } });
    const model = await read({ hars: [await put('session.har', JSON.stringify({ log: { entries: [entry('GET', 'https://shop.example/books/7'), entry('POST', 'https://shop.example/orders'), {}] } }))] });
    expect(model.traffic?.endpoints.map(({ endpoint }) => endpoint)).toEqual(['GET /books/:id', 'POST /orders']);
    expect(gaps(model)).toEqual(['session.har:3 1 entries: could not be read; the first is named']);
  });
});
