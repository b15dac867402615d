import { get, type IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { dripping, echo, silent, startUpstream } from '@strangler/testkit';
import { proxyOver } from '../support/proxy.ts';

const open = async (url: string): Promise<IncomingMessage> => new Promise((resolve, reject) => { get(url, { agent: false }, resolve).on('error', reject); });

test('the head of an event stream arrives before its first event, and each event as it is sent', async () => {
  await using monolith = await startUpstream(dripping(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'], 500, { 'content-type': 'text/event-stream' }));
  await using proxy = await proxyOver({ monolith: monolith.url });
  const startedAt = performance.now();
  const stream = await open(`${proxy.url}/events`);
  expect(performance.now() - startedAt).toBeLessThan(400);
  const events: string[] = [];
  for await (const chunk of stream) events.push(String(chunk));
  expect(events).toEqual(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']);
});

test('three hundred open streams leave room for other requests', async () => {
  await using monolith = await startUpstream((req, res, seen) => {
    if (req.url !== '/events') return echo(req, res, seen);
    res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    return silent(req, res, seen);
  });
  await using proxy = await proxyOver({ monolith: monolith.url, limits: { drainMs: 100 } });
  const streams = await Promise.all(Array.from({ length: 300 }, async () => open(`${proxy.url}/events`)));
  expect((await fetch(`${proxy.url}/menu`, { signal: AbortSignal.timeout(2_000) })).status).toBe(200);
  for (const stream of streams) stream.destroy();
});
