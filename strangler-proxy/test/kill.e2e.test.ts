import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import type { RouteConfig } from '@strangler/kernel';
import { AdminClient, readStateDirectory } from '@strangler/proxy';
import { json, startUpstream } from '@strangler/testkit';
import { configOf } from './support/proxy.ts';

interface Running { readonly child: ChildProcess; readonly url: string; readonly admin: AdminClient }

async function start(stateDirectory: string, config: unknown): Promise<Running> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support', 'main.ts'), stateDirectory, JSON.stringify(config)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => { reject(new Error(`the proxy ended with ${String(code)}`)); });
  });
  const { url, adminUrl, token } = JSON.parse(line) as { url: string; adminUrl: string; token: string };
  return { child, url, admin: new AdminClient({ adminUrl, token }) };
}

const kill = async ({ child }: Running): Promise<void> => new Promise((resolve) => {
  child.once('exit', () => { resolve(); });
  child.kill('SIGKILL');
});

const routes: Record<string, RouteConfig> = {
  read: { match: 'GET /menu', to: 'catalog', stage: 'monolith' },
  create: { match: 'POST /dishes', to: 'catalog', stage: 'monolith', writes: ['dishes'] },
  change: { match: 'PUT /dishes/:id', to: 'catalog', stage: 'monolith', writes: ['dishes'] },
};

test('after kill -9 at any moment the last durable stage is there: never an older one than was answered, never half a cut-over', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-kill-'));
  await using monolith = await startUpstream(json({}));
  await using service = await startUpstream(json({}));
  const config = configOf({ monolith: monolith.url, service: service.url, routes });
  const who = { by: 'ann', why: 'kill test' };
  let answered = 0;
  for (let round = 0; round < 12; round += 1) {
    const running = await start(directory, config);
    const status = await running.admin.status();
    const stages = Object.fromEntries(status.routes.map(({ id, notation }) => [id, notation]));
    expect(status.epoch).toBeGreaterThanOrEqual(answered);
    expect(stages['create']).toBe(stages['change']);
    expect((await fetch(`${running.url}/menu`)).headers.get('x-strangler-served-by')).toBe(stages['read'] === 'service' ? 'service' : 'monolith');
    const changing = (async () => {
      for (let i = 0; ; i += 1) {
        const to = i % 2 === 0 ? 'service' : 'monolith';
        const read = (await running.admin.status()).routes.find(({ id }) => id === 'read')?.notation;
        answered = (await running.admin[read === 'service' ? 'rollback' : 'promote']('read', { ...who, execute: true, force: true, to: read === 'service' ? 'monolith' : 'service' })).epoch;
        const { fenceId } = await running.admin.fence({ ...who, tables: ['dishes'], deadlineMs: 2_000 });
        answered = (await running.admin.flip(fenceId, { ...who, to })).epoch;
      }
    })().catch(() => 'killed');
    await new Promise((resolve) => { setTimeout(resolve, 20 + round * 17); });
    await kill(running);
    await changing;
    const kept = await readStateDirectory(directory);
    expect(kept.state?.epoch).toBeGreaterThanOrEqual(answered);
    expect([kept.running, kept.state?.routes['create']?.stage]).toEqual([false, kept.state?.routes['change']?.stage]);
  }
  expect(answered).toBeGreaterThan(12);
  await rm(directory, { recursive: true, force: true });
});

test('a polite stop takes the discovery file away and ends with 0', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-stop-'));
  await using monolith = await startUpstream(json({}));
  const running = await start(directory, configOf({ monolith: monolith.url, routes }));
  expect((await readStateDirectory(directory)).discovery).toMatchObject({ pid: running.child.pid, url: running.url });
  const ended = new Promise((resolve) => { running.child.once('exit', resolve); });
  running.child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(await readStateDirectory(directory)).toMatchObject({ discovery: undefined, running: false });
  await rm(directory, { recursive: true, force: true });
});
