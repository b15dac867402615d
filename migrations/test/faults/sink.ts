import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ReplicateOptions } from '@strangler/migrations';

const CHILD = join(import.meta.dirname, '../support/sink-child.ts');

/** A sink as a process of its own. */
export class SinkProcess {
  /** What it said on stderr. */
  said = '';
  private readonly child: ChildProcess;
  private readonly gone: Promise<void>;
  readonly running: Promise<void>;
  private ended = false;

  constructor(options: ReplicateOptions, command: readonly string[] = []) {
    const [program = process.execPath, ...args] = command;
    this.child = spawn(program, [...args, ...(command.length > 0 ? [process.execPath] : []), CHILD, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } });
    this.child.stderr?.on('data', (chunk: Buffer) => { this.said += chunk.toString(); });
    this.gone = once(this.child, 'close').then(() => { this.ended = true; });
    this.running = Promise.race([once(this.child.stdout ?? this.child, 'data').then(() => undefined), this.gone]);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** True when nobody killed it and it is gone all the same. */
  get hasEnded(): boolean {
    return this.ended;
  }

  /** Resolves when it has ended, by itself or by `signal`. */
  async end(signal?: NodeJS.Signals): Promise<void> {
    if (signal !== undefined && !this.ended) this.child.kill(signal);
    await this.gone;
  }
}
