import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '@strangler/kernel';
import { AdminClient, startProxy, type RunningProxy } from '@strangler/proxy';
import { json, startUpstream } from '@strangler/testkit';

export interface ShopProxy extends AsyncDisposable {
  readonly proxy: RunningProxy;
  readonly admin: AdminClient;
}

/** A proxy with its dashboard in the middle of a migration: one route per situation a person has to tell apart, with traffic behind each. */
export async function shopProxy(): Promise<ShopProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'strangler-dashboard-'));
  const monolith = await startUpstream((req, res, seen) => json({ items: [{ id: 1, price: '9.99' }], path: req.url })(req, res, seen));
  const service = await startUpstream((req, res, seen) => json({ items: [{ id: 1, price: req.url === '/products/1' ? '10.00' : '9.99' }], path: req.url })(req, res, seen));
  const any = { host: '127.0.0.1', port: 0 };
  const shadow = { shadow: { sample: 1 } };
  const proxy = await startProxy({
    config: parseConfig({
      monolith: { source: '.', url: monolith.url, database: 'none' },
      services: { catalog: { context: 'Catalog', url: service.url, database: 'none', owns: { modules: [], tables: ['products'] } } },
      routes: {
        'products.list': { match: 'GET /products', to: 'catalog', stage: shadow },
        'products.read': { match: 'GET /products/:id', to: 'catalog', stage: shadow },
        'products.search': { match: 'GET /search', to: 'catalog', stage: 'monolith' },
        'products.price': { match: 'GET /products/:id/price', to: 'catalog', stage: { canary: { percent: 25, stickyBy: 'header:x-user-id' } } },
        'categories.list': { match: 'GET /categories', to: 'catalog', stage: 'service' },
        'products.create': { match: 'POST /products', to: 'catalog', stage: 'monolith', writes: ['products'] },
      },
      compare: { promoteWhen: { minSamples: 20, maxMismatchRate: 0.2, maxLatencyRatio: 1_000 } },
    }),
    environment: {}, stateDirectory: join(directory, 'state'), listen: any, admin: any, limits: { mirrorSettleMs: 10, canarySample: 1 },
    dashboardDirectory: fileURLToPath(new URL('../dashboard', import.meta.url)),
  });
  for (const path of ['/products', '/products/1', '/products/1/price', '/categories']) {
    for (let i = 0; i < 30; i += 1) await (await fetch(`${proxy.url}${path}`, { headers: { 'x-user-id': `user ${String(i)}` } })).arrayBuffer();
  }
  const admin = new AdminClient(proxy);
  while ((await admin.compare()).filter(({ evidence }) => evidence.samples >= 30).length < 3) await new Promise((resolve) => { setTimeout(resolve, 20); });
  return { proxy, admin, [Symbol.asyncDispose]: async () => {
    await proxy.stop();
    await Promise.all([monolith.stop(), service.stop()]);
    await rm(directory, { recursive: true, force: true });
  } };
}
