import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp, type Lifecycle } from './app.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { closeDatabase, pingDatabase } from './db/index.ts';
import { startJobs } from './jobs/index.ts';
import { log, type Repeating } from './lib/helpers.ts';

const EXIT_CANNOT_START = 3;
const SHUTDOWN_DEADLINE_MS = 10_000;

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message } = error as { code?: string; message?: string };
  return [code, message].filter((part) => part !== undefined && part !== '').join(': ') || String(error);
}

function refuse(what: string): never {
  process.stderr.write(`shop: ${what}\n`);
  process.exit(EXIT_CANNOT_START);
}

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    return refuse(explain(error));
  }
}

async function listen(server: Server, config: Config): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Stop accepting, let requests in flight finish, then hang up. Connections idle between two requests are closed as they appear. */
async function drain(server: Server): Promise<void> {
  const hangUp = setInterval(() => {
    server.closeIdleConnections();
  }, 20);
  const deadline = setTimeout(() => {
    server.closeAllConnections();
  }, SHUTDOWN_DEADLINE_MS);
  await new Promise((resolve) => server.close(resolve));
  clearInterval(hangUp);
  clearTimeout(deadline);
}

function shutDownOn(signals: NodeJS.Signals[], server: Server, lifecycle: Lifecycle, jobs: Repeating[]): void {
  const stop = async (signal: string): Promise<void> => {
    if (lifecycle.draining) return;
    lifecycle.draining = true;
    log('info', 'draining', { signal });
    await drain(server);
    await Promise.all(jobs.map((job) => job.stop()));
    await closeDatabase();
    log('info', 'stopped');
  };
  for (const signal of signals) process.on(signal, () => void stop(signal));
}

async function main(): Promise<void> {
  const config = readConfig();
  await pingDatabase().catch((error: unknown) => refuse(`cannot reach the database of DATABASE_URL (${explain(error)})`));

  const lifecycle: Lifecycle = { draining: false };
  const server = createServer(createApp(lifecycle));
  // Longer than the idle timeout of common balancers, so that they hang up first and no request meets a closing socket.
  server.keepAliveTimeout = 65_000;
  const port = await listen(server, config).catch((error: unknown) =>
    refuse(`cannot listen on ${config.host}:${String(config.port)} (${explain(error)})`),
  );
  shutDownOn(['SIGTERM', 'SIGINT'], server, lifecycle, config.jobs ? startJobs() : []);
  process.stdout.write(`${JSON.stringify({ event: 'listening', port })}\n`);
}

await main();
