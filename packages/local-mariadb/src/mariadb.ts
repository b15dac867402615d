import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { startService, type Service } from '@strangler/local-kafka';
import { freePort } from '@strangler/local-postgres';

export interface MariadbOptions {
  /** Data and log; made when empty, started again as it is otherwise. */
  readonly directory: string;
  /** A free one by default, and the same after `restart`. */
  readonly port?: number;
  /** Server variables on top of ours, with underscores. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A MariaDB server of our own on the loopback interface, whose binlog a connector can follow. */
export interface LocalMariadb extends Service {
  readonly port: number;
  /** `mariadb://user:password@127.0.0.1:port/database` of a user who may do everything. */
  url(database: string): string;
  /** Runs statements with the client that comes with the server; what they print, columns parted by tabs. @throws Error with what the server says */
  run(sql: string, database?: string): Promise<string>;
}

const USER = 'strangler';
const START_MS = 60_000;
const execute = promisify(execFile);

/**
 * Starts (and, the first time, makes) a server with a row binlog of whole rows and GTIDs, as Debezium needs it. Binaries: the machine's, on the PATH or in /usr/sbin.
 * @throws StranglerError STR_NO_MARIADB, STR_PORT_TAKEN, STR_DISK_FULL, STR_STACK_RUNNING, STR_STACK_FAILED
 */
export async function startMariadb(options: MariadbOptions): Promise<LocalMariadb> {
  const directory = resolve(options.directory);
  const port = options.port ?? await freePort();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const password = await initialise(directory);
  const service = await startService({
    name: 'MariaDB', directory, command: 'mariadbd', env: { ...process.env, PATH: PATH_WITH_SERVERS }, patienceMs: START_MS, isReady: () => greets(port),
    args: ['--no-defaults', ...asRoot(), `--datadir=${join(directory, 'data')}`, `--init-file=${join(directory, 'init.sql')}`, ...Object.entries({ ...serverSettings(directory, port), ...options.settings }).map(([name, value]) => `--${name}=${value}`)],
  });
  const handle = {
    port, url: (database: string) => `mariadb://${USER}:${password}@127.0.0.1:${String(port)}/${database}`,
    run: (sql: string, database = 'mysql') => run(port, password, database, sql),
  };
  return Object.defineProperties(handle, Object.getOwnPropertyDescriptors(service)) as typeof handle & Service;
}

/** Debian keeps servers off an ordinary user's PATH. */
const PATH_WITH_SERVERS = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
/** It refuses root unless told to run as it; its data lie in a directory that is ours alone. */
const asRoot = (): string[] => process.getuid?.() === 0 ? ['--user=root'] : [];

const serverSettings = (directory: string, port: number): Record<string, string> => ({
  bind_address: '127.0.0.1', port: String(port), socket: join(directory, 'mariadb.sock'), pid_file: join(directory, 'mariadb.pid'), skip_name_resolve: 'ON',
  server_id: '1', log_bin: 'mariadb-bin', binlog_format: 'ROW', binlog_row_image: 'FULL', binlog_row_metadata: 'FULL', gtid_strict_mode: 'ON',
  character_set_server: 'utf8mb4', collation_server: 'utf8mb4_general_ci', default_time_zone: '+00:00', innodb_buffer_pool_size: '64M', performance_schema: 'OFF',
});

/** System tables once; the password lies beside the data: whoever may read the one may read the other. */
async function initialise(directory: string): Promise<string> {
  const file = join(directory, 'strangler.password');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined && await stat(join(directory, 'data', 'mysql')).then(() => true, () => false)) return kept;
  const password = randomBytes(18).toString('base64url');
  try {
    await execute('mariadb-install-db', ['--no-defaults', ...asRoot(), `--datadir=${join(directory, 'data')}`, '--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'], { env: { ...process.env, PATH: PATH_WITH_SERVERS } });
  } catch (cause) {
    const { code, stderr = '', stdout = '' } = cause as { code?: unknown; stderr?: string; stdout?: string };
    if (code === 'ENOENT') throw new StranglerError({ code: 'STR_NO_MARIADB', message: 'There is no MariaDB server on this machine.', remedy: 'apt-get install mariadb-server (its service may stay off).', exitCode: ExitCode.environment, cause });
    throw new StranglerError({ code: 'STR_STACK_FAILED', message: `MariaDB could not make ${directory}: ${(stderr || stdout).trim().split('\n').slice(-2).join(' / ')}`, remedy: 'Choose an empty directory that may be written.', exitCode: ExitCode.environment, cause });
  }
  // Run at every start; root has no password, and goes: others may use this machine.
  await writeFile(join(directory, 'init.sql'), `CREATE USER IF NOT EXISTS ${USER}@'%' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO ${USER}@'%' WITH GRANT OPTION;\nDROP USER IF EXISTS root@localhost, root@'127.0.0.1', root@'::1';\n`, { mode: 0o600 });
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

/** A server speaks first: protocol version 10 in its handshake (https://mariadb.com/kb/en/connection/#initial-handshake-packet). */
async function greets(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.setTimeout(2_000, () => { socket.destroy(new Error('no greeting')); });
  try {
    const [first] = await once(socket, 'data') as [Buffer];
    return first[4] === 10;
  } finally {
    socket.destroy();
  }
}

async function run(port: number, password: string, database: string, sql: string): Promise<string> {
  const child = spawn('mariadb', ['--no-defaults', '--protocol=TCP', '--host=127.0.0.1', `--port=${String(port)}`, `--user=${USER}`, '--batch', '--default-character-set=utf8mb4', database],
    { env: { ...process.env, MYSQL_PWD: password }, stdio: 'pipe' });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => { out += chunk; });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { err += chunk; });
  child.stdin.end(sql);
  const [code] = await once(child, 'close') as [number | null];
  if (code === 0) return out;
  throw new Error(err.trim());
}
