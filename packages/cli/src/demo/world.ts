import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { StranglerError } from '@strangler/kernel';
import { freePort as reservePort, startPostgres, type LocalPostgres } from '@strangler/local-postgres';
import { readStateDirectory, type AdminClient } from '@strangler/proxy';
import { adminClient } from '../compose/admin.ts';
import { endAll, killAll, runToEnd, supervise, type ProcessSpec, type Supervised } from './processes.ts';

/** Everything the demo started: two database servers and the processes around them, each with its own log file. */
export interface World {
  readonly directory: string;
  readonly stateDirectory: string;
  /** Outlives the demo. */
  readonly reportDirectory: string;
  readonly configFile: string;
  readonly monolithUrl: string;
  readonly monolithDatabase: string;
  readonly catalogDatabase: string;
  /** What every command of the toolkit needs; `strangler status` and the others work against the demo with it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly monolith: Supervised;
  process(name: string): Supervised | undefined;
  startProxy(): Promise<{ url: string; adminUrl: string; admin: AdminClient }>;
  startCatalog(rounding: 'half-even' | 'half-up'): Promise<Supervised>;
  startSink(): Promise<Supervised>;
  /** An empty database with the catalog's schema. */
  freshCatalog(name: string): Promise<string>;
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** What the analyzer reads. */
export const SOURCE = join(ROOT, 'monolith');
const STRANGLER = join(ROOT, 'packages/cli/bin/strangler.mjs');

/** Starts the shop as it was before anybody thought of taking it apart: one process, one database, with data. */
export async function startWorld(signal: AbortSignal): Promise<World> {
  await repositoryIsHere();
  const directory = await mkdtemp(join(tmpdir(), 'strangler-demo-'));
  // The database servers of a root run as another user and must pass through; what lies in it keeps its own modes.
  await chmod(directory, 0o711);
  const logs = join(directory, 'logs');
  await mkdir(logs);
  const servers: LocalPostgres[] = [];
  const processes = new Map<string, Supervised>();
  // Ctrl-C twice, or a bug: nothing can be awaited any more, and still nothing may stay.
  process.once('exit', () => { abandon(servers, directory); });
  try {
    const started = await Promise.allSettled(['monolith', 'catalog'].map((name) => startPostgres({ directory: join(directory, `${name}-database`), ownGroup: true })));
    servers.push(...started.filter((each) => each.status === 'fulfilled').map(({ value }) => value));
    const failure = started.find((each) => each.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    signal.throwIfAborted();
    signal.addEventListener('abort', giveUp);
    return await build(directory, logs, servers, processes);
  } catch (error) {
    await tearDown(processes, servers, directory);
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function build(directory: string, logs: string, servers: readonly LocalPostgres[], processes: Map<string, Supervised>): Promise<World> {
  const [monolithServer, catalogServer] = servers;
  if (monolithServer === undefined || catalogServer === undefined) throw new Error('the demo needs two servers');
  const monolithDatabase = await createDatabase(monolithServer, 'shop');
  const catalogDatabase = await createDatabase(catalogServer, 'catalog');
  const jwtSecret = randomBytes(24).toString('base64url');
  const spec = (name: string, args: string[], environment: Record<string, string>): ProcessSpec => ({ name, args, environment, cwd: ROOT, logs });
  const start = async (processSpec: ProcessSpec): Promise<Supervised> => {
    const started = await supervise(processSpec);
    processes.set(processSpec.name, started);
    return started;
  };

  const shop = { DATABASE_URL: monolithDatabase, JWT_SECRET: jwtSecret };
  await runToEnd(spec('monolith-migrate', ['monolith/src/db/migrate.ts'], shop));
  await runToEnd(spec('monolith-seed', ['monolith/src/seed.ts', '--size', 'S'], shop));
  const monolith = await start(spec('monolith', ['monolith/src/main.ts'], { ...shop, PORT: '0', JOBS: 'off' }));
  const monolithUrl = `http://127.0.0.1:${String(monolith.port())}`;

  const stateDirectory = join(directory, 'state');
  const configFile = join(ROOT, 'strangler.config.ts');
  const environment: Record<string, string> = {
    MONOLITH_URL: monolithUrl, MONOLITH_DATABASE_URL: monolithDatabase, CATALOG_DATABASE_URL: catalogDatabase, STRANGLER_STATE: stateDirectory,
    // Known before the service runs, so that the proxy can be configured first.
    CATALOG_URL: `http://127.0.0.1:${String(await reservePort())}`,
  };
  const catalogEnvironment = { DATABASE_URL: catalogDatabase, JWT_SECRET: jwtSecret, PORT: new URL(environment['CATALOG_URL'] ?? '').port };

  return {
    directory, stateDirectory, configFile, reportDirectory: join(ROOT, '.strangler', 'demo'), monolithUrl, monolithDatabase, catalogDatabase, environment, monolith,
    process: (name) => processes.get(name),
    startProxy: async () => {
      const proxy = await start(spec('proxy', [STRANGLER, 'serve', '--config', configFile], { ...environment, PORT: String(await reservePort()), ADMIN_PORT: String(await reservePort()) }));
      const { discovery } = await readStateDirectory(stateDirectory);
      return { url: `http://127.0.0.1:${String(proxy.port())}`, adminUrl: discovery?.adminUrl ?? '', admin: await adminClient(stateDirectory) };
    },
    startCatalog: async (rounding) => start(spec('catalog', ['extracted/catalog/src/main.ts'], { ...catalogEnvironment, CATALOG_ROUNDING: rounding, BUILD: rounding === 'half-up' ? '2' : '1' })),
    startSink: async () => {
      await runToEnd(spec('catalog-migrate', ['extracted/catalog/src/migrate.ts'], catalogEnvironment));
      return start(spec('sink', [STRANGLER, 'replicate', '--config', configFile], environment));
    },
    freshCatalog: async (name) => {
      const url = await createDatabase(catalogServer, name);
      await runToEnd(spec(`${name}-migrate`, ['extracted/catalog/src/migrate.ts'], { ...catalogEnvironment, DATABASE_URL: url }));
      return url;
    },
    stop: () => tearDown(processes, servers, directory),
  };
}

const giveUp = (): void => { void endAll(); };

/** Readers before what they read: proxy, sink and service end while the databases still answer. */
async function tearDown(processes: ReadonlyMap<string, Supervised>, servers: readonly LocalPostgres[], directory: string): Promise<void> {
  for (const name of ['proxy', 'sink', 'catalog', 'monolith']) await processes.get(name)?.stop();
  await endAll();
  await Promise.all(servers.map((server) => server.stop()));
  await rm(directory, { recursive: true, force: true });
}

function abandon(servers: readonly LocalPostgres[], directory: string): void {
  killAll();
  for (const { pid, isRunning } of servers) if (isRunning()) process.kill(pid, 'SIGQUIT');
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

async function createDatabase(server: LocalPostgres, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return server.url(name);
}

async function repositoryIsHere(): Promise<void> {
  const missing: string[] = [];
  for (const part of ['monolith/src/main.ts', 'extracted/catalog/src/main.ts', 'strangler.config.ts']) {
    await access(join(ROOT, part)).catch(() => missing.push(part));
  }
  if (missing.length === 0) return;
  throw new StranglerError({ code: 'STR_DEMO_NEEDS_SAMPLES', message: `The demo plays with the repository's samples; ${missing.join(', ')} is not here.`, remedy: 'Run it from a clone: npm ci && npm run demo.' });
}
