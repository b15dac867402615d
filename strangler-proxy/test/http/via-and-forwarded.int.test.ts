import { expect, test } from '@jest/globals';
import { echo, startUpstream } from '@strangler/testkit';
import { proxyOver } from '../support/proxy.ts';

interface Echoed { readonly headers: Readonly<Record<string, string>> }

test('Via names the proxy in both directions (RFC 9110 §7.6.3)', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  const answer = await fetch(`${proxy.url}/menu`, { headers: { via: '1.0 cache' } });
  expect(answer.headers.get('via')).toBe('1.1 strangler');
  expect((await answer.json() as Echoed).headers['via']).toBe('1.0 cache, 1.1 strangler');
});

test('X-Forwarded-* says what the socket says, whatever the client claims', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  const { headers } = await (await fetch(`${proxy.url}/menu`, { headers: { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https', forwarded: 'for=6.6.6.6', 'x-real-ip': '6.6.6.6' } })).json() as Echoed;
  expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': `127.0.0.1:${String(proxy.port)}` });
  expect(headers).not.toHaveProperty('forwarded');
  expect(headers).not.toHaveProperty('x-real-ip');
});

test('a trusted proxy in front is believed', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url, trustedProxies: ['127.0.0.0/8'] });
  const { headers } = await (await fetch(`${proxy.url}/menu`, { headers: { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' } })).json() as Echoed;
  expect(headers).toMatchObject({ 'x-forwarded-for': '1.2.3.4, 127.0.0.1', 'x-forwarded-proto': 'https' });
});

test('a trace goes on, or begins here', async () => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
  await fetch(proxy.url, { headers: { traceparent: trace } });
  await fetch(proxy.url);
  expect(monolith.seen.map(({ headers }) => headers['traceparent'])).toEqual([trace, expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)]);
});
