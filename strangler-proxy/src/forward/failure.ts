/** Why no answer came back. Expected, so a value; what follows from each is decided in one place below. */
export type ForwardFailure =
  /** No connection: refused, no route, no such name, TLS refused. The request never left. */
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'timeout'; readonly phase: 'connect' | 'answer'; readonly detail: string }
  /** The connection broke before an answer. `reused`: on a kept-alive connection, so most likely the request was never read. */
  | { readonly kind: 'reset'; readonly reused: boolean; readonly detail: string }
  /** What came back is not HTTP. */
  | { readonly kind: 'bad-answer'; readonly detail: string }
  /** The client left first; nobody is waiting. */
  | { readonly kind: 'client-gone' };

/** Ours, so that a timeout can be told from a reset: Node reports both as a closed socket. */
export class UpstreamTimeout extends Error {
  readonly phase: 'connect' | 'answer';

  constructor(phase: 'connect' | 'answer', afterMs: number) {
    super(phase === 'connect' ? `no connection within ${String(afterMs)} ms` : `no sign of an answer for ${String(afterMs)} ms`);
    this.phase = phase;
  }
}

const NO_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ENOENT', 'EMFILE', 'ENFILE']);

/** Names what an error of Node's HTTP client means for us. */
export function toFailure(error: unknown, reusedConnection: boolean): ForwardFailure {
  if (error instanceof UpstreamTimeout) return { kind: 'timeout', phase: error.phase, detail: error.message };
  const code = codeOf(error);
  const detail = code === '' ? String(error) : code;
  if (NO_CONNECTION.has(code) || code.startsWith('ERR_TLS') || code.includes('CERT')) return { kind: 'refused', detail };
  if (code === 'ETIMEDOUT') return { kind: 'timeout', phase: 'connect', detail };
  if (code.startsWith('HPE_') || code.startsWith('ERR_')) return { kind: 'bad-answer', detail };
  return { kind: 'reset', reused: reusedConnection, detail };
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

export interface FailureAnswer {
  readonly status: 502 | 504;
  readonly code: `STR_${string}`;
  readonly message: string;
}

/** What a waiting client is told (RFC 9110 §15.6). The details of our network stay in the log and the admin API. */
export function failureAnswer(failure: Exclude<ForwardFailure, { kind: 'client-gone' }>, upstream: string): FailureAnswer {
  switch (failure.kind) {
    case 'refused': return { status: 502, code: 'STR_UPSTREAM_REFUSED', message: `The ${upstream} cannot be reached.` };
    case 'timeout': return { status: 504, code: 'STR_UPSTREAM_TIMEOUT', message: `The ${upstream} did not ${failure.phase === 'connect' ? 'accept a connection' : 'answer'} in time.` };
    case 'reset': return { status: 502, code: 'STR_UPSTREAM_RESET', message: `The ${upstream} closed the connection before it answered.` };
    case 'bad-answer': return { status: 502, code: 'STR_UPSTREAM_BAD_ANSWER', message: `The ${upstream} answered with something that is not HTTP.` };
  }
}
