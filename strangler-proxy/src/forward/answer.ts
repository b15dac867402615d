import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ForwardFailure } from './failure.ts';
import { answerHeaders } from './headers.ts';

/**
 * Streams the upstream's answer to the client. A body that breaks off upstream breaks off here, too: http-proxy-middleware destroys `res`,
 * so that a truncated answer never looks complete (RFC 9112 §8). Returns why the answer cannot be passed on, before anything was written.
 */
export function sendAnswer(answer: IncomingMessage, res: ServerResponse, servedBy: string): ForwardFailure | undefined {
  const status = answer.statusCode ?? 0;
  if (status < 200 || status > 999) {
    answer.destroy();
    return { kind: 'bad-answer', detail: `status ${String(status)}` };
  }
  try {
    res.writeHead(status, answer.statusMessage, answerHeaders(answer, status, servedBy));
  } catch (error) {
    answer.destroy();
    return { kind: 'bad-answer', detail: String(error) };
  }
  if (isStream(answer)) res.flushHeaders();
  answer.pipe(res, { end: false });
  answer.once('end', () => {
    if (answer.rawTrailers.length > 0) res.addTrailers(pairs(answer.rawTrailers));
    res.end();
  });
  return undefined;
}

/** An answer whose first byte of body may be a long time coming: its head must not wait for it. */
const isStream = (answer: IncomingMessage): boolean => answer.headers['content-length'] === undefined || (answer.headers['content-type'] ?? '').startsWith('text/event-stream');

const pairs = (raw: readonly string[]): [string, string][] => raw.flatMap((name, index) => index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : []);

/** Our own answer where there is none to pass on. */
export function sendProblem(res: ServerResponse, status: number, code: `STR_${string}`, message: string, more: Readonly<Record<string, string>> = {}): void {
  if (res.headersSent || res.destroyed) return;
  const body = JSON.stringify({ error: { code, message } });
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', ...more });
  res.end(body);
}
