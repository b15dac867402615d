import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { expect, test } from '@jest/globals';
import { echo, startUpstream } from '@strangler/testkit';
import { proxyOver, raw } from '../support/proxy.ts';

test('an upload of 20 MB streams through: the upstream reads while the client still writes, and every byte arrives', async () => {
  let firstByte: () => void = () => undefined;
  const reading = new Promise<void>((resolve) => { firstByte = resolve; });
  await using monolith = await startUpstream(async (req, res) => {
    const hash = createHash('sha256');
    for await (const chunk of req) {
      firstByte();
      hash.update(chunk as Buffer);
    }
    res.end(hash.digest('hex'));
  }, { streaming: true });
  await using proxy = await proxyOver({ monolith: monolith.url });
  const chunk = Buffer.alloc(1024 * 1024, 'strangler');
  const expected = createHash('sha256');
  const answer = new Promise<string>((resolve, reject) => {
    const req = request(`${proxy.url}/upload`, { method: 'POST' }, (res) => { res.setEncoding('utf8').once('data', resolve); }).once('error', reject);
    const upload = async (): Promise<void> => {
      for (let i = 0; i < 20; i += 1) {
        expected.update(chunk);
        if (!req.write(chunk)) await new Promise((drained) => { req.once('drain', drained); });
        if (i === 0) await reading;
      }
      req.end();
    };
    upload().catch(reject);
  });
  expect(await answer).toBe(expected.digest('hex'));
});

test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('a chunked body of %s arrives as the body, never as a request of its own', async (method) => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n';
  await raw(proxy.port, `${method} /notes HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`);
  expect(monolith.seen.map(({ url, body }) => ({ url, body: body.toString() }))).toEqual([{ url: '/notes', body: smuggled }]);
});

test('many chunked uploads share connections to the upstream', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  for (let i = 0; i < 20; i += 1) await raw(proxy.port, 'POST /notes HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhi\r\n0\r\n\r\n');
  expect(monolith.seen).toHaveLength(20);
  expect(monolith.connections).toBe(1);
});

test('Expect: 100-continue is answered, and the body follows', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  const answer = await raw(proxy.port, 'POST /notes HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi');
  expect(answer.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/);
  expect(monolith.seen[0]?.body.toString()).toBe('hi');
});

test('trailers of an answer arrive as trailers, never among the headers', async () => {
  await using monolith = await startUpstream((_req, res) => {
    res.writeHead(200, { trailer: 'x-checksum' });
    res.write('hello');
    res.addTrailers({ 'x-checksum': 'abc' });
    res.end();
  });
  await using proxy = await proxyOver({ monolith: monolith.url });
  const answer = await raw(proxy.port, 'GET / HTTP/1.1\r\nHost: shop\r\nTE: trailers\r\n\r\n');
  expect(answer.head).not.toContain('abc');
  expect(answer.body).toContain('0\r\nx-checksum: abc\r\n\r\n');
});

test('an answer that comes before the upload is over reaches the client', async () => {
  await using monolith = await startUpstream((_req, res) => { res.writeHead(413, { connection: 'close' }).end('too large'); }, { streaming: true });
  await using proxy = await proxyOver({ monolith: monolith.url });
  const answer = await raw(proxy.port, `POST /upload HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000)}`);
  expect(answer.status).toBe(413);
});
