import { expect, test } from '@jest/globals';
import { json, startUpstream } from '@strangler/testkit';
import { proxyOver, raw } from '../support/proxy.ts';

const get = (version = '1.1'): string => `GET / HTTP/${version}\r\nHost: shop\r\nConnection: close\r\n\r\n`;

test('103 Early Hints and 102 Processing reach the client before the answer (RFC 9110 §15.2)', async () => {
  await using monolith = await startUpstream((req, res, seen) => {
    res.writeProcessing();
    res.writeEarlyHints({ 'link': ['</a.css>; rel=preload; as=style', '</b.js>; rel=preload; as=script'], 'x-hint': '1' });
    return json({ ok: true })(req, res, seen);
  });
  await using proxy = await proxyOver({ monolith: monolith.url });
  const { text } = await raw(proxy.port, get());
  expect(text.indexOf('HTTP/1.1 102')).toBe(0);
  expect(text).toMatch(/HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload; as=style, <\/b\.js>; rel=preload; as=script\r\n/i);
  expect(text).toMatch(/x-hint: 1\r\n/);
  expect(text).toMatch(/\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\{"ok":true\}$/);
});

test('an HTTP/1.0 client gets the answer alone', async () => {
  await using monolith = await startUpstream((req, res, seen) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' });
    return json({ ok: true })(req, res, seen);
  });
  await using proxy = await proxyOver({ monolith: monolith.url });
  expect((await raw(proxy.port, get('1.0'))).text).toMatch(/^HTTP\/1\.1 200 OK/);
});
