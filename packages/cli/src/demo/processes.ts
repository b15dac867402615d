import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ExitCode, StranglerError } from '@strangler/kernel';

export interface ProcessSpec {
  readonly name: string;
  /** Script and arguments for this very Node. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Its output goes to `<logs>/<name>.log`. */
  readonly logs: string;
}

/** Children that have not ended. Each is in a group of its own, so that a terminal's Ctrl-C reaches the demo alone, which then ends them in order. */
const alive = new Set<ChildProcess>();
let closed = false;

/** After this nothing is started any more, and what a step had only begun to start is ended. For a demo that was told to stop. */
export async function endAll(): Promise<void> {
  closed = true;
  await Promise.all([...alive].map(terminate));
}

/** When there is no time left: from a process's `exit` event. */
export function killAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

function start({ args, cwd, environment }: ProcessSpec): ChildProcessByStdio<null, Readable, Readable> {
  if (closed) throw new Error('the demo is over');
  const child = spawn(process.execPath, args, {
    cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...environment },
  });
  alive.add(child);
  child.once('exit', () => { alive.delete(child); });
  return child;
}

/** A child of the demo. When it dies unasked it is started again, as an orchestrator would; what it knew durably must be enough. */
export interface Supervised {
  readonly name: string;
  /** The port it announced; the same after a restart. */
  readonly port: () => number;
  readonly restarts: () => number;
  /** It said it was ready and has not ended since. */
  readonly isUp: () => boolean;
  /** kill -9 now; the supervisor starts it again. */
  readonly kill: () => void;
  /** Ends it for good and starts it with another environment. */
  readonly replace: (environment: Readonly<Record<string, string>>) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a process and waits for the line `{"event":"listening","port":N}` (or `{"event":"ready"}`) on its standard output. */
export async function supervise(spec: ProcessSpec): Promise<Supervised> {
  const log = createWriteStream(join(spec.logs, `${spec.name}.log`), { flags: 'a' });
  let environment = spec.environment;
  let current = await launch({ ...spec, environment }, log);
  let restarts = 0;
  let wanted = true;
  let restarting: Promise<void> = Promise.resolve();

  const watch = (child: ChildProcess): void => {
    child.once('exit', () => {
      if (!wanted || child !== current.child) return;
      restarts += 1;
      restarting = insistOnStarting();
    });
  };
  const startAgain = async (): Promise<void> => {
    const port = current.port;
    current = await launch({ ...spec, environment: { ...environment, ...(port === 0 ? {} : { PORT: String(port) }) } }, log);
    watch(current.child);
  };
  /** What the dead one held (a lock, a port) may be let go a moment later; an orchestrator tries again, too. */
  const insistOnStarting = async (): Promise<void> => {
    while (wanted) {
      if (await startAgain().then(() => true, () => false)) return;
      await delay(250);
    }
  };
  const end = async (): Promise<void> => {
    wanted = false;
    await restarting;
    await terminate(current.child);
  };
  watch(current.child);
  return {
    name: spec.name,
    port: () => current.port,
    restarts: () => restarts,
    isUp: () => current.child.exitCode === null && current.child.signalCode === null,
    kill: () => { current.child.kill('SIGKILL'); },
    replace: async (changes) => {
      await end();
      environment = { ...environment, ...changes };
      wanted = true;
      await startAgain();
    },
    stop: async () => {
      await end();
      log.end();
    },
  };
}

interface Launched {
  readonly child: ChildProcess;
  readonly port: number;
}

async function launch(spec: ProcessSpec, log: WriteStream): Promise<Launched> {
  const child = start(spec);
  let last = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log.write(chunk);
    last = lastLine(chunk.toString()) || last;
  });
  const lines = createInterface({ input: child.stdout });
  const port = new Promise<number>((resolve, reject) => {
    lines.on('line', (line) => {
      log.write(`${line}\n`);
      const announced = announcement(line);
      if (announced !== undefined) resolve(announced);
    });
    child.once('exit', (code, signal) => {
      reject(new StranglerError({
        code: 'STR_CHILD_FAILED',
        message: `${spec.name} ended before it was ready (${signal ?? `exit ${String(code)}`}): ${last}`,
        remedy: `Run again with --keep and read ${spec.name}.log to see all it says.`,
        exitCode: ExitCode.environment,
      }));
    });
  });
  return { child, port: await port };
}

function announcement(line: string): number | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const said = JSON.parse(line) as { event?: unknown; port?: unknown };
    if (said.event === 'listening' && typeof said.port === 'number') return said.port;
    return said.event === 'ready' ? 0 : undefined;
  } catch {
    return undefined;
  }
}

async function terminate(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const tooLong = setTimeout(() => { child.kill('SIGKILL'); }, 10_000);
  await gone;
  clearTimeout(tooLong);
}

/** Runs a script to its end. @throws StranglerError STR_CHILD_FAILED with the last line it printed. */
export async function runToEnd(spec: ProcessSpec): Promise<string> {
  const child = start(spec);
  let said = '';
  const collect = (chunk: Buffer): void => { said += chunk.toString(); };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const [code] = await once(child, 'close') as [number | null];
  if (code === 0) return said;
  throw new StranglerError({
    code: 'STR_CHILD_FAILED',
    message: `${spec.name} failed (exit ${String(code)}): ${lastLine(said)}`,
    remedy: 'Run it by hand to see all it says.',
    exitCode: ExitCode.environment,
  });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
