import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { findPostgres } from './binaries.ts';
import { prepareDirectory, serverUser, usableBinaries, type ServerUser } from './unprivileged.ts';

export interface LocalPostgresOptions {
  /** The data directory; made by initdb when empty, started again as it is otherwise. */
  readonly directory: string;
  /** A free one by default. */
  readonly port?: number;
  /** `postgresql.conf` settings on top of `DEFAULT_SETTINGS`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Out of reach of the terminal's Ctrl-C, for a caller that stops the server itself, after those that use it. */
  readonly ownGroup?: boolean;
}

/** A PostgreSQL server of our own on the loopback interface, owned by this process. */
export interface LocalPostgres {
  readonly port: number;
  readonly pid: number;
  readonly isRunning: () => boolean;
  readonly directory: string;
  /** A connection URL of the superuser. */
  url(database?: string): string;
  /** Fast shutdown: clients are disconnected, everything committed is on disk. */
  stop(): Promise<void>;
  /** kill -9, for tests of what survives. */
  kill(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Logical decoding on, loopback only; sizes for one machine that also runs everything else. */
export const DEFAULT_SETTINGS: Readonly<Record<string, string>> = {
  wal_level: 'logical',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  max_replication_slots: '40',
  max_wal_senders: '40',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  log_min_messages: 'fatal',
};

/** Not `strangler`: PostgreSQL looks for tables in the schema named like the user first, and the toolkit has a schema of that name. */
const USER = 'postgres';
const execute = promisify(execFile);

/** Starts (and, the first time, creates) a server. @throws StranglerError STR_NO_POSTGRES, STR_POSTGRES_FAILED with the end of the server's log. */
export async function startPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const user = await serverUser();
  const bin = await usableBinaries(await findPostgres(), user);
  await prepareDirectory(options.directory, user);
  const password = await initialise(bin, options.directory, user);
  const port = options.port ?? await freePort();
  const child = await launch(bin, options, port, user);
  return running(child, options.directory, port, password);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return address.port;
}

/** The password lies beside the data: whoever may read the one may read the other. */
async function initialise(bin: string, directory: string, user: ServerUser | undefined): Promise<string> {
  const kept = await readFile(join(directory, 'strangler.password'), 'utf8').catch(() => undefined);
  if (kept !== undefined) return kept;
  const password = randomBytes(18).toString('base64url');
  const file = `${directory}.password`;
  await writeFile(file, password, { mode: 0o600 });
  if (user !== undefined) await chown(file, user.uid, user.gid);
  try {
    await execute(join(bin, 'initdb'), ['-D', directory, '-U', USER, `--pwfile=${file}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'], { ...user, cwd: '/', env: {} });
  } catch (cause) {
    throw failed(`initdb could not create ${directory}: ${firstLine((cause as { stderr?: string }).stderr ?? String(cause))}`, cause);
  } finally {
    await rm(file, { force: true });
  }
  await writeFile(join(directory, 'strangler.password'), password, { mode: 0o600 });
  return password;
}

/** After a kill -9 the server's children live on for a moment and hold its shared memory; then it starts. */
const ORPHANS_MS = 10_000;

async function launch(bin: string, options: LocalPostgresOptions, port: number, user: ServerUser | undefined): Promise<ChildProcess> {
  const deadline = Date.now() + ORPHANS_MS;
  for (;;) {
    const child = await launchOnce(bin, options, port, user);
    if (child !== undefined) return child;
    const said = (await readFile(join(options.directory, 'strangler.log'), 'utf8').catch(() => '')).trimEnd().split('\n').slice(-3).join(' / ');
    if (!said.includes('pre-existing shared memory block') || Date.now() > deadline) throw failed(`PostgreSQL did not start on port ${String(port)}: ${said}`);
    await delay(100);
  }
}

/** Undefined when it ended, or did not become ready in time. */
async function launchOnce(bin: string, { directory, settings, ownGroup = false }: LocalPostgresOptions, port: number, user: ServerUser | undefined): Promise<ChildProcess | undefined> {
  const flags = Object.entries({ ...DEFAULT_SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await open(join(directory, 'strangler.log'), 'a');
  const child = spawn(join(bin, 'postgres'), ['-D', directory, '-p', String(port), ...flags], { ...user, cwd: '/', env: {}, detached: ownGroup, stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.pid === undefined) return undefined;
    if (await isReady(directory, child.pid)) return child;
    await delay(20);
  }
  child.kill('SIGKILL');
  return undefined;
}

/** The postmaster writes its pid on the first and its status on the eighth line (PostgreSQL source, miscadmin.h, LOCK_FILE_LINE_PM_STATUS). */
async function isReady(directory: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

function running(child: ChildProcess, directory: string, port: number, password: string): LocalPostgres {
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!isRunning()) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  return {
    port, directory, pid: child.pid ?? 0, isRunning,
    url: (database = 'postgres') => `postgres://${USER}:${password}@127.0.0.1:${String(port)}/${database}`,
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGINT'),
  };
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

const failed = (message: string, cause?: unknown): StranglerError => new StranglerError({
  code: 'STR_POSTGRES_FAILED', message, cause, exitCode: ExitCode.environment,
  remedy: 'Its whole log is strangler.log in the data directory; a full disk and a taken port are the usual reasons.',
});
