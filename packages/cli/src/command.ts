import type { ParseArgsOptionsConfig } from 'node:util';
import type { Environment, ExitCode } from '@strangler/kernel';

/** The world a command may touch, so that a test can give it another one. */
export interface Io {
  /** The answer: what a pipe gets. */
  readonly out: (text: string) => void;
  /** Everything else: progress, errors. */
  readonly err: (text: string) => void;
  /** Somebody watches: progress may redraw. */
  readonly interactive: boolean;
  readonly environment: Environment;
  readonly cwd: string;
  /** Aborted by SIGINT, SIGTERM and SIGHUP, with the signal's name as reason. */
  readonly signal: AbortSignal;
}

export interface Invocation {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly io: Io;
}

/** What a command says, to a person and to a program, and what its process says to its caller. */
export interface Outcome {
  readonly exitCode: ExitCode;
  readonly text: string;
  readonly json: unknown;
}

export interface Command {
  /** Without the program's name: `promote ROUTE [--to STAGE] --why TEXT [--execute]`. */
  readonly usage: string;
  /** Below the usage line in `--help`: what it does, what it changes, an example. */
  readonly help: string;
  readonly options: ParseArgsOptionsConfig;
  readonly run: (invocation: Invocation) => Promise<Outcome>;
}

/** A verb and where its code lies; loaded when asked for, so that `--help` does not wait for a compiler. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

export const text = (values: Invocation['values'], name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

export const flag = (values: Invocation['values'], name: string): boolean => values[name] === true;

/** An option that may be given several times. */
export function texts(values: Invocation['values'], name: string): string[] {
  const value = values[name];
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
}
