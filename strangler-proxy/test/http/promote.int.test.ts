import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, get } from 'node:http';
import { expect, test } from '@jest/globals';
import { StranglerError, type RouteConfig } from '@strangler/kernel';
import { readStateDirectory } from '@strangler/proxy';
import { json, slow, startUpstream } from '@strangler/testkit';
import { ANN, proxyOver, until } from '../support/proxy.ts';

const read: RouteConfig = { match: 'GET /menu', to: 'catalog', stage: 'monolith' };
const write: RouteConfig = { match: 'POST /dishes', to: 'catalog', stage: 'monolith', writes: ['dishes'] };
const codeOf = async (promise: Promise<unknown>): Promise<readonly [string, number] | undefined> => promise.then(() => undefined, (error: unknown) => {
  if (!(error instanceof StranglerError)) throw error;
  return [error.code, error.exitCode] as const;
});

/** Requests without a pause until told to stop; answers how many came back, and how many did not as they should. */
function load(url: string, callers: number): { stop: () => Promise<{ served: number; failed: number; by: Map<string, number> }> } {
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  let [going, served, failed] = [true, 0, 0];
  const by = new Map<string, number>();
  const once = async (user: number): Promise<void> => new Promise((resolve) => {
    get(url, { agent, headers: { 'x-user': `user ${String(user)}` } }, (answer) => {
      const side = String(answer.headers['x-strangler-served-by']);
      by.set(side, (by.get(side) ?? 0) + 1);
      if (answer.statusCode === 200) served += 1;
      else failed += 1;
      answer.resume().once('close', resolve);
    }).once('error', () => {
      failed += 1;
      resolve();
    });
  });
  const running = Promise.all(Array.from({ length: callers }, async (_, user) => { while (going) await once(user); }));
  return { stop: async () => {
    going = false;
    await running;
    agent.destroy();
    return { served, failed, by };
  } };
}

test('a route climbs the whole ladder and comes back under load without one failed request', async () => {
  await using monolith = await startUpstream(json({ dish: 'soup' }));
  await using service = await startUpstream(json({ dish: 'soup' }));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read }, compare: { promoteWhen: { minSamples: 5, maxMismatchRate: 0.5, maxLatencyRatio: 1_000 } } });
  const traffic = load(`${proxy.url}/menu`, 16);
  const climbed: string[] = [];
  for (let i = 0; i < 6; i += 1) {
    await until('there is evidence', async () => i === 0 || (await proxy.admin.route('read')).evidence.verdict === 'enough');
    const { plan } = await proxy.admin.promote('read', { ...ANN, stickyBy: 'header:x-user' });
    climbed.push(JSON.stringify(plan.to));
  }
  expect(climbed.at(-1)).toBe('"service"');
  for (let i = 0; i < 20; i += 1) await proxy.admin[i % 2 === 0 ? 'rollback' : 'promote']('read', { ...ANN, to: i % 2 === 0 ? 'monolith' : 'service', force: true });
  const { served, failed, by } = await traffic.stop();
  expect(failed).toBe(0);
  expect(served).toBeGreaterThan(100);
  expect([...by.keys()].sort()).toEqual(['monolith', 'service']);
  expect(await proxy.admin.audit()).toHaveLength(26);
});

test('a request under way ends where it began', async () => {
  await using monolith = await startUpstream(slow(300, json({ from: 'monolith' })));
  await using service = await startUpstream(json({ from: 'service' }));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read } });
  const under = fetch(`${proxy.url}/menu`);
  await until('the monolith works on it', () => monolith.seen.length === 1);
  await proxy.admin.promote('read', { ...ANN, to: 'service', force: true });
  expect((await fetch(`${proxy.url}/menu`)).headers.get('x-strangler-served-by')).toBe('service');
  expect(await (await under).json()).toEqual({ from: 'monolith' });
});

test('nothing changes without execute; the plan says what would, why, and how to undo it', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, routes: { read } });
  expect(await proxy.admin.promote('read', { by: 'ann', why: 'curious', to: 'shadow:0.5' })).toMatchObject({
    executed: false, epoch: 0, plan: { from: 'monolith', to: { shadow: { sample: 0.5 } }, undo: 'strangler rollback read --to monolith', evidence: { verdict: 'insufficient' } },
  });
  expect((await proxy.admin.status()).routes[0]).toMatchObject({ stage: 'monolith', drift: false });
  expect(await proxy.admin.audit()).toEqual([]);
});

test('each refusal has its name and exit code', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, routes: { read, write, other: { ...write, match: 'PUT /dishes/:id' } } });
  const { admin } = proxy;
  expect(await codeOf(admin.promote('read', { ...ANN, to: 'service' }))).toEqual(['STR_EVIDENCE_INSUFFICIENT', 1]);
  expect(await codeOf(admin.promote('write', { ...ANN, to: 'canary:5' }))).toEqual(['STR_SPLIT_BRAIN', 1]);
  expect(await codeOf(admin.promote('write', { ...ANN, to: 'service', force: true }))).toEqual(['STR_CUTOVER_NEEDED', 1]);
  expect(await codeOf(admin.promote('write', ANN))).toEqual(['STR_UNSAFE_SHADOW', 1]);
  expect(await codeOf(admin.promote('raed', ANN))).toEqual(['STR_UNKNOWN_ROUTE', 2]);
  expect(await codeOf(admin.promote('read', { ...ANN, to: 'canary' }))).toEqual(['STR_BAD_STAGE', 2]);
  expect(await codeOf(admin.promote('read', { ...ANN, to: 'canary:5', stickyBy: 'moon' }))).toEqual(['STR_BAD_STICKY_BY', 2]);
  expect(await codeOf(admin.rollback('read', ANN))).toEqual(['STR_NOT_A_ROLLBACK', 1]);
  expect(await codeOf(admin.promote('read', { ...ANN, why: '' }))).toEqual(['STR_BAD_REQUEST', 2]);
  expect((await admin.status()).epoch).toBe(0);
});

test('a canary of writes keeps one writer per key, over all routes of the write set', async () => {
  await using monolith = await startUpstream(json({}));
  await using service = await startUpstream(json({}));
  const change: RouteConfig = { ...write, match: 'PUT /dishes', writes: ['dishes', 'prices'] };
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { write, change }, dividedBy: 'header:x-tenant' });
  const { plan } = await proxy.admin.promote('write', { ...ANN, to: 'canary:50' });
  expect(plan.changes.map(({ route }) => route)).toEqual(['write', 'change']);
  for (let i = 0; i < 40; i += 1) await fetch(`${proxy.url}/dishes`, { method: i % 2 === 0 ? 'POST' : 'PUT', headers: { 'x-tenant': `tenant ${String(i % 10 + i % 7)}` } });
  const tenants = (seen: readonly { headers: Record<string, unknown> }[]): Set<unknown> => new Set(seen.map(({ headers }) => headers['x-tenant']));
  expect(tenants(monolith.seen).intersection(tenants(service.seen)).size).toBe(0);
  expect([tenants(monolith.seen).size > 0, tenants(service.seen).size > 0, monolith.seen.length + service.seen.length]).toEqual([true, true, 40]);
  expect((await proxy.admin.rollback('change', ANN)).plan.changes.map(({ route, to }) => [route, to])).toEqual([['write', 'monolith'], ['change', 'monolith']]);
});

test('a rollback cannot split a write set either', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, routes: { write: { ...write, stage: 'service' } } });
  expect(await codeOf(proxy.admin.rollback('write', { ...ANN, to: 'canary:5' }))).toEqual(['STR_SPLIT_BRAIN', 1]);
});

test('what was forced past evidence is audited with who, why and what was overridden, and survives a restart', async () => {
  await using monolith = await startUpstream(json({}));
  await using service = await startUpstream(json({}));
  const setup = { monolith: monolith.url, service: service.url, routes: { read } };
  await using first = await proxyOver(setup);
  const { plan } = await first.admin.promote('read', { by: 'ann', why: 'launch day', execute: true, force: true, to: 'canary:100' });
  expect(plan.forced).toBe('STR_EVIDENCE_INSUFFICIENT');
  const [entry] = await first.admin.audit();
  expect(entry).toMatchObject({ act: 'promote', by: 'ann', why: 'launch day', forced: 'STR_EVIDENCE_INSUFFICIENT', changes: [{ route: 'read', from: 'monolith', to: { canary: { percent: 100, stickyBy: 'client' } } }], evidence: { verdict: 'insufficient' } });
  await first.proxy.stop();
  const kept = await readStateDirectory(first.stateDirectory);
  expect(kept).toMatchObject({ running: false, discovery: undefined, state: { epoch: 1 }, audit: [entry] });
  await using second = await proxyOver({ ...setup, stateDirectory: first.stateDirectory });
  expect((await second.admin.status()).routes[0]).toMatchObject({ notation: 'canary:100', drift: true, by: 'ann', why: 'launch day', configured: 'monolith' });
  expect((await fetch(`${second.url}/menu`)).headers.get('x-strangler-served-by')).toBe('service');
  expect(second.proxy.token).toBe((await readFile(join(first.stateDirectory, 'admin-token'), 'utf8')).trim());
});

test('rolling one write back takes its whole write set back', async () => {
  await using monolith = await startUpstream(json({}));
  const moved = { ...write, stage: 'service' } as const;
  await using proxy = await proxyOver({ monolith: monolith.url, routes: { create: moved, change: { ...moved, match: 'PUT /dishes/:id' }, other: { ...moved, match: 'POST /reviews', writes: ['reviews'] } } });
  const { plan } = await proxy.admin.rollback('create', ANN);
  expect(plan.changes.map(({ route }) => route)).toEqual(['create', 'change']);
  expect((await proxy.admin.status()).routes.map(({ notation }) => notation)).toEqual(['monolith', 'monolith', 'service']);
});
