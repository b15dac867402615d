import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationConfig, RouteConfig, ServiceConfig } from '@strangler/kernel';
import { AdminClient, startProxy, type ProxyOptions, type RunningProxy } from '@strangler/proxy';

/** A proxy of a test's own, with a state directory of its own. */
export interface TestProxy extends AsyncDisposable {
  readonly proxy: RunningProxy;
  readonly url: string;
  readonly port: number;
  readonly admin: AdminClient;
  readonly stateDirectory: string;
}

export interface Setup extends Partial<Pick<ProxyOptions, 'limits' | 'clock' | 'dice' | 'trustedProxies' | 'dashboardDirectory' | 'stateDirectory'>> {
  readonly monolith: string;
  readonly service?: string;
  readonly routes?: Readonly<Record<string, RouteConfig>>;
  readonly compare?: Partial<MigrationConfig['compare']>;
  readonly dividedBy?: NonNullable<ServiceConfig['owns']['dividedBy']>;
}

/** Somebody's name and reason, for acts whose audit a test does not look at. */
export const ANN = { by: 'ann', why: 'a test', execute: true } as const;

export function configOf({ monolith, service = monolith, routes = {}, compare = {}, dividedBy }: Setup): MigrationConfig {
  return {
    monolith: { source: '.', url: monolith, database: 'none' },
    services: { catalog: { context: 'Catalog', url: service, database: 'none', owns: { modules: [], tables: [], ...(dividedBy === undefined ? {} : { dividedBy }) } } },
    routes,
    compare: { promoteWhen: { minSamples: 5, maxMismatchRate: 0.9, maxLatencyRatio: 1_000 }, ...compare },
  };
}

export async function proxyOver(setup: Setup): Promise<TestProxy> {
  const own = setup.stateDirectory === undefined;
  const stateDirectory = setup.stateDirectory ?? join(await mkdtemp(join(tmpdir(), 'strangler-proxy-')), 'state');
  const proxy = await startProxy({ config: configOf(setup), environment: {}, listen: { host: '127.0.0.1', port: 0 }, admin: { host: '127.0.0.1', port: 0 }, ...setup, stateDirectory, limits: { mirrorSettleMs: 20, ...setup.limits } });
  return {
    proxy, url: proxy.url, port: Number(new URL(proxy.url).port), stateDirectory, admin: new AdminClient(proxy),
    [Symbol.asyncDispose]: async () => {
      await proxy.stop();
      if (own) await rm(join(stateDirectory, '..'), { recursive: true, force: true });
    },
  };
}

export interface RawAnswer {
  readonly text: string;
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** The connection ended before the answer was whole, or was reset. */
  readonly broken: boolean;
}

/** Sends bytes as they are and reads until the other side closes or falls silent. */
export async function raw(port: number, text: string, quietMs = 300): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let broken = false;
    const socket = connect({ port, host: '127.0.0.1' }, () => { socket.write(text); });
    socket.setTimeout(quietMs, () => { socket.destroy(); });
    socket.on('data', (chunk) => { chunks.push(chunk); });
    socket.on('error', () => { broken = true; });
    socket.on('close', () => { resolve(parse(Buffer.concat(chunks).toString('latin1'), broken)); });
  });
}

function parse(text: string, broken: boolean): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const head = end === -1 ? text : text.slice(0, end);
  return { text, head: head.toLowerCase(), body: end === -1 ? '' : text.slice(end + 4), status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), broken };
}

/** Waits until something is true, or fails saying what never was. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!await isTrue()) {
    if (Date.now() > end) throw new Error(`never happened within ${String(withinMs)} ms: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}
