import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Engine } from './engine.ts';
import { sendProblem } from './forward/answer.ts';
import { forward, type Forwarded } from './forward/forward.ts';
import type { Route } from './match/route-table.ts';
import { readTarget, target, type Refusal } from './match/target.ts';
import { mirrorOrderOf, orderOf, serviceOf } from './orders.ts';
import { prepare, type Prepared, type Trusts } from './prepare.ts';

/** The public listener: request → match → decide → forward → compare. */
export function createPublicServer(engine: Engine, trusts: Trusts): Server {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false).set('env', 'production');
  app.use((req: Request, res: Response, next: NextFunction) => { serve(engine, trusts, req, res).catch(next); });
  app.use((error: unknown, req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) next(error);
    else sendProblem(res, 500, 'STR_PROXY_BUG', 'The proxy failed on this request; it was not completed.');
  });
  // A tunnel opens for WebSocket only; any other Upgrade is an ordinary request whose wish is not granted (RFC 9110 §7.8 allows that).
  const server = createServer({ keepAliveTimeout: 65_000, headersTimeout: 60_000, requestTimeout: 0, shouldUpgradeCallback: isWebSocket } as Parameters<typeof createServer>[0], (req, res) => {
    // Before Express, which answers 404 by itself to a target it cannot read.
    const read = readTarget(req);
    if ('refused' in read) {
      answerUnusual(req, res, read);
      return;
    }
    req.url = read.url;
    if (isForUs(req)) answerForUs(req, res);
    else app(req, res);
  });
  server.on('upgrade', (req, socket: Socket, head) => { tunnel(engine, trusts, req, socket, head).catch(() => { socket.destroy(); }); });
  return server;
}

async function serve(engine: Engine, trusts: Trusts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { path } = target(req.url ?? '');
  const disguised = engine.table.disguised(req.method ?? '', path);
  if (disguised !== undefined) {
    sendProblem(res, 400, 'STR_BAD_REQUEST', `The path can be read as that of another route, ${disguised.id}, which writes. Send it in its plain form.`, { connection: 'close' });
    return;
  }
  const route = engine.table.match(req.method ?? '', path);
  if (route?.write !== true) {
    await forwardAndCompare(engine, req, res, prepare(engine, trusts, req, route));
    return;
  }
  if (!await passFence(engine, route, res)) {
    sendProblem(res, 503, 'STR_FENCE_FULL', 'Writes are held for a moment, and too many wait already.', { 'retry-after': '1' });
    return;
  }
  // From here to the decision nothing is awaited: a fence raised later sees this write as under way, one raised earlier has been passed.
  const leave = engine.inFlight.enter(route.id);
  const forwarded = await forwardAndCompare(engine, req, res, prepare(engine, trusts, req, route));
  leaveWhenCertain(engine, forwarded, leave);
}

async function forwardAndCompare(engine: Engine, req: IncomingMessage, res: ServerResponse, prepared: Prepared): Promise<Forwarded> {
  const order = mirrorOrderOf(engine, prepared);
  const mirroring = order === undefined ? undefined : engine.mirror.begin(order, prepared.headers);
  const request = { method: req.method ?? 'GET', url: req.url ?? '/', headers: { ...prepared.headers } };
  const forwarded = await forward(req, res, orderOf(engine, req, prepared, mirroring));
  count(engine, prepared.route?.id ?? '', forwarded);
  if (forwarded.outcome.kind === 'answered' && forwarded.fellBack === undefined) mirroring?.compare(request, forwarded.outcome);
  else mirroring?.abandon();
  return forwarded;
}

/** False when there is nothing left to forward: too many wait already, or the client left while it waited. */
async function passFence({ fences }: Engine, route: Route, client: ServerResponse | Socket): Promise<boolean> {
  const gone = new AbortController();
  const leave = (): void => { gone.abort(); };
  client.once('close', leave);
  while (!gone.signal.aborted) {
    const held = fences.hold(route.id, gone.signal);
    if (held === undefined) {
      client.off('close', leave);
      return true;
    }
    if (!await held) return false;
  }
  return false;
}

/** A write whose answer we saw is over. One whose client left or whose connection broke may still be at work upstream, where nobody can see it. */
function leaveWhenCertain({ limits }: Engine, { outcome }: Forwarded, leave: () => void): void {
  if (outcome.kind === 'answered' || outcome.failure.kind === 'refused') leave();
  else setTimeout(leave, limits.uncertainWriteMs).unref();
}

function count({ counters }: Engine, id: string, { served, outcome, fellBack }: Forwarded): void {
  if (fellBack !== undefined) counters.count(id, 'fellBack');
  if (outcome.kind === 'answered') counters.answered(id, served, outcome.status, outcome.firstByteMs);
  else counters.count(id, outcome.failure.kind === 'client-gone' ? 'clientGone' : 'failed');
}

/** Whether this is as far as the request may go (RFC 9110 §7.6.2). */
const isForUs = ({ method, headers }: IncomingMessage): boolean => headers['max-forwards'] === '0' && (method === 'OPTIONS' || method === 'TRACE');

function answerForUs({ method }: IncomingMessage, res: ServerResponse): void {
  if (method === 'OPTIONS') res.writeHead(204).end();
  else sendProblem(res, 405, 'STR_BAD_REQUEST', 'The proxy does not echo requests.', { allow: 'OPTIONS' });
}

/** `OPTIONS *` asks about the server as a whole, and that is this one (RFC 9110 §9.3.7). */
function answerUnusual(req: IncomingMessage, res: ServerResponse, { status, refused }: Refusal): void {
  if (req.method === 'OPTIONS' && req.url === '*') res.writeHead(204).end();
  else sendProblem(res, status, 'STR_BAD_REQUEST', refused, { connection: 'close' });
}

function isWebSocket(req: IncomingMessage): boolean { return req.headers.upgrade?.toLowerCase() === 'websocket' && req.method === 'GET'; }

async function tunnel(engine: Engine, trusts: Trusts, req: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
  // From `upgrade` on the socket is ours, and so are its errors: without a listener a client's reset would end the process.
  socket.on('error', () => { socket.destroy(); });
  const read = readTarget(req);
  if ('refused' in read || !isWebSocket(req)) { refuseUpgrade(socket, 400); return; }
  req.url = read.url;
  const route = engine.table.match('GET', read.path);
  if (route?.write === true && !await passFence(engine, route, socket)) { refuseUpgrade(socket, 503); return; }
  const { decision, headers } = prepare(engine, trusts, req, route);
  req.headers = { ...headers, connection: 'Upgrade', upgrade: 'websocket' };
  const upstream = route === undefined || decision.serve === 'monolith' ? engine.monolith : serviceOf(engine, route).upstream;
  upstream.upgrade(req, socket, head);
}

function refuseUpgrade(socket: Socket, status: 400 | 503): void {
  if (socket.writable) socket.end(`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
