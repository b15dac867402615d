import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';
import { createCatalog } from './catalog.ts';
import { CannotStart, type Config, loadConfig } from './config.ts';
import { drain } from './drain.ts';
import { explain, log, prepareDatabase, refuse } from './start.ts';
import { openDatabase, ping } from './store/database.ts';

const DRAIN_DEADLINE_MS = 10_000;

async function listen(server: Server, { host, port }: Config): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((error: unknown) => {
    throw new CannotStart('CATALOG_CANNOT_LISTEN', `${host}:${String(port)} cannot be opened (${explain(error)})`,
      'Free the port, or choose another with PORT (0 takes any)');
  });
  return (server.address() as AddressInfo).port;
}

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const db = openDatabase(config.databaseUrl, log);
  await prepareDatabase(db, config.migrate);

  let draining = false;
  const isReady = (): Promise<boolean> => ping(db).then(() => !draining, () => false);
  const report = (error: unknown): void => {
    log('error', 'unhandled', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  };
  const server = createServer(createApp({ ...config, catalog: createCatalog(db), isDraining: () => draining, isReady, report }));
  // Longer than the idle timeout of common balancers, so that they hang up first and no request meets a closing socket.
  server.keepAliveTimeout = 65_000;
  const port = await listen(server, config);

  const stop = async (signal: string): Promise<void> => {
    if (draining) return;
    draining = true;
    log('info', 'draining', { signal });
    await drain(server, DRAIN_DEADLINE_MS);
    await db.destroy();
    log('info', 'stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  process.stdout.write(`${JSON.stringify({ event: 'listening', port })}\n`);
}

await main().catch(refuse);
