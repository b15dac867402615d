import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { proxyOver, raw, type RawAnswer } from '../support/proxy.ts';

/** What the client gets when the monolith says these very bytes. */
async function through(bytes: string): Promise<RawAnswer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    socket.once('data', () => { socket.write(Buffer.from(bytes, 'latin1')); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const proxy = await proxyOver({ monolith: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, limits: { answerTimeoutMs: 1_000 } });
  const answer = await raw(proxy.port, 'GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n', 3_000);
  await proxy.proxy.stop();
  for (const socket of sockets) socket.destroy();
  server.close();
  return answer;
}

test.each([
  ['a coding besides chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
  ['a coding that is not chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc'],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
  ['a length beside chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
  ['a header that hides another', 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: evil\r\nContent-Length: 2\r\n\r\nok'],
  ['another protocol that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\nConnection: Upgrade\r\n\r\nbytes'],
  ['a head of 100 KB', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}\r\nContent-Length: 2\r\n\r\nok`],
])('%s is a bad answer: 502, and none of it is passed on', async (_what, bytes) => {
  const { status, body, text } = await through(bytes);
  expect([status, body]).toEqual([502, expect.stringContaining('STR_UPSTREAM_BAD_ANSWER')]);
  expect(text).not.toMatch(/abc|evil/);
});

test('a reason phrase that cannot be sent on is left out, and nothing of ours is shown', async () => {
  const answer = await through('HTTP/1.1 200 caf\u00e9\u0001\r\nContent-Length: 2\r\n\r\nok');
  expect([answer.status, answer.body]).toEqual([200, 'ok']);
});

test('a second answer that nobody asked for reaches nobody', async () => {
  expect((await through('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison')).body).toBe('ok');
});
