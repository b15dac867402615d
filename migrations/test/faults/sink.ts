import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReplicateOptions } from '@strangler/migrations';

/** Hundreds of starts: what is compiled once need not be again. */
const CACHE = join(tmpdir(), 'strangler-compile-cache');
const CHILD = join(import.meta.dirname, '../support/sink-child.ts');

export interface SinkSurroundings {
  /** A command that runs another, such as `ip netns exec NAME`. */
  readonly wrapper?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

function spawnSink({ wrapper = [], environment = {} }: SinkSurroundings = {}): ChildProcess {
  const [program = process.execPath, ...args] = [...wrapper, process.execPath, CHILD] as readonly string[];
  return spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: CACHE, ...environment } });
}

/** A process that has loaded its code and waits to be told what to replicate: it loads while the one before it works, so that a round of killing does not wait for it. */
let inReadiness: ChildProcess | undefined;
function takeSink(surroundings: SinkSurroundings | undefined): ChildProcess {
  if (surroundings !== undefined) return spawnSink(surroundings);
  const taken = inReadiness ?? spawnSink();
  inReadiness = spawnSink();
  return taken;
}

/** To be called at the end: nobody waits in readiness any more. */
export function dismissSinks(): void {
  inReadiness?.kill('SIGKILL');
  inReadiness = undefined;
}

/** A sink as a process of its own. */
export class SinkProcess {
  /** What it said on stderr. */
  said = '';
  private readonly child: ChildProcess;
  private readonly gone: Promise<void>;
  readonly running: Promise<void>;
  private ended = false;

  constructor(options: ReplicateOptions, surroundings?: SinkSurroundings) {
    this.child = takeSink(surroundings);
    this.child.stdin?.on('error', () => undefined).write(`${JSON.stringify(options)}\n`);
    this.child.stderr?.on('data', (chunk: Buffer) => { this.said += chunk.toString(); });
    this.gone = once(this.child, 'close').then(() => { this.ended = true; });
    this.running = Promise.race([once(this.child.stdout ?? this.child, 'data').then(() => undefined), this.gone]);
  }

  /** Why it gave up, with code and remedy; empty if it did not. */
  get gaveUp(): string {
    return /^gave up: (.*)$/m.exec(this.said)?.[1] ?? '';
  }

  /** Waits until it says it. @throws when it does not in time */
  async says(what: RegExp, withinMs = 60_000): Promise<string> {
    for (const until = performance.now() + withinMs; performance.now() < until;) {
      const found = this.said.split('\n').find((line) => what.test(line));
      if (found !== undefined) return found;
      await delay(50);
    }
    throw new Error(`the sink does not say ${String(what)} but: ${this.said}`);
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
