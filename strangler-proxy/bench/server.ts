import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseConfig } from '@strangler/kernel';
import { startProxy } from '@strangler/proxy';
import express from 'express';

/** One server of the bench as a process of its own: `node server.ts upstream|plain|ours|ours-shadow UPSTREAM_URL STATE_DIRECTORY`. Prints its URL. */
const BODY = JSON.stringify({ id: 7, text: 'x'.repeat(1_000) });
const HEAD = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };
const [kind = '', upstream = '', stateDirectory = ''] = process.argv.slice(2);

if (kind === 'upstream') serve((_req, res) => { res.writeHead(200, HEAD).end(BODY); });
else if (kind === 'plain') await plain();
else await ours();

/** What people would write without us: Express and http-proxy-middleware, keep-alive as it comes. */
async function plain(): Promise<void> {
  const { plainProxy } = await import('./plain.ts');
  serve(express().use(plainProxy(upstream)));
}

async function ours(): Promise<void> {
  const any = { host: '127.0.0.1', port: 0 };
  const routes = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`route.${String(i)}`, { match: `GET /things${String(i)}/:id`, to: 'things', stage: kind === 'ours-shadow' && i === 7 ? { shadow: { sample: 1 } } : i === 7 ? 'service' : 'monolith' }]));
  const config = parseConfig({
    monolith: { source: '.', url: upstream, database: 'none' }, routes,
    services: { things: { context: 'Things', url: upstream, database: 'none', owns: { modules: [], tables: [] } } },
    compare: { promoteWhen: { minSamples: 100, maxMismatchRate: 0.01, maxLatencyRatio: 5 } },
  });
  const proxy = await startProxy({ config, environment: {}, stateDirectory, listen: any, admin: any });
  process.stdout.write(`${proxy.url}\n`);
}

function serve(handler: Parameters<typeof createServer>[1]): void {
  const server = createServer({ keepAliveTimeout: 60_000 }, handler);
  server.listen(0, '127.0.0.1', () => { process.stdout.write(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}\n`); });
}

// Ends through Node's own exit, so that `node --cpu-prof` can write its profile.
process.once('SIGINT', () => process.exit(0));
