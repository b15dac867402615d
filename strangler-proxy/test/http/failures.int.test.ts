import { expect, test } from '@jest/globals';
import type { RouteConfig } from '@strangler/kernel';
import { json, resetting, startUpstream, truncating } from '@strangler/testkit';
import { proxyOver, type TestProxy } from '../support/proxy.ts';

const read: RouteConfig = { match: 'GET /menu', to: 'catalog', stage: 'service' };
const write: RouteConfig = { match: 'POST /menu', to: 'catalog', stage: 'service', writes: ['dishes'] };
const ask = async (proxy: TestProxy, init?: RequestInit): Promise<[number, string | null]> => {
  const answer = await fetch(`${proxy.url}/menu`, init);
  await answer.arrayBuffer().catch(() => undefined);
  return [answer.status, answer.headers.get('x-strangler-served-by')];
};

test('a read whose service is gone is answered by the monolith', async () => {
  await using monolith = await startUpstream(json({ from: 'monolith' }));
  const gone = await startUpstream(json({}));
  await gone.stop();
  await using proxy = await proxyOver({ monolith: monolith.url, service: gone.url, routes: { read } });
  expect(await ask(proxy)).toEqual([200, 'monolith']);
  expect((await proxy.admin.status()).routes[0]?.requests).toMatchObject({ fellBack: 1, failed: 0 });
});

test('a read says so instead where the config wants it to fail, where it carries a body, and once it is retired', async () => {
  await using monolith = await startUpstream(json({}));
  await using service = await startUpstream(resetting);
  for (const route of [{ ...read, onFailure: 'fail' } as const, { ...read, stage: 'retired' } as const]) {
    await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { route } });
    expect(await ask(proxy)).toEqual([502, 'service']);
  }
  expect(monolith.seen).toEqual([]);
});

test('a write is sent once, and never to the other side', async () => {
  await using monolith = await startUpstream(json({}));
  await using service = await startUpstream(resetting);
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { write } });
  expect(await ask(proxy, { method: 'POST', body: 'soup' })).toEqual([502, 'service']);
  expect([monolith.seen.length, service.seen.length]).toEqual([0, 1]);
});

test('once the first byte is out nothing is tried again', async () => {
  await using monolith = await startUpstream(json({}));
  await using service = await startUpstream(truncating('half', 100));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read } });
  expect(await ask(proxy)).toEqual([200, 'service']);
  expect(monolith.seen).toEqual([]);
});

test('after some failures the service is left alone, and found again when it is back', async () => {
  await using monolith = await startUpstream(json({}));
  await using service = await startUpstream(resetting);
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read }, limits: { breaker: { failures: 3, openMs: 200 } } });
  for (let i = 0; i < 10; i += 1) expect(await ask(proxy)).toEqual([200, 'monolith']);
  expect(service.seen.length).toBe(3);
  expect((await proxy.admin.status()).services['catalog']?.breaker).toBe('open');
  service.behave(json({}));
  await new Promise((resolve) => { setTimeout(resolve, 250); });
  expect(await ask(proxy)).toEqual([200, 'service']);
  expect((await proxy.admin.status()).services['catalog']?.breaker).toBe('closed');
});

test('a kept-alive connection that the upstream closes at the wrong moment is not the client\'s problem', async () => {
  let connection = 0;
  const asked = new Map<unknown, number>();
  await using monolith = await startUpstream((req, res, seen) => {
    const times = (asked.get(req.socket) ?? 0) + 1;
    asked.set(req.socket, times);
    if (times === 1) connection += 1;
    // The second request on a connection finds it closing, as when a keep-alive timeout has just passed.
    if (times === 2) req.socket.resetAndDestroy();
    else return json({ connection })(req, res, seen);
    return undefined;
  });
  await using proxy = await proxyOver({ monolith: monolith.url });
  for (let i = 0; i < 6; i += 1) expect((await ask(proxy))[0]).toBe(200);
});
