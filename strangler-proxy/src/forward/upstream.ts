import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { sendAnswer, sendInterim } from './answer.ts';
import { toFailure, UpstreamTimeout, type ForwardFailure } from './failure.ts';

export interface ForwardLimits {
  readonly connectTimeoutMs: number;
  /** Silence before the answer's head: no byte sent or received for so long. The body may then take as long as it likes (server-sent events). */
  readonly answerTimeoutMs: number;
  /** Unused connections are closed after this; below the 5 s of Node's own servers, so that we rarely write into a closing one. */
  readonly idleConnectionMs: number;
}

/** What an observer may see of an exchange while it streams by. It must be quick and must not throw. */
export interface Tap {
  /** The upstream's answer begins. The tap may listen to its `data`. */
  answer?(answer: IncomingMessage): void;
  /** The request is about to be streamed. The tap may listen to its `data`. */
  request?(request: IncomingMessage): void;
}

export type Attempt =
  | { readonly kind: 'answered'; readonly status: number; readonly complete: boolean; readonly firstByteMs: number }
  | { readonly kind: 'failed'; readonly failure: ForwardFailure };

/** One place that requests can be sent to. */
export interface Upstream {
  readonly name: string;
  readonly url: URL;
  /** Sends the request once. On failure nothing was written to `res`, so the caller may try elsewhere. Never rejects. */
  attempt(req: IncomingMessage, res: ServerResponse, servedBy: string, tap: Tap): Promise<Attempt>;
  /** Hands a WebSocket handshake through. */
  upgrade(req: IncomingMessage, socket: Socket, head: Buffer): void;
  close(): void;
}

interface Exchange {
  readonly begun: (request: ClientRequest) => void;
  readonly answered: (answer: IncomingMessage) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * An upstream behind http-proxy-middleware, which does the streaming and the cancelling; what it leaves open is closed here: its own agent
 * (no cap of 256 sockets, which long-lived streams would use up), timeouts (it has none), and the answer's head (it forwards hop-by-hop fields).
 */
export function createUpstream(name: string, url: URL, limits: ForwardLimits): Upstream {
  const agent = agentFor(url, limits.idleConnectionMs);
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const proxy = createProxyMiddleware({
    target: url.href, agent, selfHandleResponse: true, ejectPlugins: true,
    plugins: [(server) => {
      server.on('proxyReq', (request, req) => exchanges.get(req)?.begun(request));
      server.on('proxyRes', (answer, req) => exchanges.get(req)?.answered(answer));
      server.on('econnreset', (error, req) => exchanges.get(req)?.failed(error));
      server.on('error', (error, req, res) => {
        const exchange = req === undefined ? undefined : exchanges.get(req);
        if (exchange !== undefined) exchange.failed(error);
        else if (res !== undefined && !('writeHead' in res)) refuseHandshake(res, name);
      });
    }],
  });

  return {
    name, url,
    attempt: async (req, res, servedBy, tap) => new Promise((resolve) => {
      const startedAt = performance.now();
      const exchange = watch({ req, res, servedBy, tap, limits, startedAt, settle: (attempt) => {
        exchanges.delete(req);
        resolve(attempt);
      } });
      exchanges.set(req, exchange);
      proxy(req, res, exchange.failed).catch(exchange.failed);
    }),
    upgrade: (req, socket, head) => { proxy.upgrade(req, socket, head); },
    close: () => { agent.destroy(); },
  };
}

/** The certificate is checked against the upstream's own name: Host is the client's, and would be taken for it otherwise. */
function agentFor({ protocol, hostname }: URL, idleMs: number): HttpAgent {
  const options = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256, timeout: idleMs, scheduling: 'lifo' as const };
  return protocol === 'https:' ? new HttpsAgent({ ...options, servername: isIP(hostname) === 0 ? hostname : '' }) : new HttpAgent(options);
}

interface Watched {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly servedBy: string;
  readonly tap: Tap;
  readonly limits: ForwardLimits;
  readonly startedAt: number;
  readonly settle: (attempt: Attempt) => void;
}

/** Follows one attempt to its single outcome. */
function watch({ req, res, servedBy, tap, limits, startedAt, settle }: Watched): Exchange {
  let request: ClientRequest | undefined;
  let settled = false;
  const finish = (attempt: Attempt): void => {
    if (settled) return;
    settled = true;
    res.off('close', left);
    settle(attempt);
  };
  const left = (): void => { finish({ kind: 'failed', failure: { kind: 'client-gone' } }); };
  res.once('close', left);

  return {
    begun: (begun) => {
      request = begun;
      guardTime(begun, limits);
      begun.on('information', (interim) => { sendInterim(interim, req, res); });
      // Nobody asked for another protocol, so 101 is no answer; unheard, it would leave the client waiting.
      begun.once('upgrade', (_answer, socket) => {
        socket.destroy();
        finish({ kind: 'failed', failure: { kind: 'bad-answer', detail: 'status 101' } });
      });
      tap.request?.(req);
    },
    answered: (answer) => {
      request?.setTimeout(0);
      if (settled) return void answer.destroy();
      const firstByteMs = performance.now() - startedAt;
      const status = answer.statusCode ?? 0;
      res.off('close', left);
      res.once('close', () => { finish({ kind: 'answered', status, complete: answer.complete && res.writableFinished, firstByteMs }); });
      const refused = sendAnswer(answer, res, servedBy);
      if (refused !== undefined) finish({ kind: 'failed', failure: refused });
      else tap.answer?.(answer);
    },
    failed: (error) => {
      if (res.headersSent) return;
      finish({ kind: 'failed', failure: res.destroyed ? { kind: 'client-gone' } : toFailure(error, request?.reusedSocket ?? false) });
    },
  };
}

function guardTime(request: ClientRequest, { connectTimeoutMs, answerTimeoutMs }: ForwardLimits): void {
  request.setTimeout(answerTimeoutMs, () => { request.destroy(new UpstreamTimeout('answer', answerTimeoutMs)); });
  if (request.socket?.connecting !== true) return;
  const timer = setTimeout(() => { request.destroy(new UpstreamTimeout('connect', connectTimeoutMs)); }, connectTimeoutMs);
  const stop = (): void => { clearTimeout(timer); };
  request.socket.once('connect', stop);
  request.once('close', stop);
}

function refuseHandshake(socket: Socket, name: string): void {
  if (!socket.writable || socket.bytesWritten > 0) return;
  const body = JSON.stringify({ error: { code: 'STR_UPSTREAM_REFUSED', message: `The ${name} cannot be reached.` } });
  socket.write(`HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`);
}
