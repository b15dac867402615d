import { rm } from 'node:fs/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { join, resolve } from 'node:path';
import { systemClock, systemDice, type Clock, type Dice, type Environment, type Finding, type MigrationConfig } from '@strangler/kernel';
import { adminToken } from './admin/auth.ts';
import { createAdminServer } from './admin/server.ts';
import { createEngine, type Engine } from './engine.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { drainable, listen, type Address } from './listen.ts';
import { compileRoutes } from './match/route-table.ts';
import { checkPlaces, resolvePlaces } from './places.ts';
import { createPublicServer } from './server.ts';
import { replaceFile } from './state/durable-file.ts';
import { fileStore, FILES } from './state/file-store.ts';

export interface ProxyOptions {
  readonly config: MigrationConfig;
  readonly environment: Environment;
  readonly stateDirectory: string;
  readonly listen: Address;
  /** `allowedHosts`: names, besides addresses and localhost, under which the admin listener may be reached. */
  readonly admin: Address & { readonly allowedHosts?: readonly string[] };
  readonly dashboardDirectory?: string;
  /** Addresses or CIDR ranges of proxies in front of this one, whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  readonly dice?: Dice;
}

export interface RunningProxy {
  readonly url: string;
  readonly adminUrl: string;
  readonly token: string;
  /** Upstreams that cannot be reached right now: no reason not to start, but one to say so. */
  checkUpstreams(): Promise<Finding[]>;
  /** Stops accepting, lets requests under way end (at most `limits.drainMs`), writes everything down. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the proxy: a public listener in front of the monolith and its services, and an admin listener.
 * @throws StranglerError STR_OVERLAPPING_ROUTES, STR_MISSING_SETTING, STR_STATE_LOCKED, STR_STATE_UNREADABLE, STR_STATE_NOT_WRITTEN, STR_PORT_TAKEN;
 * nothing is left behind then.
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { config, environment, clock = systemClock, dice = systemDice } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  compileRoutes(config);
  const places = resolvePlaces(config, environment);
  const store = await fileStore(options.stateDirectory);
  const undo: (() => Promise<void>)[] = [async () => { await store.close(); }];
  try {
    const engine = await createEngine({ config, places, store, limits, clock, dice });
    undo.push(async () => { await engine.stop(); });
    return await open(engine, options, undo);
  } catch (error) {
    await unwind(undo);
    throw error;
  }
}

async function open(engine: Engine, options: ProxyOptions, undo: (() => Promise<void>)[]): Promise<RunningProxy> {
  const stateDirectory = resolve(options.stateDirectory);
  const token = await adminToken(join(stateDirectory, FILES.token));
  const addresses = { url: '', adminUrl: '', stateDirectory };
  const admin = createAdminServer(engine, {
    token, allowedHosts: [options.admin.host, ...options.admin.allowedHosts ?? []], addresses: () => addresses,
    ...(options.dashboardDirectory === undefined ? {} : { dashboardDirectory: options.dashboardDirectory }),
  });
  const front = createPublicServer(engine, trustList(options.trustedProxies ?? []));
  const stopFront = drainable(front);
  const stopAdmin = drainable(admin);
  undo.push(async () => stopAdmin(1_000), async () => stopFront(engine.limits.drainMs));
  addresses.adminUrl = await listen(admin, options.admin, 'the admin listener');
  addresses.url = await listen(front, options.listen, 'the proxy');
  const discovery = join(stateDirectory, FILES.discovery);
  undo.push(async () => rm(discovery, { force: true }));
  await replaceFile(discovery, `${JSON.stringify({ pid: process.pid, url: addresses.url, adminUrl: addresses.adminUrl })}\n`);
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => stopped ??= unwind(undo);
  return { url: addresses.url, adminUrl: addresses.adminUrl, token, stop, [Symbol.asyncDispose]: stop, checkUpstreams: async () => checkPlaces(engine.places) };
}

/** Undoes in reverse order; one step that fails does not keep the others from being taken. */
async function unwind(undo: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.toReversed()) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

function trustList(entries: readonly string[]): (address: string) => boolean {
  if (entries.length === 0) return () => false;
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = address.replace(/^::ffff:/, '');
    // A balancer may write `unknown` or an address with its port: nobody whom we trust.
    return isIP(plain) !== 0 && list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}
