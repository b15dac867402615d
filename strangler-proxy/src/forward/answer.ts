import { STATUS_CODES, type IncomingMessage, type InformationEvent, type ServerResponse } from 'node:http';
import type { ForwardFailure } from './failure.ts';
import { answerHeaders } from './headers.ts';

/**
 * Streams the upstream's answer to the client. A body that breaks off upstream breaks off here, too: http-proxy-middleware destroys `res`,
 * so that a truncated answer never looks complete (RFC 9112 §8). Returns why the answer cannot be passed on, before anything was written.
 */
export function sendAnswer(answer: IncomingMessage, res: ServerResponse, servedBy: string): ForwardFailure | undefined {
  const status = answer.statusCode ?? 0;
  const unreadable = status < 200 || status > 999 ? `status ${String(status)}` : badFraming(answer);
  if (unreadable !== undefined) {
    discard(answer, res);
    return { kind: 'bad-answer', detail: unreadable };
  }
  try {
    res.writeHead(status, reason(answer), answerHeaders(answer, status, servedBy));
  } catch (error) {
    discard(answer, res);
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

/** Left unread until the client has its answer, whoever gives it: http-proxy-middleware ends the client's connection together with an unfinished answer. */
function discard(answer: IncomingMessage, res: ServerResponse): void { res.once('close', () => { answer.destroy(); }); }

/** Node undoes chunks and nothing else, and HTTP/1.0 has not even those: passed on, such a body would be taken for what it is not (RFC 9112 §6.1). */
function badFraming({ headers, httpVersion }: IncomingMessage): string | undefined {
  const coding = headers['transfer-encoding'];
  return coding === undefined || (coding.trim().toLowerCase() === 'chunked' && httpVersion !== '1.0') ? undefined : `transfer coding ${coding} in HTTP/${httpVersion}`;
}

/** The upstream's reason phrase, if it can be sent on; Node refuses some that it reads. */
const reason = ({ statusMessage = '' }: IncomingMessage): string => /^[\t\x20-\x7e\x80-\xff]*$/.test(statusMessage) ? statusMessage : '';

/** Passes an interim answer on (RFC 9110 §15.2). 100 is not among them: that one Node has given already. To an HTTP/1.0 client there is none. */
export function sendInterim({ statusCode, rawHeaders, httpVersion }: InformationEvent, req: IncomingMessage, res: ServerResponse): void {
  if (res.headersSent || res.destroyed || req.httpVersion === '1.0') return;
  if (statusCode === 102) res.writeProcessing();
  if (statusCode !== 103) return;
  const hints = Object.groupBy(pairs(answerHeaders({ rawHeaders, httpVersion }, statusCode, '')), ([name]) => name.toLowerCase());
  const { link, ...others } = Object.fromEntries(Object.entries(hints).filter(([name]) => name !== 'x-strangler-served-by').map(([name, lines = []]) => [name, lines.map(([, value]) => value)]));
  try {
    // Node wants one link each, and upstreams write them as a list.
    if (link !== undefined) res.writeEarlyHints({ ...others, link: link.flatMap((line) => line.split(/,\s*(?=<)/)) });
  } catch {
    // A hint that Node cannot send is one the client does without.
  }
}

/** An answer whose first byte of body may be a long time coming: its head must not wait for it. */
const isStream = (answer: IncomingMessage): boolean => answer.headers['content-length'] === undefined || (answer.headers['content-type'] ?? '').startsWith('text/event-stream');

const pairs = (raw: readonly string[]): [string, string][] => raw.flatMap((name, index) => index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as [string, string]] : []);

/** Our own answer where there is none to pass on. */
export function sendProblem(res: ServerResponse, status: number, code: `STR_${string}`, message: string, more: Readonly<Record<string, string>> = {}): void {
  if (res.headersSent || res.destroyed) return;
  const body = JSON.stringify({ error: { code, message } });
  // With its reason: an attempt to pass an answer on may have left an unsendable one behind.
  res.writeHead(status, STATUS_CODES[status] ?? '', { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', ...more });
  res.end(body);
}
