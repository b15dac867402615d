import { createServer, type Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createApp, type Lifecycle } from './app.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { closeDatabase, pingDatabase } from './db/index.ts';
import { startJobs } from './jobs/index.ts';
import { log, type Repeating } from './lib/helpers.ts';

const EXIT_CANNOT_START = 3;
const SHUTDOWN_DEADLINE_MS = 10_000;
/** How long clients with an open connection have to notice that we are leaving. */
const FAREWELL_MS = 500;

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

/**
 * Stop accepting, let requests in flight finish, then hang up. Connections between two requests get FAREWELL_MS to send one more and be
 * told `connection: close` with its answer, the one moment at which nobody loses a request; those still idle after that are cut.
 */
async function drain(server: Server): Promise<void> {
  // http.Server.close() would cut idle connections at once, perhaps while a request is on its way in; net.Server.close() does not.
  const closed = new Promise<void>((resolve) => {
    NetServer.prototype.close.call(server, () => {
      resolve();
    });
  });
  await Promise.race([closed, delay(FAREWELL_MS)]);
  const hangUp = setInterval(() => {
    server.closeIdleConnections();
  }, 20);
  const deadline = setTimeout(() => {
    server.closeAllConnections();
  }, SHUTDOWN_DEADLINE_MS);
  await closed;
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
