import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, createConnection, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A RabbitMQ of a test's own: a node, ports, cookie and data directory that no other knows of. Debian's `rabbitmq-server`. */
export interface TestRabbit {
  readonly url: string;
  /** kill -9 of the node. */
  kill(): Promise<void>;
  /** The same node again, with the data it had. */
  start(): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const LIBRARY = '/usr/lib/rabbitmq/lib';
const START_MS = 60_000;

export async function testRabbit(settings: Readonly<Record<string, string>> = {}): Promise<TestRabbit> {
  const [release] = (await readdir(LIBRARY).catch((): string[] => [])).filter((name) => name.startsWith('rabbitmq_server-'));
  if (release === undefined) throw new Error(`There is no RabbitMQ in ${LIBRARY}: apt-get install rabbitmq-server.`);
  const directory = await mkdtemp(join(tmpdir(), 'strangler-rabbit-'));
  const [port, distribution, names] = await Promise.all([freePort(), freePort(), freePort()]);
  const lines = [`listeners.tcp.1 = 127.0.0.1:${String(port)}`, 'log.console = true', 'log.console.level = error', 'log.file = false', 'disk_free_limit.absolute = 1MB', ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`)];
  await writeFile(join(directory, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
  await writeFile(join(directory, 'plugins'), '[].\n');
  const environment = {
    ...process.env, HOME: directory, ERL_EPMD_PORT: String(names), ERL_EPMD_ADDRESS: '127.0.0.1', RABBITMQ_NODENAME: `strangler${String(port)}@localhost`,
    RABBITMQ_MNESIA_BASE: join(directory, 'data'), RABBITMQ_LOG_BASE: join(directory, 'log'), RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq'), RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
    RABBITMQ_DIST_PORT: String(distribution), RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +sbwt none',
  };
  const epmd = spawn('epmd', ['-port', String(names), '-address', '127.0.0.1'], { stdio: 'ignore' });
  epmd.on('error', () => undefined);
  let server: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    process.kill(-server.pid, 'SIGKILL'); // the script and the virtual machine it became the parent of
    await gone;
  };
  const start = async (): Promise<void> => {
    const output: string[] = [];
    server = spawn(join(LIBRARY, release, 'sbin', 'rabbitmq-server'), [], { cwd: directory, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [server.stdout, server.stderr]) stream?.on('data', (bytes: Buffer) => { output.push(bytes.toString()); });
    for (const until = Date.now() + START_MS; !await answers(port);) {
      await delay(100);
      if (Date.now() > until || server.exitCode !== null) throw new Error(`RabbitMQ did not start: ${output.join('').slice(-2_000)}`);
    }
  };
  const stop = async (): Promise<void> => {
    await kill();
    epmd.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `amqp://guest:guest@127.0.0.1:${String(port)}`, kill, start, stop, [Symbol.asyncDispose]: stop };
}

/** It listens only when it is ready for clients: an AMQP server answers a wrong header with the right one. */
const answers = (port: number): Promise<boolean> => new Promise((resolve) => {
  const socket = createConnection({ port, host: '127.0.0.1' }, () => { socket.write('HTTP/1.1'); });
  const end = (yes: boolean): void => { socket.destroy(); resolve(yes); };
  socket.on('data', (bytes) => { end(bytes.toString('latin1').startsWith('AMQP')); });
  for (const event of ['error', 'close']) socket.on(event, () => { end(false); });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
