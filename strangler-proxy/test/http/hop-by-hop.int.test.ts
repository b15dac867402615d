import { expect, test } from '@jest/globals';
import { echo, json, startUpstream } from '@strangler/testkit';
import { proxyOver, raw } from '../support/proxy.ts';

// RFC 9110 §7.6.1: a field that belongs to one connection, or that Connection names, is not forwarded.

test('hop-by-hop fields of a request end at the proxy', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  await raw(proxy.port, 'GET /menu HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nKeep-Alive: timeout=5\r\nProxy-Authorization: Basic x\r\nUpgrade: h2c\r\nX-End: 2\r\n\r\n');
  const [seen] = monolith.seen;
  expect(seen?.headers).toMatchObject({ 'x-end': '2', host: 'shop', connection: 'keep-alive' });
  for (const name of ['x-hop', 'te', 'keep-alive', 'proxy-authorization', 'upgrade']) expect(seen?.headers).not.toHaveProperty(name);
});

test('hop-by-hop fields of an answer end at the proxy: an upstream cannot close the client\'s connection', async () => {
  await using monolith = await startUpstream(json({ ok: true }, 200, { connection: 'close, x-hop', 'x-hop': '1', 'keep-alive': 'timeout=1', 'proxy-authenticate': 'Basic', 'x-end': '2' }));
  await using proxy = await proxyOver({ monolith: monolith.url });
  const answer = await raw(proxy.port, 'GET / HTTP/1.1\r\nHost: shop\r\n\r\nGET / HTTP/1.1\r\nHost: shop\r\n\r\n');
  expect(answer.text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(answer.head).toContain('x-end: 2');
  for (const name of ['x-hop', 'timeout=1', 'proxy-authenticate', 'connection: close']) expect(answer.head).not.toContain(name);
});
