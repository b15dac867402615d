import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request as an upstream saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** Answers one request. The body has been read already unless the upstream is `streaming`. */
export type Script = (req: IncomingMessage, res: ServerResponse, seen: Seen) => void | Promise<void>;

/** A real HTTP server on a free loopback port that does what a test tells it to, and remembers what it saw. */
export interface TestUpstream extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly seen: readonly Seen[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Requests whose connection was closed before they were answered. */
  readonly aborted: number;
  /** From now on, another script. */
  behave(script: Script): void;
  /** Closes the connections that are waiting for a request, as a server does when their keep-alive time is over. */
  closeIdle(): void;
  stop(): Promise<void>;
}

/** Starts one. `streaming` leaves the request body to the script. `port`: the one of an upstream that was stopped. */
export async function startUpstream(script: Script, { streaming = false, port = 0 }: { streaming?: boolean; port?: number } = {}): Promise<TestUpstream> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  let current = script;
  let [connections, aborted] = [0, 0];
  const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
    res.once('close', () => { if (!res.writableFinished) aborted += 1; });
    const answer = async (): Promise<void> => {
      const body = streaming ? Buffer.alloc(0) : await readBody(req);
      const request: Seen = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, rawHeaders: req.rawHeaders, body };
      seen.push(request);
      await current(req, res, request);
    };
    answer().catch(() => { res.destroy(); });
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once('close', () => { sockets.delete(socket); });
  });
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve); });
  const bound = (server.address() as AddressInfo).port;
  const stop = async (): Promise<void> => new Promise((resolve) => {
    server.close(() => { resolve(); });
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${String(bound)}`, port: bound, server, seen,
    get connections() { return connections; },
    get aborted() { return aborted; },
    behave: (next) => { current = next; },
    closeIdle: () => { server.closeIdleConnections(); },
    stop, [Symbol.asyncDispose]: stop,
  };
}

/** Answers a value as JSON. */
export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Script => (_req, res) => {
  const body = JSON.stringify(value);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers });
  res.end(body);
};

/** Answers with what it was asked. */
export const echo: Script = (req, res, seen) => json({ method: seen.method, url: seen.url, headers: seen.headers, body: seen.body.toString('utf8') })(req, res, seen);

/** Does the same, `ms` later. */
export const slow = (ms: number, then: Script): Script => async (req, res, seen) => {
  await sleep(ms);
  await then(req, res, seen);
};

/** Sends chunk after chunk, `everyMs` apart. */
export const dripping = (chunks: readonly string[], everyMs: number, headers: Readonly<Record<string, string>> = {}): Script => async (_req, res) => {
  res.writeHead(200, headers);
  res.flushHeaders();
  for (const chunk of chunks) {
    await sleep(everyMs);
    if (res.destroyed) return;
    res.write(chunk);
  }
  res.end();
};

/** Closes the connection instead of answering. */
export const resetting: Script = (req) => { req.socket.resetAndDestroy(); };

/** Announces more than it sends, then breaks off. */
export const truncating = (sent: string, announced: number): Script => (req, res) => {
  res.writeHead(200, { 'content-length': announced });
  res.write(sent, () => { setTimeout(() => { req.socket.destroy(); }, 10); });
};

/** Never answers. */
export const silent: Script = () => undefined;

async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
