import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const STRANGLER = fileURLToPath(new URL('../../../packages/cli/bin/strangler.mjs', import.meta.url));

/** Loaded before the command: says at the end how much memory it took, and forbids the network. */
export const WATCH = fileURLToPath(new URL('./watch.mjs', import.meta.url));

export interface Ended {
  /** Null when it had to be killed: it hung. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Of all cores together: what else the machine does plays no part. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

interface Options {
  /** A program to start it with: `setpriv`, `unshare`. */
  readonly through?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Killed after this long. */
  readonly seconds?: number;
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/** `strangler analyze …` as a user runs it: a process, judged by its exit code, its two outputs and its end. */
export async function analyzeProcess(args: readonly string[], { through = [], environment = {}, seconds = 120, onStart }: Options = {}): Promise<Ended> {
  const [program = '', ...rest] = [...through, process.execPath, STRANGLER, 'analyze', ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', NODE_OPTIONS: `--import=${WATCH}`, ...environment } });
  const killer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => {
    if (err === '') onStart?.((signal) => child.kill(signal));
    err += chunk.toString();
  });
  const [code] = await once(child, 'close') as [number | null];
  clearTimeout(killer);
  const [, cpu = NaN, peak = NaN] = /took ([\d.]+) s and (\d+) MB/.exec(err) ?? [];
  return { code, out, err, cpuSeconds: Number(cpu), peakMb: Number(peak) };
}

interface Document {
  readonly unresolved: readonly { readonly what: string; readonly why: string; readonly evidence: { readonly file: string; readonly line: number } }[];
  readonly endpoints: readonly { readonly id: string }[];
}

/** Parsed from `--json`: what was found, and what was not read. */
export const said = ({ out }: Ended): { endpoints: string[]; findings: string[] } => {
  const { endpoints, unresolved } = JSON.parse(out) as Document;
  return { endpoints: endpoints.map(({ id }) => id), findings: unresolved.map(({ evidence, why }) => `${evidence.file}:${String(evidence.line)} ${why}`) };
};
