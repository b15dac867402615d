import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import type { RouteConfig } from '@strangler/kernel';
import { json, startUpstream, type Script } from '@strangler/testkit';
import { proxyOver, raw, until, type TestProxy } from '../support/proxy.ts';

const read: RouteConfig = { match: 'GET /menu', to: 'catalog', stage: { shadow: { sample: 1 } } };
const tallyOf = async (proxy: TestProxy): Promise<Awaited<ReturnType<TestProxy['admin']['compare']>>[number]['tally'] | undefined> => (await proxy.admin.compare())[0]?.tally;
const encoded = (body: Buffer): Script => (_req, res) => { res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body); };
const endless: Script = (_req, res) => {
  const more = (): void => { while (!res.destroyed && res.write(Buffer.alloc(65_536))); };
  res.on('drain', more).writeHead(200);
  more();
};

test.each([['a bomb', encoded(gzipSync(Buffer.alloc(50_000_000)))], ['broken compression', encoded(Buffer.from('no gzip'))], ['an answer without end', endless]])('a candidate that sends %s differs, and is not passed over', async (_what, script) => {
  await using monolith = await startUpstream(json({ price: 1 }));
  await using service = await startUpstream(script);
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read } });
  await (await fetch(`${proxy.url}/menu`)).arrayBuffer();
  await until('it was judged', async () => (await tallyOf(proxy))?.samples === 1);
  expect(await tallyOf(proxy)).toMatchObject({ mismatched: 1, skipped: {} });
});

test('open event streams take no comparison\'s place', async () => {
  await using monolith = await startUpstream((req, res, seen) => {
    if (req.url !== '/menu?live') return json({})(req, res, seen);
    return void res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
  });
  await using proxy = await proxyOver({ monolith: monolith.url, routes: { read }, limits: { mirrorConcurrency: 2, drainMs: 50 } });
  const leave = new AbortController();
  await Promise.all(Array.from({ length: 5 }, async () => fetch(`${proxy.url}/menu?live`, { signal: leave.signal })));
  await (await fetch(`${proxy.url}/menu`)).arrayBuffer();
  await until('the other one was compared', async () => (await tallyOf(proxy))?.samples === 1);
  leave.abort();
});

test('a client\'s address behind a balancer may be written in any way', async () => {
  await using monolith = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, trustedProxies: ['127.0.0.1'], routes: { read: { ...read, stage: { canary: { percent: 50, stickyBy: 'client' } } } } });
  for (const written of ['1.2.3.4:5678', '[::1]:80', 'unknown', '']) expect((await raw(proxy.port, `GET /menu HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: ${written}\r\nConnection: close\r\n\r\n`)).status).toBe(200);
});

test('a sandbox whose setting has gone after a restart costs comparisons, and no request', async () => {
  await using monolith = await startUpstream(json({}));
  const routes: Record<string, RouteConfig> = { write: { match: 'POST /dishes', to: 'catalog', writes: ['dishes'], stage: 'monolith' } };
  const stateDirectory = await mkdtemp(join(tmpdir(), 'strangler-sandbox-'));
  const stage = { shadow: { sample: 1, sandbox: { env: 'GONE_URL' } } };
  await writeFile(join(stateDirectory, 'state.json'), JSON.stringify({ version: 1, epoch: 0, routes: { write: { stage, since: '', by: 'ann', why: '' } } }));
  await using proxy = await proxyOver({ monolith: monolith.url, routes, stateDirectory });
  expect((await fetch(`${proxy.url}/dishes`, { method: 'POST', body: '{}' })).status).toBe(200);
  expect((await tallyOf(proxy))?.skipped).toEqual({ 'no sandbox': 1 });
  await proxy.proxy.stop();
  await rm(stateDirectory, { recursive: true });
});
