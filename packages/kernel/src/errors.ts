/** What a process tells its caller. 130 is the shell's convention for SIGINT; the rest are ours. Documented in docs/errors.md. */
export const ExitCode = {
  /** Done, and what was asked is true. */
  ok: 0,
  /** It ran, and the answer is no: rows differ, the evidence is missing, a step of the demo is not true. */
  no: 1,
  /** What was asked cannot be done as asked: bad arguments, bad config, wrong directory. Nothing was touched. */
  usage: 2,
  /** Something outside is missing: a server is down, a port is taken, a WAL level is wrong, the disk is full. Try again once mended. */
  environment: 3,
  /** Stopped by the user; state is durable. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export type ErrorCode = `STR_${string}`;

export interface Problem {
  /** Stable, greppable, documented: tests and runbooks name this, never the message. */
  readonly code: ErrorCode;
  /** What happened and where, in one sentence. */
  readonly message: string;
  /** What to do next. */
  readonly remedy: string;
  /** 1: the answer is no. 2: asked wrongly (default). 3: the environment is not ready. */
  readonly exitCode?: 1 | 2 | 3;
  readonly cause?: unknown;
}

/** An error the reader can act on: what happened, where, and what to do next. Anything else that is thrown is a bug of ours. */
export class StranglerError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly exitCode: 1 | 2 | 3;

  constructor(problem: Problem) {
    super(problem.message, problem.cause === undefined ? undefined : { cause: problem.cause });
    this.name = 'StranglerError';
    this.code = problem.code;
    this.remedy = problem.remedy;
    this.exitCode = problem.exitCode ?? ExitCode.usage;
  }
}

/** Several findings at once, so that a config with four mistakes is mended in one go. */
export class FindingsError extends StranglerError {
  readonly findings: readonly Finding[];

  constructor(problem: Problem, findings: readonly Finding[]) {
    super(problem);
    this.name = 'FindingsError';
    this.findings = findings;
  }
}

export type Severity = 'error' | 'warning' | 'note';

/** One thing a command found: what every command collects and every printer prints. */
export interface Finding {
  readonly code: ErrorCode;
  readonly severity: Severity;
  readonly message: string;
  readonly remedy?: string;
  /** Where: a config path (`routes.orders.list.to`), `file:line`, a table, an endpoint. */
  readonly where?: string;
}
