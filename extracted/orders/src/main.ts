import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import jwt from 'jsonwebtoken';
import { httpCollaborators } from './acl/http-collaborators.ts';
import { createApp } from './app.ts';
import { CannotStart, type Config, loadConfig } from './config.ts';
import { drain } from './drain.ts';
import { createSaga } from './saga/saga.ts';
import { startSweeper } from './saga/sweeper.ts';
import { explain, log, prepareDatabase, refuse } from './start.ts';
import { createCheckoutStore } from './store/checkouts.ts';
import { openDatabase, ping } from './store/database.ts';
import { createOrderStore } from './store/orders.ts';

async function listen(server: Server, { host, port }: Config): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch((error: unknown) => {
    throw new CannotStart('ORDERS_CANNOT_LISTEN', `${host}:${String(port)} cannot be opened (${explain(error)})`,
      'Free the port, or choose another with PORT (0 takes any)');
  });
  return (server.address() as AddressInfo).port;
}

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const db = openDatabase(config.databaseUrl, log);
  await prepareDatabase(db, config.migrate);

  const report = (error: unknown): void => {
    const errors = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    for (const one of errors) log('error', 'unhandled', { error: one instanceof Error ? (one.stack ?? one.message) : String(one) });
  };
  const token = (): string => jwt.sign({ role: 'service' }, config.jwtSecret, { algorithm: 'HS256', subject: 'orders', expiresIn: 60 });
  const collaborators = httpCollaborators({ ...config, timeoutMs: config.stepTimeoutMs, token });
  const clock = { now: () => new Date(), sleep: (ms: number) => sleep(ms, undefined) };
  const saga = createSaga(createCheckoutStore(db, config.leaseMs), collaborators, clock, { ...config, log });

  let draining = false;
  const isReady = (): Promise<boolean> => ping(db).then(() => !draining, () => false);
  const server = createServer(createApp({ ...config, orders: createOrderStore(db, config.leaseMs), saga, isDraining: () => draining, isReady, report }));
  // Longer than the idle timeout of common balancers, so that they hang up first and no request meets a closing socket.
  server.keepAliveTimeout = 65_000;
  const port = await listen(server, config);
  const sweeper = startSweeper(() => saga.sweep(), config.sweepMs, report);

  const stop = async (signal: string): Promise<void> => {
    if (draining) return;
    draining = true;
    log('info', 'draining', { signal });
    await Promise.all([drain(server, config.checkoutTimeoutMs + config.stepTimeoutMs), sweeper.stop()]);
    await db.destroy();
    log('info', 'stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  process.stdout.write(`${JSON.stringify({ event: 'listening', port })}\n`);
}

await main().catch(refuse);
