import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { StickyBy } from '@strangler/kernel';
import express, { type NextFunction, type Request, type Response } from 'express';
import { callerOf } from './decide/caller.ts';
import { decide, UNROUTED, type Decision } from './decide/decide.ts';
import type { Engine, ServiceEnd } from './engine.ts';
import { sendProblem } from './forward/answer.ts';
import { forward, hasBody, isRepeatable, type Destination, type Forwarded, type Order } from './forward/forward.ts';
import { clientAddress, forwardedHeaders, type OutgoingHeaders } from './forward/headers.ts';
import type { Route } from './match/route-table.ts';
import { fieldValues, readTarget, type Target } from './match/target.ts';
import type { MirrorOrder, Mirroring } from './shadow/mirror.ts';

export interface PublicOptions {
  /** Whether a peer is a proxy of ours, whose X-Forwarded-For may be believed. */
  trusted(address: string): boolean;
}

/** The public listener: request → match → decide → forward → compare. */
export function createPublicServer(engine: Engine, options: PublicOptions): Server {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.use((req: Request, res: Response, next: NextFunction) => { serve(engine, options, req, res).catch(next); });
  app.use((error: unknown, req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) next(error);
    else sendProblem(res, 500, 'STR_PROXY_BUG', 'The proxy failed on this request; the request was not completed.');
  });
  // A tunnel opens for WebSocket only; any other Upgrade is an ordinary request whose wish is not granted (RFC 9110 §7.8 allows that).
  const server = createServer({ keepAliveTimeout: 65_000, headersTimeout: 60_000, requestTimeout: 0, shouldUpgradeCallback: isWebSocket } as Parameters<typeof createServer>[0], app);
  server.on('upgrade', (req, socket: Socket, head) => { upgrade(engine, options, req, socket, head); });
  return server;
}

async function serve(engine: Engine, options: PublicOptions, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const target = readTarget(req.url ?? '', fieldValues(req.rawHeaders, 'host'));
  if ('refused' in target) return void answerUnusual(req, res, target.refused);
  const route = engine.table.match(req.method ?? '', target.path);
  if (route?.write === true && !await passFence(engine, route, res)) return;
  const leave = route?.write === true ? engine.inFlight.enter(route.id) : undefined;
  const { decision, headers } = prepare(engine, options, req, target, route);
  const mirroring = beginMirror(engine, route, decision, headers);
  const request = { method: req.method ?? 'GET', url: target.url, headers: { ...headers } };
  const forwarded = await forward(req, res, orderOf(engine, req, route, decision, mirroring));
  count(engine, route, forwarded);
  if (leave !== undefined) leaveWhenCertain(engine, forwarded, leave);
  if (mirroring === undefined) return;
  if (forwarded.outcome.kind === 'answered' && forwarded.fellBack === undefined) mirroring.compare(request, forwarded.outcome);
  else mirroring.abandon();
}

/** Match and decide, and put the outgoing request's head in place of the incoming one: http-proxy-middleware sends what `req` says. */
function prepare(engine: Engine, options: PublicOptions, req: IncomingMessage, target: Target, route: Route | undefined): { decision: Decision; headers: OutgoingHeaders } {
  const peer = req.socket.remoteAddress ?? 'unknown';
  const headers = forwardedHeaders(req.rawHeaders, { peer, trusted: options.trusted(peer), secure: 'encrypted' in req.socket, port: req.socket.localPort });
  const decision = decideFor(engine, req, route, () => clientAddress(req.rawHeaders, peer, options.trusted));
  // Node frames the bodies of other methods by itself, but writes those of these without any framing unless told.
  if (req.headers['transfer-encoding'] !== undefined && ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].includes(req.method ?? '')) headers['transfer-encoding'] = 'chunked';
  req.url = target.url;
  req.headers = headers;
  return { decision, headers };
}

function decideFor(engine: Engine, req: IncomingMessage, route: Route | undefined, address: () => string): Decision {
  if (route === undefined) return UNROUTED;
  const stage = engine.state.current.routes[route.id]?.stage ?? 'monolith';
  const stickyBy: StickyBy | undefined = typeof stage === 'object' && 'canary' in stage ? stage.canary.stickyBy : undefined;
  const caller = stickyBy === undefined ? '' : callerOf(stickyBy, { headers: req.headers, address: address() });
  return decide({ routeId: route.id, stage, write: route.write, caller, dice: engine.dice(), canarySample: engine.limits.canarySample });
}

function orderOf(engine: Engine, req: IncomingMessage, route: Route | undefined, decision: Decision, mirroring: Mirroring | undefined): Order {
  const monolith: Destination = { side: 'monolith', upstream: engine.monolith };
  const tap = mirroring === undefined ? {} : { answer: (answer: IncomingMessage) => { mirroring.capture.answer(answer); }, ...(hasBody(req) ? { request: (request: IncomingMessage) => { mirroring.capture.request(request); } } : {}) };
  const now = (): number => engine.clock.now();
  const service = route === undefined || decision.serve === 'monolith' ? undefined : serviceOf(engine, route);
  if (route === undefined || service === undefined) return { to: monolith, now, tap };
  const to: Destination = { side: 'service', upstream: service.upstream };
  return mayFallBack(engine, route) && isRepeatable(req) ? { to, fallback: monolith, breaker: service.breaker, now, tap } : { to, now, tap };
}

/** A retired route has no code in the monolith any more; a write has one owner; the rest is the config's choice. */
const mayFallBack = (engine: Engine, route: Route): boolean =>
  !route.write && route.config.onFailure !== 'fail' && engine.state.current.routes[route.id]?.stage !== 'retired';

function serviceOf(engine: Engine, route: Route): ServiceEnd {
  const service = engine.services.get(route.to);
  if (service === undefined) throw new Error(`route ${route.id} leads to an unknown service ${route.to}`);
  return service;
}

function beginMirror(engine: Engine, route: Route | undefined, { mirror }: Decision, headers: OutgoingHeaders): Mirroring | undefined {
  if (route === undefined || mirror === 'nobody') return undefined;
  const order = mirrorOrder(engine, route, mirror);
  return order === undefined ? undefined : engine.mirror.begin(order, headers);
}

function mirrorOrder(engine: Engine, route: Route, mirror: Exclude<Decision['mirror'], 'nobody'>): MirrorOrder | undefined {
  const { monolith, sandbox } = engine.places;
  if (mirror === 'monolith') return { routeId: route.id, served: 'candidate', other: monolith, control: monolith };
  if (mirror === 'service') return { routeId: route.id, served: 'control', other: serviceOf(engine, route).upstream.url, control: monolith };
  const stage = engine.state.current.routes[route.id]?.stage;
  const setting = typeof stage === 'object' && 'shadow' in stage ? stage.shadow.sandbox : undefined;
  if (setting === undefined) return undefined;
  return { routeId: route.id, served: 'control', other: sandbox(setting), ...(route.write ? {} : { control: monolith }) };
}

/** False when the request was answered here: the fence is full, or its client left. */
async function passFence(engine: Engine, route: Route, res: ServerResponse): Promise<boolean> {
  const gone = new AbortController();
  const leave = (): void => { gone.abort(); };
  res.once('close', leave);
  try {
    for (let held = engine.fences.hold(route.id, gone.signal); held !== undefined && !gone.signal.aborted; held = engine.fences.hold(route.id, gone.signal)) {
      if (await held) continue;
      sendProblem(res, 503, 'STR_FENCE_FULL', 'Writes are held for a moment, and too many wait already.', { 'retry-after': '1' });
      return false;
    }
    return !gone.signal.aborted;
  } finally {
    res.off('close', leave);
  }
}

/** A write whose answer we saw is over. One whose client left or whose connection broke may still be at work upstream, where nobody can see it. */
function leaveWhenCertain(engine: Engine, { outcome }: Forwarded, leave: () => void): void {
  const certain = outcome.kind === 'answered' || outcome.failure.kind === 'refused';
  if (certain) leave();
  else setTimeout(leave, engine.limits.uncertainWriteMs).unref();
}

function count({ counters }: Engine, route: Route | undefined, { served, outcome, fellBack }: Forwarded): void {
  const id = route?.id ?? '';
  if (fellBack !== undefined) counters.count(id, 'fellBack');
  if (outcome.kind === 'answered') counters.answered(id, served, outcome.status, outcome.firstByteMs);
  else counters.count(id, outcome.failure.kind === 'client-gone' ? 'clientGone' : 'failed');
}

function answerUnusual(req: IncomingMessage, res: ServerResponse, refused: string): void {
  if (req.method === 'OPTIONS' && req.url === '*') res.writeHead(204).end();
  else sendProblem(res, 400, 'STR_BAD_REQUEST', refused);
}

function isWebSocket(req: IncomingMessage): boolean { return req.headers.upgrade?.toLowerCase() === 'websocket' && req.method === 'GET'; }

function upgrade(engine: Engine, options: PublicOptions, req: IncomingMessage, socket: Socket, head: Buffer): void {
  const target = readTarget(req.url ?? '', fieldValues(req.rawHeaders, 'host'));
  if ('refused' in target || !isWebSocket(req)) {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  const route = engine.table.match('GET', target.path);
  const { decision, headers } = prepare(engine, options, req, target, route);
  req.headers = { ...headers, connection: 'Upgrade', upgrade: 'websocket' };
  const upstream = route === undefined || decision.serve === 'monolith' ? engine.monolith : serviceOf(engine, route).upstream;
  upstream.upgrade(req, socket, head);
}
