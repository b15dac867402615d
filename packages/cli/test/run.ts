import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const STRANGLER = fileURLToPath(new URL('../bin/strangler.mjs', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the real command as a real process, with only the environment it is given. */
export async function strangler(args: readonly string[], options: { cwd?: string; environment?: Record<string, string>; interruptWhen?: RegExp } = {}): Promise<Ran> {
  const child = spawn(process.execPath, [STRANGLER, ...args], {
    cwd: options.cwd ?? process.cwd(), stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...options.environment },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (options.interruptWhen?.test(out) === true) child.kill('SIGINT');
  });
  child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString(); });
  const [code] = await once(child, 'close') as [number | null];
  return { code, out, err };
}
