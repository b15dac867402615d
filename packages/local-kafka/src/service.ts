import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode, StranglerError } from '@strangler/kernel';
import { dyingWithUs, endOrphan, recordPid } from './orphans.ts';

/** A server process of our own on the loopback interface. It ends with us, whatever ends us. */
export interface Service extends AsyncDisposable {
  /** Of the process that runs now; another one after `restart`. */
  readonly pid: number;
  readonly directory: string;
  /** Everything it ever said. */
  readonly logFile: string;
  isRunning(): boolean;
  /** Asks it to end and waits until it has; after 30 s it is killed. */
  stop(): Promise<void>;
  /** Sends a signal, `SIGKILL` by default, and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends what still runs, then starts it again: same directory, same ports, same data. Rejects when it is killed before it is ready. */
  restart(): Promise<void>;
}

export interface ServiceSpec {
  /** As in a message: `Kafka`. */
  readonly name: string;
  readonly directory: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user?: { readonly uid: number; readonly gid: number };
  /** True once it answers in its own protocol. */
  readonly isReady: () => Promise<boolean>;
  readonly patienceMs: number;
}

const STOP_MS = 30_000;

/** @throws StranglerError STR_STACK_RUNNING, STR_PORT_TAKEN, STR_DISK_FULL, STR_STACK_FAILED with the end of its log */
export async function startService(spec: ServiceSpec): Promise<Service> {
  await mkdir(spec.directory, { recursive: true });
  let { child, ready } = await launch(spec);
  await ready;
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (!isRunning()) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const stop = async (): Promise<void> => {
    const reaper = setTimeout(() => { child.kill('SIGKILL'); }, STOP_MS);
    await kill('SIGTERM').finally(() => { clearTimeout(reaper); });
  };
  return {
    get pid() { return child.pid ?? 0; },
    directory: spec.directory, logFile: logOf(spec), isRunning, kill, stop,
    restart: async () => {
      await stop();
      // Known before it is ready: it may be killed while it starts.
      ({ child, ready } = await launch(spec));
      await ready;
    },
    [Symbol.asyncDispose]: stop,
  };
}

const logOf = ({ directory }: ServiceSpec): string => join(directory, 'strangler.log');

async function launch(spec: ServiceSpec): Promise<{ child: ChildProcess; ready: Promise<void> }> {
  await endOrphan(spec.directory, spec.name);
  const log = await open(logOf(spec), 'a');
  const { size } = await log.stat();
  const [command, ...args] = [...await dyingWithUs(), spec.command, ...spec.args];
  // A group of its own: Ctrl-C is ours to handle, so that things end in an order.
  const child = spawn(command, args, { ...spec.user, cwd: spec.directory, env: spec.env, detached: true, stdio: ['ignore', log.fd, log.fd] });
  const error = new Promise<string>((resolve) => { child.once('error', ({ message }) => { resolve(message); }); });
  await log.close();
  if (child.pid === undefined) throw failed(spec, await error, '');
  await recordPid(spec.directory, child.pid);
  return { child, ready: untilReady(spec, child, size) };
}

async function untilReady(spec: ServiceSpec, child: ChildProcess, logStart: number): Promise<void> {
  const deadline = Date.now() + spec.patienceMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw failed(spec, `ended with ${String(child.exitCode ?? child.signalCode)} before it was ready`, await said(spec, logStart));
    if (await spec.isReady().catch(() => false)) return;
    await delay(50);
  }
  child.kill('SIGKILL');
  throw failed(spec, `was not ready after ${String(spec.patienceMs / 1000)} s`, await said(spec, logStart));
}

const said = async (spec: ServiceSpec, from: number): Promise<string> => (await readFile(logOf(spec)).catch(() => Buffer.alloc(0))).subarray(from).toString('utf8');

/** Java's stack traces are long, and the first cause is far from the end: the lines that say what went wrong, and the last ones. */
function tail(log: string): string {
  const lines = log.trimEnd().split('\n').filter((line) => !/^\s+at |^\t/.test(line));
  return [...new Set([...lines.filter((line) => /ERROR|FATAL|Exception|Caused by/.test(line)).slice(-6), ...lines.slice(-4)])].map((line) => `  ${line.slice(0, 300)}`).join('\n');
}

function failed(spec: ServiceSpec, why: string, log: string): StranglerError {
  const fact = `${spec.name} ${why}.${log === '' ? '' : `\n${tail(log)}`}`;
  const problem = (code: `STR_${string}`, remedy: string): StranglerError => new StranglerError({ code, message: fact, remedy, exitCode: ExitCode.environment });
  if (/Address already in use|failed to bind|Can't start server: Bind on TCP/i.test(log)) return problem('STR_PORT_TAKEN', 'Another program listens there: stop it, or choose another port.');
  if (/No space left on device/i.test(log)) return problem('STR_DISK_FULL', `Make room on the disk of ${spec.directory}, or choose another directory.`);
  return problem('STR_STACK_FAILED', `Its whole log is ${logOf(spec)}.`);
}

/** Forgets a service's directory. */
export const removeDirectory = (directory: string): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 3 });

/** Writes a server's own settings file, readable to it alone where it may hold secrets. */
export async function writeProperties(file: string, properties: Readonly<Record<string, string>>): Promise<void> {
  await writeFile(file, Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });
}
