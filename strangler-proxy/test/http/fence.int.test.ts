import { expect, test } from '@jest/globals';
import type { RouteConfig } from '@strangler/kernel';
import { json, slow, startUpstream } from '@strangler/testkit';
import { proxyOver, until, type TestProxy } from '../support/proxy.ts';

const create: RouteConfig = { match: 'POST /dishes', to: 'catalog', stage: 'monolith', writes: ['dishes'] };
const change: RouteConfig = { ...create, match: 'PUT /dishes/:id', writes: ['dishes', 'prices'] };
const list: RouteConfig = { match: 'GET /dishes', to: 'catalog', stage: 'monolith' };
const routes = { create, change, list };
const who = { by: 'ann', why: 'cut-over' };
const post = async (proxy: TestProxy, body = 'soup'): Promise<[number, string | null]> => {
  const answer = await fetch(`${proxy.url}/dishes`, { method: 'POST', body });
  await answer.arrayBuffer();
  return [answer.status, answer.headers.get('x-strangler-served-by')];
};

test('a fence lets the writes under way end, holds the next ones, and lets them go to the new owner', async () => {
  await using monolith = await startUpstream(slow(150, json({}, 201)));
  await using service = await startUpstream(json({}, 201));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes });
  const under = post(proxy);
  await until('the monolith works on it', () => monolith.seen.length === 1);
  const raising = proxy.admin.fence({ ...who, tables: ['prices'], deadlineMs: 3_000 });
  await until('the fence is up', async () => (await proxy.admin.status()).fences.length === 1);
  const held = Promise.all([post(proxy, 'pie'), post(proxy, 'stew')]);
  const { fenceId, routes: fenced, inFlightWaitedMs } = await raising;
  expect(fenced).toEqual(['create', 'change']);
  expect(inFlightWaitedMs).toBeGreaterThan(20);
  expect(await under).toEqual([201, 'monolith']);
  expect((await fetch(`${proxy.url}/dishes`)).status).toBe(201);
  await until('two wait', async () => (await proxy.admin.status()).fences[0]?.heldRequests === 2);
  expect(service.seen).toEqual([]);
  const flipped = await proxy.admin.flip(fenceId, { ...who, to: 'service' });
  expect(flipped).toMatchObject({ heldRequests: 2, epoch: 1, changes: [{ route: 'create', to: 'service' }, { route: 'change', to: 'service' }] });
  expect(await held).toEqual([[201, 'service'], [201, 'service']]);
  expect(service.seen.map(({ body }) => body.toString()).sort()).toEqual(['pie', 'stew']);
  expect(await proxy.admin.audit()).toMatchObject([{ act: 'cutover', epoch: 1, by: 'ann' }]);
});

test('when the deadline passes everything goes to where it was, and a flip comes too late', async () => {
  await using monolith = await startUpstream(json({}, 201));
  await using proxy = await proxyOver({ monolith: monolith.url, routes });
  const { fenceId } = await proxy.admin.fence({ ...who, tables: ['dishes'], deadlineMs: 100 });
  expect(await post(proxy)).toEqual([201, 'monolith']);
  await expect(proxy.admin.flip(fenceId, { ...who, to: 'service' })).rejects.toMatchObject({ code: 'STR_FENCE_EXPIRED', exitCode: 1 });
  expect((await proxy.admin.status()).epoch).toBe(0);
});

test('a write whose client left may still be at work: the fence waits before it believes that nobody writes', async () => {
  await using monolith = await startUpstream(slow(200, json({}, 201)));
  await using proxy = await proxyOver({ monolith: monolith.url, routes, limits: { uncertainWriteMs: 300 } });
  const gone = new AbortController();
  const left = fetch(`${proxy.url}/dishes`, { method: 'POST', body: 'soup', signal: gone.signal }).catch(() => 'left');
  await until('the monolith works on it', () => monolith.seen.length === 1);
  gone.abort();
  await left;
  const { fenceId, inFlightWaitedMs } = await proxy.admin.fence({ ...who, tables: ['dishes'], deadlineMs: 3_000 });
  expect(inFlightWaitedMs).toBeGreaterThan(200);
  expect(await proxy.admin.release(fenceId)).toMatchObject({ fenceId, heldRequests: 0 });
});

test('a fence that holds too many turns the next away, to come again', async () => {
  await using monolith = await startUpstream(json({}, 201));
  await using proxy = await proxyOver({ monolith: monolith.url, routes, limits: { fenceMaxHeld: 1 } });
  const { fenceId } = await proxy.admin.fence({ ...who, tables: ['dishes'], deadlineMs: 3_000 });
  const held = post(proxy);
  await until('one waits', async () => (await proxy.admin.status()).fences[0]?.heldRequests === 1);
  const turned = await fetch(`${proxy.url}/dishes`, { method: 'POST', body: 'pie' });
  expect([turned.status, turned.headers.get('retry-after')]).toEqual([503, '1']);
  await proxy.admin.release(fenceId);
  expect(await held).toEqual([201, 'monolith']);
});

test('a client that leaves while it waits writes nowhere', async () => {
  await using monolith = await startUpstream(json({}, 201));
  await using proxy = await proxyOver({ monolith: monolith.url, routes });
  const { fenceId } = await proxy.admin.fence({ ...who, tables: ['dishes'], deadlineMs: 3_000 });
  const gone = new AbortController();
  const left = fetch(`${proxy.url}/dishes`, { method: 'POST', body: 'soup', signal: gone.signal }).catch(() => 'left');
  await until('one waits', async () => (await proxy.admin.status()).fences[0]?.heldRequests === 1);
  gone.abort();
  await left;
  await until('nobody waits', async () => (await proxy.admin.status()).fences[0]?.heldRequests === 0);
  await proxy.admin.release(fenceId);
  expect(monolith.seen).toEqual([]);
});

test('twenty cut-overs there and back under writes lose none and repeat none', async () => {
  const bodies = (seen: readonly { body: Buffer }[]): string[] => seen.map(({ body }) => body.toString());
  await using monolith = await startUpstream(slow(2, json({}, 201)));
  await using service = await startUpstream(slow(2, json({}, 201)));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes });
  let [going, sent, failed] = [true, 0, 0];
  const writers = Promise.all(Array.from({ length: 8 }, async () => {
    while (going) if ((await post(proxy, String(sent += 1)))[0] !== 201) failed += 1;
  }));
  for (let i = 0; i < 20; i += 1) {
    const { fenceId } = await proxy.admin.fence({ ...who, tables: ['dishes'], deadlineMs: 3_000 });
    await proxy.admin.flip(fenceId, { ...who, to: i % 2 === 0 ? 'service' : 'monolith' });
  }
  going = false;
  await writers;
  const written = [...bodies(monolith.seen), ...bodies(service.seen)];
  expect([failed, written.length, new Set(written).size]).toEqual([0, sent, sent]);
  expect((await proxy.admin.status()).epoch).toBe(20);
});
