import { expect, test } from '@jest/globals';
import type { RouteConfig } from '@strangler/kernel';
import { dripping, json, resetting, silent, slow, startUpstream } from '@strangler/testkit';
import { proxyOver, until, type TestProxy } from '../support/proxy.ts';

const read: RouteConfig = { match: 'GET /menu', to: 'catalog', stage: { shadow: { sample: 1 } } };
const ask = async (proxy: TestProxy, path = '/menu', init?: RequestInit): Promise<Response> => {
  const answer = await fetch(`${proxy.url}${path}`, init);
  await answer.arrayBuffer();
  return answer;
};
const tallyOf = async (proxy: TestProxy): Promise<Awaited<ReturnType<TestProxy['admin']['compare']>>[number]['tally']> => {
  const [report] = await proxy.admin.compare();
  if (report === undefined) throw new Error('no route');
  return report.tally;
};
const compared = async (proxy: TestProxy, pairs: number): Promise<void> => until(`${String(pairs)} pairs`, async () => (await tallyOf(proxy)).samples >= pairs);

test('the two answers are compared per JSON path, with examples', async () => {
  await using monolith = await startUpstream(json({ dishes: [{ name: 'soup', price: 350 }, { name: 'pie', price: 420 }] }));
  await using service = await startUpstream(json({ dishes: [{ name: 'soup', price: 350 }, { name: 'pie', price: 421 }] }));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read } });
  for (let i = 0; i < 4; i += 1) expect((await ask(proxy)).headers.get('x-strangler-served-by')).toBe('monolith');
  await compared(proxy, 4);
  expect(await tallyOf(proxy)).toMatchObject({ samples: 4, matched: 0, mismatched: 4, paths: { 'body:/dishes/*/price': { count: 4, kinds: { value: 4 }, examples: [{ path: 'body:/dishes/1/price', control: '420', candidate: '421' }, {}, {}] } } });
});

test('the mirrored request is the same one, trace included, and says that it is a mirror', async () => {
  await using monolith = await startUpstream(json({}));
  await using service = await startUpstream(json({}));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read } });
  await ask(proxy, '/menu?page=2', { headers: { authorization: 'Bearer t', 'x-strangler-mirror': 'forged' } });
  await compared(proxy, 1);
  const [control, candidate] = [monolith.seen[0], service.seen[0]];
  expect(candidate).toMatchObject({ method: 'GET', url: '/menu?page=2' });
  for (const name of ['authorization', 'traceparent', 'host', 'x-forwarded-for', 'via']) expect(candidate?.headers[name]).toBe(control?.headers[name]);
  expect([control?.headers['x-strangler-mirror'], candidate?.headers['x-strangler-mirror']]).toEqual([undefined, '1']);
});

test.each([['slow', slow(400, json({}))], ['silent', silent], ['resetting', resetting], ['endless', dripping(Array.from({ length: 100 }, () => 'x'), 20)]])('a %s candidate neither delays nor fails the control', async (_kind, script) => {
  await using monolith = await startUpstream(json({ ok: true }));
  await using service = await startUpstream(script);
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read }, limits: { mirrorTimeoutMs: 300, mirrorConcurrency: 3 } });
  await ask(proxy);
  const startedAt = performance.now();
  for (let i = 0; i < 20; i += 1) expect((await ask(proxy)).status).toBe(200);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await compared(proxy, 1);
});

test('a candidate without an answer is a mismatch, so that evidence cannot come from silence', async () => {
  await using monolith = await startUpstream(json({}));
  await using service = await startUpstream(resetting);
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read } });
  await ask(proxy);
  await compared(proxy, 1);
  expect(await tallyOf(proxy)).toMatchObject({ mismatched: 1, paths: { status: { kinds: { missing: 1 } } } });
});

test('what cannot be compared is counted: too large, streaming, conditional, busy', async () => {
  await using monolith = await startUpstream((req, res, seen) => {
    if (req.url === '/menu?large') return json({ text: 'x'.repeat(20_000) })(req, res, seen);
    if (req.url === '/menu?stream') return dripping(['data: 1\n\n'], 1, { 'content-type': 'text/event-stream' })(req, res, seen);
    return json({})(req, res, seen);
  });
  await using service = await startUpstream(slow(200, json({})));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read }, limits: { mirrorMaxBytes: 10_000, mirrorConcurrency: 1 } });
  await ask(proxy, '/menu?large');
  await until('the large one is over', async () => (await tallyOf(proxy)).skipped['too large'] === 1);
  await ask(proxy, '/menu?stream');
  await until('the stream is over', async () => (await tallyOf(proxy)).skipped.streaming === 1);
  await ask(proxy, '/menu', { headers: { 'if-none-match': '"1"' } });
  await ask(proxy);
  await ask(proxy);
  await until('all are counted', async () => JSON.stringify((await tallyOf(proxy)).skipped) === JSON.stringify({ 'too large': 1, streaming: 1, conditional: 1, busy: 1 }));
});

test('where the monolith differs from itself, the candidate may differ too', async () => {
  let clock = 0;
  const script = (name: string): ReturnType<typeof json> => (req, res, seen) => json({ at: clock += 1, name })(req, res, seen);
  await using monolith = await startUpstream(script('soup'));
  await using service = await startUpstream(script('soup'));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read } });
  for (let i = 0; i < 3; i += 1) await ask(proxy);
  await compared(proxy, 3);
  expect(await tallyOf(proxy)).toMatchObject({ matched: 3, mismatched: 0, noise: 3, paths: { 'body:/at': { count: 0, noise: 3 } } });
  service.behave(script('stew'));
  await ask(proxy);
  await compared(proxy, 4);
  expect(await tallyOf(proxy)).toMatchObject({ mismatched: 1, paths: { 'body:/name': { count: 1 } } });
});

test('a write is mirrored to its sandbox only, body and all', async () => {
  await using monolith = await startUpstream(json({ id: 1 }, 201));
  await using service = await startUpstream(json({}));
  await using sandbox = await startUpstream(json({ id: 1 }, 201));
  const write: RouteConfig = { match: 'POST /dishes', to: 'catalog', writes: ['dishes'], stage: { shadow: { sample: 1, sandbox: sandbox.url } } };
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { write } });
  await ask(proxy, '/dishes', { method: 'POST', body: '{"name":"soup"}' });
  await compared(proxy, 1);
  expect([monolith.seen.length, service.seen.length, sandbox.seen[0]?.body.toString()]).toEqual([1, 0, '{"name":"soup"}']);
});

test('within a canary evidence keeps coming, from both sides of it', async () => {
  await using monolith = await startUpstream(json({ price: 1 }));
  await using service = await startUpstream(json({ price: 2 }));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, limits: { canarySample: 1 },
    routes: { read: { ...read, stage: { canary: { percent: 50, stickyBy: 'header:x-user' } } } } });
  const servedBy = await Promise.all(Array.from({ length: 12 }, async (_, i) => (await ask(proxy, '/menu', { headers: { 'x-user': `user ${String(i)}` } })).headers.get('x-strangler-served-by')));
  expect(new Set(servedBy)).toEqual(new Set(['monolith', 'service']));
  await compared(proxy, 12);
  expect((await tallyOf(proxy)).paths['body:/price']?.examples[0]).toMatchObject({ control: '1', candidate: '2' });
});

test('counting starts afresh for a mended candidate, and the reset is audited', async () => {
  await using monolith = await startUpstream(json({ price: 1 }));
  await using service = await startUpstream(json({ price: 2 }));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read } });
  await ask(proxy);
  await compared(proxy, 1);
  service.behave(json({ price: 1 }));
  expect(await proxy.admin.resetComparison({ by: 'ann', why: 'rounding mended' })).toEqual(['read']);
  await ask(proxy);
  await compared(proxy, 1);
  expect(await tallyOf(proxy)).toMatchObject({ samples: 1, matched: 1, paths: {} });
  expect(await proxy.admin.audit()).toMatchObject([{ act: 'compare-reset', why: 'rounding mended' }]);
});

test('compressed answers are compared as what they say', async () => {
  const { gzipSync } = await import('node:zlib');
  await using monolith = await startUpstream((_req, res) => { res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync('{"price":1}')); });
  await using service = await startUpstream(json({ price: 1 }));
  await using proxy = await proxyOver({ monolith: monolith.url, service: service.url, routes: { read } });
  await ask(proxy);
  await compared(proxy, 1);
  expect(await tallyOf(proxy)).toMatchObject({ matched: 1 });
});
