import { expect, test } from '@jest/globals';
import { echo, startUpstream } from '@strangler/testkit';
import { proxyOver, raw } from '../support/proxy.ts';

test('path and query arrive byte for byte', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  const url = '/a%2Fb//c/../d;x=1/%e4%20?q=%zz&r=a+b&r=[]&u=http://x/?y';
  await raw(proxy.port, `GET ${url} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`);
  expect(monolith.seen[0]?.url).toBe(url);
});

test('absolute-form of our own authority is taken as its path', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  await raw(proxy.port, 'GET http://shop.example/menu?x=1 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n');
  expect(monolith.seen[0]?.url).toBe('/menu?x=1');
});

test.each([
  ['another authority', 'GET http://evil.example/menu HTTP/1.1\r\nHost: shop.example\r\n\r\n'],
  ['a backslash', 'GET /a\\b HTTP/1.1\r\nHost: shop.example\r\n\r\n'],
  ['a fragment', 'GET /a#b HTTP/1.1\r\nHost: shop.example\r\n\r\n'],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: shop.example\r\nHost: evil.example\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['an unreadable absolute form', 'GET http://[bad HTTP/1.1\r\nHost: shop.example\r\n\r\n'],
  ['a length beside chunks', 'POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde'],
])('%s is refused with 400 and goes nowhere', async (_what, request) => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  expect((await raw(proxy.port, request)).status).toBe(400);
  expect(monolith.seen).toEqual([]);
});

test('the refusal says so in JSON', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  expect((await raw(proxy.port, 'GET /a\\b HTTP/1.1\r\nHost: shop\r\n\r\n')).body).toContain('"code":"STR_BAD_REQUEST"');
});

test('OPTIONS * is about this server, and answered by it', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  expect((await raw(proxy.port, 'OPTIONS * HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n')).status).toBe(204);
  expect(monolith.seen).toEqual([]);
});
