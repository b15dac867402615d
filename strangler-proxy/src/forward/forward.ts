import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendProblem } from './answer.ts';
import type { Breaker } from './breaker.ts';
import { failureAnswer, type ForwardFailure } from './failure.ts';
import type { Attempt, Tap, Upstream } from './upstream.ts';
import type { Side } from '../decide/decide.ts';

export interface Destination {
  readonly side: Side;
  readonly upstream: Upstream;
}

export interface Order {
  readonly to: Destination;
  /** Where a safe request without a body goes when `to` gives no answer. Absent for writes, always. */
  readonly fallback?: Destination;
  /** Consulted only where there is a fallback: without one it could only add failures. */
  readonly breaker?: Breaker;
  readonly now: () => number;
  readonly tap: Tap;
}

export interface Forwarded {
  readonly served: Side;
  readonly outcome: Attempt;
  /** Why the answer came from the fallback. */
  readonly fellBack?: ForwardFailure['kind'] | 'breaker open';
}

/** Sends a request where it was decided, once more where that is harmless, and says what came of it. The client is answered in any case. */
export async function forward(req: IncomingMessage, res: ServerResponse, order: Order): Promise<Forwarded> {
  const { to, fallback, breaker, now } = order;
  if (fallback !== undefined && breaker?.admits(now()) === false) return finish(res, { ...await viaFallback(req, res, fallback), fellBack: 'breaker open' });
  const outcome = await sendOnceOrAgain(req, res, to, order.tap);
  if (breaker !== undefined) record(breaker, outcome, now());
  if (outcome.kind === 'answered' || outcome.failure.kind === 'client-gone' || fallback === undefined) return finish(res, { served: to.side, outcome }, to.upstream);
  return finish(res, { ...await viaFallback(req, res, fallback), fellBack: outcome.failure.kind });
}

/** Safe to ask again, and possible: nothing of a body has been streamed away (RFC 9110 §9.2.2 forbids it for the rest). */
export const isRepeatable = (req: IncomingMessage): boolean => (req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS') && !hasBody(req);

export const hasBody = (req: IncomingMessage): boolean => rawField(req, 'transfer-encoding') !== undefined || (rawField(req, 'content-length') ?? '0') !== '0';

/** A kept-alive connection that the upstream closed while we wrote into it says nothing about the upstream: one more try on another. */
async function sendOnceOrAgain(req: IncomingMessage, res: ServerResponse, { side, upstream }: Destination, tap: Tap): Promise<Attempt> {
  const outcome = await upstream.attempt(req, res, side, tap);
  const stale = outcome.kind === 'failed' && outcome.failure.kind === 'reset' && outcome.failure.reused;
  return stale && isRepeatable(req) ? upstream.attempt(req, res, side, tap) : outcome;
}

/** The fallback's answer is no observation of the decided side, so nothing taps it. */
async function viaFallback(req: IncomingMessage, res: ServerResponse, fallback: Destination): Promise<Forwarded & { readonly upstream: Upstream }> {
  return { served: fallback.side, outcome: await sendOnceOrAgain(req, res, fallback, {}), upstream: fallback.upstream };
}

function record(breaker: Breaker, outcome: Attempt, now: number): void {
  if (outcome.kind === 'answered') breaker.succeeded();
  else if (outcome.failure.kind === 'client-gone') breaker.undecided();
  else breaker.failed(now);
}

function finish(res: ServerResponse, forwarded: Forwarded & { readonly upstream?: Upstream }, upstream = forwarded.upstream): Forwarded {
  const { served, outcome } = forwarded;
  if (outcome.kind === 'failed' && outcome.failure.kind !== 'client-gone') {
    const { status, code, message } = failureAnswer(outcome.failure, upstream?.name ?? served);
    sendProblem(res, status, code, message, { 'x-strangler-served-by': served });
  }
  return forwarded.fellBack === undefined ? { served, outcome } : { served, outcome, fellBack: forwarded.fellBack };
}

function rawField(req: IncomingMessage, name: string): string | undefined {
  const at = req.rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  return at === -1 ? undefined : req.rawHeaders[at + 1];
}
