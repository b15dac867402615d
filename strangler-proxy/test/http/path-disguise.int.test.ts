import { expect, test } from '@jest/globals';
import type { RouteConfig } from '@strangler/kernel';
import { echo, startUpstream } from '@strangler/testkit';
import { proxyOver, raw } from '../support/proxy.ts';

const routes: Record<string, RouteConfig> = {
  place: { match: 'POST /orders', to: 'catalog', writes: ['orders'], stage: 'service' },
  change: { match: 'POST /orders/:id', to: 'catalog', writes: ['orders'], stage: 'service' },
};
const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;

test.each(['/%6frders', '//orders', '/orders//', '/x/../orders', '/x/%2e%2E/orders', '/./orders', '/orders%2f1', '/ORDERS%2F'])(
  'a write cannot reach its former owner disguised as %s', async (path) => {
    await using monolith = await startUpstream(echo);
    await using service = await startUpstream(echo);
    await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes });
    expect((await raw(proxy.port, post(path))).status).toBe(400);
    expect([monolith.seen.length, service.seen.length]).toEqual([0, 0]);
  });

test.each([['/Orders/', 'catalog'], ['/orders/a%2Fb', 'catalog'], ['/orders?back=//x/../y', 'catalog'], ['/baskets//a%20b/..', 'monolith']])('%s is no disguise and goes to the %s', async (path, owner) => {
  await using monolith = await startUpstream(echo);
  await using service = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes });
  expect((await raw(proxy.port, post(path))).status).toBe(200);
  expect([...monolith.seen, ...service.seen].map(({ url }) => url)).toEqual([path]);
  expect(service.seen).toHaveLength(owner === 'catalog' ? 1 : 0);
});

test.each(['//evil.example/x', '/@evil.example'])('%s is a path like any other', async (path) => {
  await using monolith = await startUpstream(echo);
  await using proxy = await proxyOver({ monolith: monolith.url });
  expect((await raw(proxy.port, `GET ${path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`)).status).toBe(200);
  expect(monolith.seen[0]).toMatchObject({ url: path, headers: { host: 'shop' } });
});
