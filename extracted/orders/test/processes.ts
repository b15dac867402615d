import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type Environment = Readonly<Record<string, string>>;

/** A server of its own process that has announced its port. */
export interface RunningServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** Whatever it has written to stderr so far. */
  readonly errors: () => string;
  /** SIGTERM, then its exit code. */
  readonly stop: () => Promise<number | null>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of the test's own environment but PATH: a service must live on what it documents. */
function launch(script: URL, args: readonly string[], environment: Environment): ChildProcess {
  const { PATH = '' } = process.env;
  return spawn(process.execPath, [script.pathname, ...args], { env: { PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
  return () => text;
}

/** Runs a script to its end. */
export async function run(script: URL, args: readonly string[], environment: Environment): Promise<Finished> {
  const child = launch(script, args, environment);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Starts a server and waits for its line `{"event":"listening","port":N}`; rejects with its stderr when it exits instead. */
export async function serve(script: URL, environment: Environment): Promise<RunningServer> {
  const child = launch(script, [], { PORT: '0', ...environment });
  const errors = collect(child.stderr);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const listening = new Promise<number>((resolve) => {
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => { resolve((JSON.parse(line) as { port: number }).port); });
  });
  const port = await Promise.race([
    listening,
    exited.then(([code]) => { throw new Error(`${script.pathname} exited with ${String(code)}: ${errors()}`); }),
  ]);
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    const [code] = await exited;
    return code;
  };
  return {
    url: `http://127.0.0.1:${String(port)}`,
    child,
    errors,
    stop,
    [Symbol.asyncDispose]: async () => { await stop(); },
  };
}
