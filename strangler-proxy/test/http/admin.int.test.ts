import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { AdminClient, startProxy } from '@strangler/proxy';
import { json, startUpstream } from '@strangler/testkit';
import { configOf, proxyOver, raw } from '../support/proxy.ts';

const routes = { read: { match: 'GET /menu', to: 'catalog', stage: 'monolith' } } as const;

/** fetch() does not let a caller choose Host or Origin. */
const statusOf = async (url: string, headers: Readonly<Record<string, string>>): Promise<number> => new Promise((resolve, reject) => {
  request(url, { headers }, (answer) => { answer.resume(); resolve(answer.statusCode ?? 0); }).once('error', reject).end();
});

test('the API and the metrics want the token; health does not', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, routes });
  const { adminUrl, token } = proxy.proxy;
  for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`]) {
    expect(await statusOf(`${adminUrl}/api/status`, { authorization })).toBe(401);
    expect(await statusOf(`${adminUrl}/metrics`, { authorization })).toBe(401);
  }
  expect(await statusOf(`${adminUrl}/health`, {})).toBe(200);
  expect(await statusOf(`${adminUrl}/api/status`, { authorization: `Bearer ${token}` })).toBe(200);
  await expect(new AdminClient({ adminUrl, token: 'wrong' }).status()).rejects.toMatchObject({ code: 'STR_UNAUTHORIZED' });
});

test('the token is its owner\'s to read', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url });
  expect((await stat(join(proxy.stateDirectory, 'admin-token'))).mode & 0o777).toBe(0o600);
});

test('a page of another site cannot use it: neither by its name nor by its origin', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, routes });
  const { adminUrl, token } = proxy.proxy;
  const authorization = `Bearer ${token}`;
  expect(await statusOf(`${adminUrl}/api/status`, { authorization, host: 'evil.example' })).toBe(403);
  expect(await statusOf(`${adminUrl}/api/status`, { authorization, origin: 'http://evil.example' })).toBe(403);
  expect(await statusOf(`${adminUrl}/api/status`, { authorization, origin: adminUrl })).toBe(200);
});

test('the admin API is not on the public listener', async () => {
  await using monolith = await startUpstream(json({ from: 'monolith' }));
  await using proxy = await proxyOver({ monolith: monolith.url, routes });
  expect(await (await fetch(`${proxy.url}/api/status`, { headers: { authorization: `Bearer ${proxy.proxy.token}` } })).json()).toEqual({ from: 'monolith' });
});

test('mistakes in a request are named, all of them, and nothing is done', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, routes });
  const answer = await fetch(`${proxy.proxy.adminUrl}/api/fences`, { method: 'POST', body: '{"tables":[],"deadlineMs":-1}', headers: { authorization: `Bearer ${proxy.proxy.token}`, 'content-type': 'application/json' } });
  const { error } = await answer.json() as { error: { code: string; findings: { where: string }[] } };
  expect([answer.status, error.code, error.findings.map(({ where }) => where).sort()]).toEqual([400, 'STR_BAD_REQUEST', ['by', 'deadlineMs', 'tables', 'why']]);
  const nonsense = await fetch(`${proxy.proxy.adminUrl}/api/fences`, { method: 'POST', body: '{', headers: { authorization: `Bearer ${proxy.proxy.token}`, 'content-type': 'application/json' } });
  expect([nonsense.status, (await nonsense.json() as { error: { code: string } }).error.code]).toEqual([400, 'STR_BAD_REQUEST']);
});

test('the metrics count what was served', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, routes });
  await fetch(`${proxy.url}/menu`);
  await fetch(`${proxy.url}/other`);
  const text = await (await fetch(`${proxy.proxy.adminUrl}/metrics`, { headers: { authorization: `Bearer ${proxy.proxy.token}` } })).text();
  expect(text).toContain('strangler_requests_total{route="read",side="monolith",status="2xx"} 1\n');
  expect(text).toContain('strangler_requests_total{route="",side="monolith",status="2xx"} 1\n');
  expect(text).toContain('strangler_stage{route="read"} 0\n');
});

test('the dashboard\'s files are served without the token, and nothing beside them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-dashboard-'));
  await mkdir(join(directory, 'page'));
  await writeFile(join(directory, 'page', 'index.html'), '<h1>dashboard</h1>');
  await writeFile(join(directory, 'secret'), 'secret');
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, dashboardDirectory: join(directory, 'page') });
  expect(await (await fetch(`${proxy.proxy.adminUrl}/`)).text()).toContain('dashboard');
  expect((await raw(Number(new URL(proxy.proxy.adminUrl).port), 'GET /../secret HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')).body).not.toContain('"secret"');
  await rm(directory, { recursive: true });
});

test('a taken port, an unset address and a second proxy are each one clear error, and leave nothing behind', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, routes });
  const stateDirectory = await mkdtemp(join(tmpdir(), 'strangler-proxy-'));
  const any = { host: '127.0.0.1', port: 0 };
  const options = { config: configOf({ monolith: monolith.url, routes }), environment: {}, stateDirectory, listen: any, admin: any };
  await expect(startProxy({ ...options, listen: { ...any, port: proxy.port } })).rejects.toMatchObject({ code: 'STR_PORT_TAKEN', exitCode: 3 });
  await expect(startProxy({ ...options, config: { ...options.config, monolith: { ...options.config.monolith, url: { env: 'UNSET_URL' } } } })).rejects.toMatchObject({ code: 'STR_MISSING_SETTING', exitCode: 3 });
  await expect(startProxy({ ...options, stateDirectory: proxy.stateDirectory })).rejects.toMatchObject({ code: 'STR_STATE_LOCKED', exitCode: 3 });
  const started = await startProxy(options);
  await started.stop();
  await expect(new AdminClient(started).status()).rejects.toMatchObject({ code: 'STR_PROXY_UNREACHABLE', exitCode: 3 });
  await rm(stateDirectory, { recursive: true });
});

test('a stop lets the requests under way end', async () => {
  await using monolith = await startUpstream((_req, res) => { setTimeout(() => { res.end('done'); }, 200); });
  await using proxy = await proxyOver({ monolith: monolith.url });
  const under = fetch(proxy.url).then(async (answer) => answer.text());
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  await proxy.proxy.stop();
  expect(await under).toBe('done');
});
