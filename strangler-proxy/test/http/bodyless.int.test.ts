import { expect, test } from '@jest/globals';
import { startUpstream } from '@strangler/testkit';
import { proxyOver, raw } from '../support/proxy.ts';

test('HEAD is answered without a body, with the length a GET would have', async () => {
  await using monolith = await startUpstream((_req, res) => { res.writeHead(200, { 'content-length': '1234' }).end(); });
  await using proxy = await proxyOver({ monolith: monolith.url });
  const answer = await raw(proxy.port, 'HEAD /menu HTTP/1.1\r\nHost: shop\r\n\r\nHEAD /menu HTTP/1.1\r\nHost: shop\r\n\r\n');
  expect(answer.text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(answer.head).toContain('content-length: 1234');
});

test.each([204, 304])('%i is answered without a body and without framing', async (status) => {
  await using monolith = await startUpstream((_req, res) => { res.writeHead(status, { etag: '"1"' }).end(); });
  await using proxy = await proxyOver({ monolith: monolith.url });
  const answer = await raw(proxy.port, 'GET /menu HTTP/1.1\r\nHost: shop\r\n\r\nGET /menu HTTP/1.1\r\nHost: shop\r\n\r\n');
  expect(answer.text.match(new RegExp(`HTTP/1.1 ${String(status)}`, 'g'))).toHaveLength(2);
  expect(answer.head).toContain('etag: "1"');
  expect(answer.head).not.toContain('transfer-encoding');
});
