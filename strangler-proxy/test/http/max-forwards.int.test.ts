import { expect, test } from '@jest/globals';
import { echo, startUpstream } from '@strangler/testkit';
import { proxyOver, raw } from '../support/proxy.ts';

const ask = (method: string, hops: string): string => `${method} /menu HTTP/1.1\r\nHost: shop\r\nMax-Forwards: ${hops}\r\nConnection: close\r\n\r\n`;

test.each([['OPTIONS', 204], ['TRACE', 405]])('%s that may go no further ends at the proxy with %i (RFC 9110 §7.6.2)', async (method, status) => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  expect((await raw(proxy.port, ask(method, '0'))).status).toBe(status);
  expect(monolith.seen).toEqual([]);
});

test('a hop is counted for OPTIONS, and for nothing else', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  for (const [method, hops] of [['OPTIONS', '5'], ['GET', '0'], ['OPTIONS', 'many']] as const) await raw(proxy.port, ask(method, hops));
  expect(monolith.seen.map(({ headers }) => headers['max-forwards'])).toEqual(['4', '0', 'many']);
});

test('an upstream address that leads back here is found out after a few rounds', async () => {
  let hops = 0;
  await using self = await startUpstream(async (req, res) => {
    hops += 1;
    const { status } = await fetch(`${proxy.url}/`, { headers: { via: req.headers.via ?? '' } });
    res.writeHead(status).end();
  });
  await using proxy = await proxyOver({ monolith: self.url });
  expect([(await fetch(proxy.url)).status, hops]).toEqual([508, 8]);
});
